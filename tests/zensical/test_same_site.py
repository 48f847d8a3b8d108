"""Every page, file and section of the search is the same in both builds, or the difference has a reason."""

from __future__ import annotations

import importlib.util
import json
import re
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.zensical.builds import LOSSES, WITH_MKDOCS, WITH_ZENSICAL
from tests.zensical.comparing import ADDRESS, Difference, Known, between_sites, pages
from tests.zensical.known import KNOWN
from tests.zensical.reading import read

# Fewer than there are: with these, a reader that sees nothing is noticed.
LEAST = {"text": 60_000, "equations": 800, "figures": 100, "links": 1_000, "numbers": 20, "outline": 300}


@pytest.fixture(scope="module")
def found() -> list[Difference]:
    return list(between_sites(WITH_MKDOCS, WITH_ZENSICAL))


def test_every_difference_has_a_reason(found: list[Difference]) -> None:
    reasons = {one: next((known.reason for known in KNOWN if known.explains(one)), "") for one in found}
    for one, reason in reasons.items():
        print(f"{reason or 'NO REASON'}: {one}")
    assert [str(one) for one, reason in reasons.items() if not reason] == []


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: f"{known.reason} ({known.place})")
def test_what_is_known_is_still_so(known: Known, found: list[Difference]) -> None:
    assert any(known.explains(one) for one in found)


def test_every_reason_is_told() -> None:
    told = re.findall(r"^\| (.+?) \| .+ \|$", LOSSES.read_text(encoding="utf-8"), re.MULTILINE)
    assert {known.reason for known in KNOWN} <= {*told}


def test_the_page_names_the_version() -> None:
    assert f"Zensical {version('zensical')}" in LOSSES.read_text(encoding="utf-8")


@pytest.mark.parametrize("site", [WITH_MKDOCS, WITH_ZENSICAL], ids=["mkdocs", "zensical"])
def test_enough_is_compared(site: Path) -> None:
    counted: Counter[str] = Counter()
    found = pages(site)
    for place, file in found.items():
        said = read(file.read_text(encoding="utf-8"), ADDRESS + place)
        counted.update({kind: len(items) for kind, items in said.items()})
    print(len(found), "pages:", dict(counted))
    assert len(found) > 60
    assert {kind: counted[kind] for kind, least in LEAST.items() if counted[kind] < least} == {}


def test_this_environment_has_no_material() -> None:
    assert importlib.util.find_spec("material") is None


def test_the_search_still_has_no_boost() -> None:
    """Where it gets one: give the pages theirs, and take the row out of the page of losses."""
    sections = json.loads((WITH_ZENSICAL / "search.json").read_text(encoding="utf-8"))["items"]
    assert not any("boost" in section for section in sections)
    before = json.loads((WITH_MKDOCS / "search/search_index.json").read_text(encoding="utf-8"))["docs"]
    assert any("boost" in section for section in before)
