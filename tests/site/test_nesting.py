"""On every page each element ends where it should: Markdown puts the end of some HTML elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from tests.site.built import SITE, pages

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Nesting(HTMLParser):
    """What is open, and each end that is not the end of what was opened last."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        last = self.open.pop() if self.open else "nothing"
        if last != tag:
            self.wrong.append(f"</{tag}> in line {self.getpos()[0]} ends <{last}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """It opens nothing."""


@pytest.mark.parametrize("path", pages())
def test_each_end_ends_what_was_opened_last(path: str) -> None:
    nesting = Nesting(
        (SITE / (path if path.endswith(".html") else f"{path}index.html")).read_text(encoding="utf-8")
    )
    assert nesting.wrong == []
    assert nesting.open == []


@pytest.mark.parametrize("html", ["<div><form><b>x</b><div>y</form></div></div>", "<p>x", "<p>x</p></div>"])
def test_a_planted_fault_is_found(html: str) -> None:
    nesting = Nesting(html)
    assert nesting.wrong or nesting.open
