"""Chromium, driven by Playwright, as in the other tests of the site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.site.built import started
from tests.site.engines.engine import Engine
from tests.site.watching import Watched

# said where a page comes slowly, and of no use to a reader
_OF_HASTE = "was preloaded using link preload but not used within a few seconds"


# What it asks its maker by itself finds nobody, and does not count; what a page asks there, Playwright hears.
_MAKERS = ("*.google.com", "*.googleapis.com", "*.gstatic.com", "*.gvt1.com")
_NOBODY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


class Chromium:
    name = "Chromium"

    def __init__(self, watched: Watched) -> None:
        self._watched, self._page = watched, watched.page

    def go(self, address: str) -> None:
        self._page.goto(address)

    def evaluate(self, expression: str) -> Any:
        return self._page.evaluate(expression)

    def point(self, x: float, y: float) -> None:
        self._page.mouse.move(x, y)

    def click(self, x: float, y: float) -> None:
        self._page.mouse.click(x, y)

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def text(self, words: str) -> None:
        self._page.keyboard.type(words)

    def errors(self) -> list[str]:
        wrong, self._watched.wrong[:] = [*self._watched.wrong], []
        return [each for each in wrong if _OF_HASTE not in each]


@contextmanager
def chromium(proxy: int) -> Iterator[Engine]:
    """Start it, with all that it asks for going to this port."""
    to_proxy = f"--proxy-server=127.0.0.1:{proxy}"
    direct = f"--proxy-bypass-list={';'.join(['<-loopback>', *_MAKERS])}"
    with (
        started(to_proxy, direct, _NOBODY) as browser,
        Watched(browser, width=1280, scheme="light", kept=True) as watched,
    ):
        yield Chromium(watched)
