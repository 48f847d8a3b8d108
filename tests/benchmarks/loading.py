"""A page as a browser loads it over a slow line, with nothing kept from before: its weight and its shifts."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from tests.benchmarks.hosting import Host

# Lighthouse's slow 4G: fonts and styles that come late are what moves a page.
_SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
_WATCH = """
window.shifted = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
_SCROLL = """async () => {
  for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight / 2) {
    scrollTo({ top, behavior: "instant" });
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
}"""


@dataclass(frozen=True)
class Loaded:
    """What one page cost: bytes over the wire, headers included, and the sum of its layout shifts."""

    name: str
    width: int
    bytes: int
    shift: float


def load(browser: Browser, address: str, host: Host, *, name: str, width: int, kept: bool = False) -> Loaded:
    """Load a page with an empty cache, and scroll to its end.

    `kept`: with the service worker, which comes once, with the first page.

    Its host counts the bytes: the browser's protocol does not tell of what a worker loads.
    """
    before = len(host.sent)
    context = browser.new_context(viewport={"width": width, "height": 844})
    try:
        context.add_init_script(_WATCH if kept else f"{_WATCH} delete Navigator.prototype.serviceWorker;")
        page = context.new_page()
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", _SLOW)
        page.goto(address)
        page.evaluate(_SCROLL)
        _settle(page, host)
        return Loaded(name, width, sum(host.sent[before:]), page.evaluate("window.shifted"))
    finally:
        context.close()


def _settle(page: Page, host: Host) -> None:
    """Wait until every font is there, and nothing more is asked for."""
    page.wait_for_function("document.fonts.status === 'loaded'")
    known = -1
    while known != len(host.sent):
        known = len(host.sent)
        page.wait_for_timeout(1_000)
