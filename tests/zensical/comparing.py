"""Two builds of the site, compared page by page, file by file, and in what their searches know."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from lxml import html

from tests.zensical.reading import Said, read

ADDRESS = "http://ovlearn.localhost/"
_OTHERS = ("atlas/smollm2/", "live/")  # pages that no builder of pages makes
_SEARCHES = {"search/search_index.json": "docs", "search.json": "items"}


@dataclass(frozen=True)
class Difference:
    """What one build has and the other has not. `kind`: of what `read` returns, or "page" and the like."""

    place: str
    kind: str
    one: str
    other: str

    def __str__(self) -> str:
        return f"{self.place}: {self.kind}: {self.one[:200]!r} became {self.other[:200]!r}"


@dataclass(frozen=True)
class Known:
    """Differences with a reason. `place`, `one`, `other`: patterns, each of the whole."""

    reason: str
    kind: str
    place: str = ".*"
    one: str = ".*"
    other: str = ".*"

    def explains(self, found: Difference) -> bool:
        """Whether this is the reason of a difference."""
        pairs = ((self.place, found.place), (self.one, found.one), (self.other, found.other))
        return self.kind == found.kind and all(
            re.fullmatch(pattern, what, re.DOTALL) for pattern, what in pairs
        )


def between_sites(one: Path, other: Path) -> Iterator[Difference]:
    """Yield every difference between two builds."""
    yield from _between_files(_files(one), _files(other))
    here, there = pages(one), pages(other)
    yield from _missing("page", here, there)
    for place in sorted(here.keys() & there.keys()):
        address = ADDRESS + place.removesuffix("index.html")
        said = (read(file.read_text(encoding="utf-8"), address) for file in (here[place], there[place]))
        yield from between_pages(place, *said)
    yield from _between_searches(_search(one), _search(other))


def pages(site: Path) -> dict[str, Path]:
    """Return every page that a builder made, by its place in the site."""
    found = {file.relative_to(site).as_posix(): file for file in sorted(site.rglob("*.html"))}
    return {place: file for place, file in found.items() if not place.startswith(_OTHERS)}


def between_pages(page: str, one: Said, other: Said) -> Iterator[Difference]:
    """Yield every difference between what a page says in two builds."""
    for kind in one:
        if one[kind] == other[kind]:
            continue
        matched = SequenceMatcher(None, one[kind], other[kind], autojunk=False)
        for tag, start, end, from_, to in matched.get_opcodes():
            if tag != "equal":
                yield Difference(
                    page, kind, "\n".join(one[kind][start:end]), "\n".join(other[kind][from_:to])
                )


def _files(site: Path) -> dict[str, Path]:
    """Everything that is no page; what a search knows is read by itself."""
    found = {file.relative_to(site).as_posix(): file for file in site.rglob("*") if file.is_file()}
    skipped = pages(site).keys() | _SEARCHES.keys()
    return {place: file for place, file in found.items() if place not in skipped}


def _between_files(here: dict[str, Path], there: dict[str, Path]) -> Iterator[Difference]:
    yield from _missing("file", here, there)
    for place in sorted(here.keys() & there.keys()):
        if _content(here[place]) != _content(there[place]):
            yield Difference(place, "file", "one content", "another content")


def _content(file: Path) -> bytes:
    """What a file holds; of the list of pages, its addresses, whatever their order and their white space."""
    data = file.read_bytes()
    if file.name != "sitemap.xml":
        return data
    return b"\n".join(sorted(re.findall(rb"<loc>(.*?)</loc>", data)))


def _missing(kind: str, here: Iterable[str], there: Iterable[str]) -> Iterator[Difference]:
    yield from (Difference(place, kind, "there", "") for place in sorted({*here} - {*there}))
    yield from (Difference(place, kind, "", "there") for place in sorted({*there} - {*here}))


def _search(site: Path) -> dict[str, Counter[str]]:
    """The words by which a search finds each section."""
    place = next(place for place in _SEARCHES if (site / place).exists())
    sections = json.loads((site / place).read_text(encoding="utf-8"))[_SEARCHES[place]]
    return {one["location"]: Counter(_words(f"{one['title']} <br>{one['text']}")) for one in sections}


def _words(text: str) -> list[str]:
    return str(html.fromstring(f"<div>{text.replace('<', ' <')}</div>").text_content()).split()


def _between_searches(here: dict[str, Counter[str]], there: dict[str, Counter[str]]) -> Iterator[Difference]:
    yield from _missing("search", here, there)
    for place in sorted(here.keys() & there.keys()):
        lost, gained = here[place] - there[place], there[place] - here[place]
        if lost or gained:
            yield Difference(place, "search", " ".join(lost.elements()), " ".join(gained.elements()))
