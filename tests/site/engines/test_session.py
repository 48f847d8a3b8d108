"""The same session in three engines: each step works, nothing goes wrong, and no other site is asked."""

from __future__ import annotations

import pytest

from live.parts import PageParts
from tests.site.engines import session, table
from tests.site.engines.hand import Hand


@pytest.fixture(autouse=True)
def _with_python(python_in_page: PageParts) -> None:
    """There is Python for the page, or none of these tests is run."""


def test_in_chromium(chromium: Hand) -> None:
    table.keep("Chromium", session.run(chromium))


def test_in_firefox(firefox: Hand) -> None:
    table.keep("Firefox", session.run(firefox))


def test_in_webkit(webkit: Hand) -> None:
    table.keep("WebKit", session.run(webkit))
