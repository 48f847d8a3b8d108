from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from live.parts import PageParts
from tests.site.built import ROOT
from tests.site.live import served
from tests.site.live.asking import spawn
from tests.site.live.served import Server
from tests.site.watching import Watched

collect_ignore = ["probes.py"]  # it runs in the page

_SCRIPT = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
_PAGE = (
    f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body><script>{_SCRIPT}</script>'
)


@pytest.fixture(autouse=True)
def _with_python(python_in_page: PageParts) -> None:
    """There is Python for the page, or none of these tests is run."""


@pytest.fixture(scope="module")
def visit(browser: Browser) -> Iterator[Watched]:
    """A visit on a wide screen, of which tests see a stay each: see `using.stay`."""
    with Watched(browser, width=1280, scheme="light") as watched:
        yield watched


@pytest.fixture(scope="module")
def other() -> Iterator[Server]:
    with served.stranger() as server:
        yield server


@pytest.fixture(scope="module")
def site() -> Iterator[Server]:
    """A site that also has the worker's script as a file, which nobody should start."""
    scripts = ROOT / "live" / "js"
    free = served.bundle(scripts / "frame" / "worker.js")
    clean = served.bundle(scripts / "page" / "clean.js", "--global-name=page")
    with served.site(_PAGE, worker=free, clean=clean) as server:
        yield server


@contextmanager
def loading(browser: Browser, site: Server) -> Iterator[Page]:
    """Show a page that holds the parts of Python, with a frame, and nothing in it yet."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{site.address}/")
    page.evaluate("lock => fetchParts(lock)", served.lock()["parts"])
    page.evaluate("address => openFrame(address)", f"/{served.frame()}")
    yield page
    context.close()


@pytest.fixture(scope="module")
def loaded(browser: Browser, site: Server) -> Iterator[Page]:
    """A page in which Python can be started."""
    with loading(browser, site) as page:
        yield page


@pytest.fixture(scope="module")
def running(browser: Browser, site: Server) -> Iterator[Page]:
    """A page in which Python runs, and stays."""
    with loading(browser, site) as page:
        assert spawn(page)["kind"] == "ready"
        yield page
