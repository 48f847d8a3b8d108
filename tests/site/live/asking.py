"""What a page asks of the worker, from a test."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.live.reader import words


def spawn(page: Page) -> dict[str, Any]:
    """Start a worker anew, and return what it says when it is there."""
    return dict(page.evaluate("Promise.race([spawn(), late()])"))


def run(page: Page, code: str, **rest: Any) -> dict[str, Any]:
    """Run code as a cell."""
    return ask(page, kind="run", cell=4, code=code, labels={}, **rest)


def ask(page: Page, **message: Any) -> dict[str, Any]:
    """Send a message, and return what comes of it: `failed` where Python ends."""
    either = "message => Promise.race([ask(message), failure(), late()])"
    return dict(page.evaluate(either, message))


def shown(page: Page, code: str) -> str:
    """What one reads of the outputs of code that must run."""
    done = run(page, code)
    assert done["kind"] == "done", done
    assert done["error"] is None, done["error"]
    return "\n".join(map(words, done["outputs"]))


def messages(page: Page) -> list[dict[str, Any]]:
    """Every message so far that reached the page."""
    return list(page.evaluate("messages"))
