"""What starts each engine at the port of a proxy; the drivers are imported where they are used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.site.built import SITE
from tests.site.engines.engine import Engine

# what is asserted in the steps is told as in a test
pytest.register_assert_rewrite(
    *(f"tests.site.engines.{name}" for name in ("touching", "running", "practising", "refusing", "session"))
)

Start = Callable[[int], AbstractContextManager[Engine]]


@pytest.fixture(autouse=True)
def _with_site() -> None:
    if not (SITE / "index.html").exists():
        pytest.fail("there is no site in build/test-site: `make test` builds it", pytrace=False)


@pytest.fixture
def in_chromium() -> Start:
    from tests.site.engines.chromium import chromium

    return chromium


@pytest.fixture
def in_firefox() -> Start:
    from tests.site.engines.firefox import firefox

    return firefox


@pytest.fixture
def in_webkit() -> Start:
    from tests.site.engines.webkit import webkit

    return webkit
