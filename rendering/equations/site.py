"""The equations of a whole site, in two passes over its pages.

The first numbers the equations of each page and leaves their TeX in place, with plain words for the search to
read. The second, when all numbers are known, puts in the HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from html import escape, unescape

from rendering.equations.formulas import Chain, Formula, read
from rendering.equations.katex import TexError, Typesetter
from rendering.equations.labels import Labels, Numbered, references, split_label
from rendering.equations.markup import Markup, reference
from rendering.equations.words import plain
from rendering.messages import RenderError

# What pymdownx.arithmatex leaves, and what stands there between the passes.
_FOUND = re.compile(r'<(span|div) class="arithmatex">\\(?:\(|\[)(.*?)\\(?:\)|\])</\1>', re.DOTALL)
_WAITING = re.compile(r'<(span|div) class="ov-math" data-tex="([^"]*)">[^<]*</\1>')
_IN_TITLE = re.compile(r"\\\((.*?)\\\)", re.DOTALL)
# Where TeX may stand as text, and what it looks like anywhere else.
_QUOTED = re.compile(
    r"<(pre|code|script|style|svg)\b.*?</\1>|<(?:span|div) class=\"ov-math\"[^>]*>[^<]*<|<[^>]*>", re.DOTALL
)
_RAW = re.compile(r"\$\$|\\\(|\\\[|\\[a-zA-Z]{2,}|\{\{ ")

Address = Callable[[str], str]


class UnknownLabel(Exception):
    """A reference to a label that no page has."""


class Equations:
    """Numbers and HTML of the equations of all pages. A page is named by its place: `lessons/01_x.md`."""

    def __init__(self, typesetter: Typesetter | None = None) -> None:
        self.typesetter = typesetter or Typesetter()
        self.markup = Markup(self.typesetter)
        self.labels = Labels()

    def collect(self, page: str, html: str) -> str:
        """Number the page's equations and return its HTML for the second pass.

        Raises: RenderError for a label that is taken, and for TeX that Markdown did not take for an equation.
        """
        problems: list[str] = []
        waiting = _FOUND.sub(partial(self._hold, page, problems), html)
        if raw := _RAW.search(visible := _QUOTED.sub(" ", waiting)):
            context = " ".join(visible[max(0, raw.start() - 40) : raw.end() + 40].split())
            problems.append(f"TeX that is no equation, near: {unescape(context)}")
        _stop(page, problems)
        return waiting

    def resolve(self, page: str, html: str, address: Address = lambda page: page) -> str:
        """Return the page's HTML with every equation in it.

        `address`: where another page is, as seen from this one.

        Raises: RenderError for TeX that KaTeX does not accept and for references to a label that no page has.
        """
        problems: list[str] = []

        def put(found: re.Match[str]) -> str:
            try:
                return self.html(page, unescape(found[2]), found[1] == "div", address)
            except (TexError, UnknownLabel) as error:
                problems.append(str(error))
                return ""

        resolved = _WAITING.sub(put, html)
        _stop(page, problems)
        return resolved

    def html(self, page: str, tex: str, display: bool, address: Address = lambda page: page) -> str:
        """Return the HTML of one equation of a page, once all are numbered; a new label gives no number.

        Raises: TexError for TeX that KaTeX does not accept, UnknownLabel for a reference to a label that no
        page has.
        """
        whole = next((ref for ref in references(tex) if ref[0] == tex), None)
        if whole:
            there = self._numbered(whole[1])
            return reference(there, "" if there.page == page else address(there.page))
        for ref in list(references(tex)):
            tex = tex.replace(ref[0], rf"\text{{({self._numbered(ref[1]).number})}}")
        found = read(tex)
        if isinstance(found, Formula) and not display:
            return self.markup.inline(found)
        numbered = self.labels.numbered.get(found.labels[0]) if found.labels else None
        if isinstance(found, Chain):
            return self.markup.chain(found, numbered)
        return self.markup.display(found, numbered)

    def in_words(self, text: str) -> str:
        """Return Markdown in which a reference is an equation's number and a label is gone.

        A reference to a label that no page has stays: `resolve` refuses it.
        """
        for label, numbered in self.labels.numbered.items():
            reference, number = rf"\eqref{{{label}}}", f"({numbered.number})"
            text = text.replace(f"${reference}$", number).replace(reference, rf"\text{{{number}}}")
        return split_label(text)[0]

    def title(self, text: str) -> tuple[str, str]:
        r"""Return a heading's text in plain words, and as HTML, where it may hold `\(TeX\)`."""
        words = _IN_TITLE.sub(lambda found: plain(unescape(found[1])), text)
        return words, _IN_TITLE.sub(lambda found: self.markup.inline(Formula.typed(unescape(found[1]))), text)

    def _hold(self, page: str, problems: list[str], found: re.Match[str]) -> str:
        tex = unescape(found[2]).strip()
        equation = read(tex)
        if len(equation.labels) > 1:
            problems.append(f"more than one label in one equation: {', '.join(equation.labels)}")
        problems.extend(filter(None, (self.labels.add(page, label) for label in equation.labels)))
        kind = found[1]
        return f'<{kind} class="ov-math" data-tex="{escape(tex)}">{escape(equation.text)}</{kind}>'

    def _numbered(self, label: str) -> Numbered:
        if label not in self.labels.numbered:
            raise UnknownLabel(f"no equation has the label {label}")
        return self.labels.numbered[label]


def _stop(page: str, problems: list[str]) -> None:
    if problems:
        raise RenderError.of(f"{page}: {problem}" for problem in problems)
