"""Read a page as a browser would: its elements, what they hold, and whether each is closed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

_VOID = ("meta",)


class Page(HTMLParser):
    """`tags`: every element with its attributes; `text`: all that is shown."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.shown: list[str] = []
        self.open: list[str] = []
        self.articles: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "article":
            self.articles.append([str(dict(attrs)["class"])])
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.shown.append(data)
            if "article" in self.open:
                self.articles[-1].append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.shown).split())
