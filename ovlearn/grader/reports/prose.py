"""The course's own Markdown, with its equations, as HTML: hints, as their authors wrote them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ovlearn.exercises.starters import for_notebooks
from ovlearn.grader.reports.html import Html

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def prose(markdown: str) -> Html:
    """Return Markdown as HTML, equations as MathML, links to lessons leading to the site.

    >>> prose("Try `@`.")
    '<p>Try <code>@</code>.</p>\\n'
    """
    return Html(_reader().render(for_notebooks(markdown)))


@cache
def _reader() -> MarkdownIt:
    from latex2mathml.converter import convert
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    def mathml(tex: str, options: dict[str, bool]) -> str:
        return str(convert(tex, display="block" if options["display_mode"] else "inline"))

    reader = MarkdownIt("commonmark", {"html": False})
    return reader.use(dollarmath_plugin, renderer=mathml)
