"""The site as `make test` builds it, or that in OVLEARN_TEST_SITE, its server and a browser."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, sync_playwright

from tests.site.browser.wanting import needed

Server = TypeVar("Server", bound=ThreadingHTTPServer)

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / os.environ.get("OVLEARN_TEST_SITE", "build/test-site")
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
    """Return every page of the sitemap, and those for what is not there, as paths below ADDRESS."""
    sitemap = SITE / "sitemap.xml"
    if not sitemap.exists():
        return ["404.html"]  # a test that fails, rather than none
    found = re.findall(r"<loc>(.*?)</loc>", sitemap.read_text(encoding="utf-8"))
    return [*(address.removeprefix(ADDRESS) for address in found), "404.html", "503.html"]


def lessons() -> list[str]:
    """Return the lessons among the pages, in order."""
    return sorted(page for page in pages() if page.startswith("lessons/"))


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Threads(ThreadingHTTPServer):
    """Answers many at once: a connection that finds no place in the queue would wait for seconds."""

    daemon_threads = True
    request_queue_size = 128


@contextmanager
def answering(server: Server) -> Iterator[Server]:
    """Let a server answer in a thread of its own, until the context ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    with server:
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def served(handler: Callable[..., Quiet] = Quiet) -> Iterator[int]:
    """Serve the site on this machine, at a free port, which is what the context gives."""
    with answering(Threads(("127.0.0.1", 0), partial(handler, directory=str(SITE)))) as server:
        yield server.server_port


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
