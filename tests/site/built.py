"""The site as `make test` builds it, and the server and the browser through which it is read."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.site.browser.wanting import needed

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "test-site"
# The address for which it is built. The browser alone knows it, so that any free port will do.
ADDRESS = "http://ovlearn.localhost/"
PUBLISHED = "https://ovlearn.github.io/ovlearn/"

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pages() -> list[str]:
    """Return every page of the sitemap, and the page for what is not there, as paths below ADDRESS."""
    sitemap = SITE / "sitemap.xml"
    if not sitemap.exists():
        return ["404.html"]  # a test that fails, rather than none
    found = re.findall(r"<loc>(.*?)</loc>", sitemap.read_text(encoding="utf-8"))
    return [*(address.removeprefix(ADDRESS) for address in found), "404.html"]


def lessons() -> list[str]:
    """Return the lessons among the pages, in order."""
    return sorted(page for page in pages() if page.startswith("lessons/"))


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True


@contextmanager
def served(handler: Callable[..., Quiet] = Quiet) -> Iterator[int]:
    """Serve the site on this machine, at a free port, which is what the context gives."""
    with _Server(("127.0.0.1", 0), partial(handler, directory=str(SITE))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def launched(port: int) -> Iterator[Browser]:
    """Start a browser to which ADDRESS is this port, and nothing else is anywhere."""
    host = ADDRESS.removeprefix("http://").rstrip("/")
    rules = f"--host-resolver-rules=MAP {host}:80 127.0.0.1:{port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with started(rules) as browser:
        yield browser


@contextmanager
def started(*flags: str) -> Iterator[Browser]:
    """Start a browser with these flags, and with those that it has in every test."""
    chromium = needed()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.path, env=chromium.environment, args=[*_FLAGS, *flags]
        )
        try:
            yield browser
        finally:
            browser.close()
