"""The engines, each started with the site behind a proxy; the drivers are imported where they are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.site.built import SITE
from tests.site.engines.engine import Engine
from tests.site.engines.hand import Hand
from tests.site.engines.watched import proxied

# what is asserted in the steps is told as in a test
pytest.register_assert_rewrite(
    *(f"tests.site.engines.{name}" for name in ("touching", "running", "practising", "refusing", "session"))
)

Start = Callable[[int], AbstractContextManager[Engine]]


@contextmanager
def _hand(start: Start) -> Iterator[Hand]:
    if not (SITE / "index.html").exists():
        pytest.fail("there is no site in build/test-site: `make test` builds it", pytrace=False)
    with proxied() as (port, seen), start(port) as engine:
        yield Hand(engine, seen)


@pytest.fixture
def chromium() -> Iterator[Hand]:
    from tests.site.engines.chromium import chromium

    with _hand(chromium) as hand:
        yield hand


@pytest.fixture
def firefox() -> Iterator[Hand]:
    from tests.site.engines.firefox import firefox

    with _hand(firefox) as hand:
        yield hand


@pytest.fixture
def webkit() -> Iterator[Hand]:
    from tests.site.engines.webkit import webkit

    with _hand(webkit) as hand:
        yield hand
