"""In three engines, an opened lesson is read and run without a connection; another page says it is away."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from live.parts import PageParts
from tests.site.built import ADDRESS
from tests.site.engines.conftest import Start
from tests.site.engines.running import LESSON
from tests.site.engines.watched import Proxy, Seen, proxied

_READER = "offline.html"
_PATIENCE = 150.0


class _Leaving(Proxy):
    """The site with the reader's page, until the reader is away."""

    def do_GET(self) -> None:
        if "away" in self.seen.wrong:
            self.close_connection = True  # nothing is answered
        elif self.path == ADDRESS + _READER:
            self.give("text/html; charset=utf-8", Path(__file__).with_name(_READER).read_bytes())
        else:
            super().do_GET()


def _all_is_kept(seen: Seen) -> None:
    end = time.monotonic() + _PATIENCE
    while "end" not in seen.wrong:
        assert time.monotonic() < end, seen.wrong
        time.sleep(0.1)
    said = dict(words.split(": ", 1) for words in seen.wrong if ": " in words)
    assert said.get("without", "").startswith("Done in "), seen.wrong
    assert said.get("another page") == f"/{LESSON}", seen.wrong


def _in(start: Start) -> None:
    with proxied(_Leaving, reporting=False) as (port, seen), start(port) as engine:
        engine.go(ADDRESS + _READER)
        _all_is_kept(seen)


@pytest.fixture(autouse=True)
def _with_python(python_in_page: PageParts) -> None:
    """There is Python for the page, or none of these tests is run."""


def test_in_chromium(in_chromium: Start) -> None:
    _in(in_chromium)


def test_in_firefox(in_firefox: Start) -> None:
    _in(in_firefox)


@pytest.mark.usefixtures("in_webkit")
def test_in_webkit(tmp_path: Path) -> None:
    from tests.site.engines.webkit import undriven

    with (
        proxied(_Leaving, reporting=False) as (port, seen),
        undriven(port, ADDRESS + _READER, tmp_path),
    ):
        _all_is_kept(seen)
