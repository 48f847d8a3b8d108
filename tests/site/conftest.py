from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.built import ADDRESS, SITE, launched, served
from tests.site.watching import Watched

expect.set_options(timeout=20_000)


# Of a module, not of the session: while Playwright runs, this thread has an event loop, and others cannot.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not (SITE / "index.html").exists():
        pytest.fail("there is no site in build/test-site: `make test` builds it", pytrace=False)
    with served() as port, launched(port) as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on a wide screen, on which nothing may go wrong."""
    with Watched(browser, width=1280, scheme="light") as watched:
        yield watched.page
    assert watched.wrong == []


@pytest.fixture
def home(page: Page) -> Page:
    page.goto(ADDRESS)
    return page
