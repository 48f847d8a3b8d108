"""A lesson as a notebook to download: no outputs, nothing private, readable away from the site."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rendering import links
from rendering.execution import ExecutedCell
from rendering.installing import REQUIREMENT
from rendering.lesson import Lesson
from rendering.store import digest

_NEEDS = (
    "This notebook runs after `pip install '{requirement}'`. Its page, with everything it shows: <{page}>"
)
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_ADMONITION = re.compile(
    r'^(?:!!!|\?\?\?\+?) [\w -]*?(?:"(?P<title>[^"\n]*)")?[ ]*\n(?P<body>(?:[ ]{4}.*\n?|[ ]*\n)*)',
    re.MULTILINE,
)
_HEADING_ID = re.compile(r" *\{ *#[\w-]+ *\}$", re.MULTILINE)

Words = Callable[[str], str]


def notebook(lesson: Lesson, *, site: str, in_words: Words = str) -> str:
    """Return the lesson's `.ipynb`, the same one for the same lesson.

    `site`: the address under which the site is published, for links; `in_words`: what puts numbers in place
    of references to equations.
    """
    from nbformat import writes  # loads a checker of schemas: not where no notebook is written
    from nbformat.v4 import new_notebook

    shown = [cell for cell in lesson.cells if cell.kind in ("markdown", "code")]
    cells = [_cell(lesson, cell, site, in_words) for cell in shown]
    needs = ExecutedCell(
        0, "markdown", _NEEDS.format(requirement=REQUIREMENT, page=links.page_address(lesson.uri, site))
    )
    cells.insert(1, _cell(lesson, needs, site, str))
    return f"{writes(new_notebook(cells=cells, metadata={'kernelspec': _KERNEL}))}\n"


def _cell(lesson: Lesson, cell: ExecutedCell, site: str, in_words: Words) -> Any:
    from nbformat.v4 import new_code_cell, new_markdown_cell

    name = digest([lesson.uri, str(cell.number)])[:12]
    if cell.kind == "code":
        return new_code_cell(cell.source, id=name)
    return new_markdown_cell(_elsewhere(links.to_site(in_words(cell.source), lesson.uri, site)), id=name)


def _elsewhere(text: str) -> str:
    """What only the site's Markdown knows, said in every notebook's: admonitions become quotations.

    >>> print(_elsewhere('!!! note "Mind the shape"\\n    One row\\n    a position.\\n\\nAnd on.'))
    > **Mind the shape**
    >
    > One row
    > a position.
    <BLANKLINE>
    And on.
    """
    return _HEADING_ID.sub("", _ADMONITION.sub(_quotation, text))


def _quotation(found: re.Match[str]) -> str:
    body = [line[4:] for line in found["body"].rstrip().split("\n")]
    lines = ([f"**{found['title']}**", ""] if found["title"] else []) + body
    quoted = "\n".join(f"> {line}".rstrip() for line in lines)
    return quoted + ("\n\n" if found["body"].endswith("\n") else "")
