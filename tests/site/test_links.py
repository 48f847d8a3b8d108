"""Every link within the site leads to a page that is there, and every anchor to a place on it."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest

from tests.site.built import ADDRESS, PUBLISHED, SITE, lessons, pages

ASSETS = ("src", "href", "srcset", "poster", "data")


class Reader(HTMLParser):
    """The names and the links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.names += [given["id"]] if "id" in given else []
        if tag == "a" and "name" in given:
            self.names.append(given["name"])
        self.links += [
            given[name] for name in ASSETS if name in given and (name != "data" or tag == "object")
        ]


@cache
def read(file: Path) -> Reader:
    reader = Reader()
    reader.feed(file.read_text(encoding="utf-8"))
    reader.close()
    return reader


def dead(address: str) -> str:
    """Why an absolute address leads nowhere within the site; nothing if it leads somewhere, or elsewhere."""
    if not address.startswith(ADDRESS):
        return ""
    address, anchor = urldefrag(address)
    file = SITE / unquote(urlsplit(address).path.lstrip("/"))
    if address.endswith("/"):
        file /= "index.html"
    if not file.is_file():
        return f"no such file: {address}"
    if anchor and file.suffix == ".html" and unquote(anchor) not in read(file).names:
        return f"no such anchor: {address}#{anchor}"
    return ""


@pytest.mark.parametrize("path", pages())
def test_links_and_anchors_resolve(path: str) -> None:
    reader = read(SITE / (path if path.endswith(".html") else f"{path}index.html"))
    assert len(reader.links) > 10
    wrong = {dead(urljoin(ADDRESS + path, link)) for link in reader.links} - {""}
    assert sorted(wrong) == []


@pytest.mark.parametrize("path", pages())
def test_no_name_is_given_twice(path: str) -> None:
    names = read(SITE / (path if path.endswith(".html") else f"{path}index.html")).names
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize("path", lessons())
def test_links_of_a_notebook_resolve(path: str) -> None:
    cells = json.loads((SITE / f"{path.rstrip('/')}.ipynb").read_text(encoding="utf-8"))["cells"]
    prose = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    links = re.findall(r"\]\(([^)\s]+)\)", prose)
    here = [link for link in links if link.startswith(PUBLISHED)]
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    assert sorted({dead(link.replace(PUBLISHED, ADDRESS, 1)) for link in here} - {""}) == []
