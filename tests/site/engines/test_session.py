"""The same session in three engines: each step works, nothing goes wrong, and no other site is asked."""

from __future__ import annotations

import pytest

from live.parts import PageParts
from tests.site.engines import session, table
from tests.site.engines.conftest import Start
from tests.site.engines.hand import Hand
from tests.site.engines.watched import proxied


@pytest.fixture(autouse=True)
def _with_python(python_in_page: PageParts) -> None:
    """There is Python for the page, or none of these tests is run."""


def all_steps(start: Start) -> None:
    with proxied() as (port, seen), start(port) as engine:
        table.keep(engine.name, session.run(Hand(engine, seen)))


def test_in_chromium(in_chromium: Start) -> None:
    all_steps(in_chromium)


def test_in_firefox(in_firefox: Start) -> None:
    all_steps(in_firefox)


def test_in_webkit(in_webkit: Start) -> None:
    all_steps(in_webkit)
