"""What a reader does on a page, served or opened from disk."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def search(page: Page, word: str, place: str) -> None:
    """Look for a word, and follow what was found at that place."""
    page.keyboard.press("f")
    page.locator(".md-search__input").press_sequentially(word)
    found = page.locator(f".md-search-result__link[href*='{place}']")
    found.filter(has_text=re.compile(word, re.IGNORECASE)).first.click()
    expect(page.locator("article mark").first).to_be_attached()


def equations_are_set(page: Page) -> bool:
    """Whether equations stand there, in KaTeX's font."""
    expect(page.locator("article .katex-display").first).to_be_attached()
    page.evaluate("document.fonts.ready.then(() => true)")
    in_font = page.evaluate("document.fonts.check('1em KaTeX_Main')")
    return bool(in_font) and page.locator("article .katex-html").count() > 5


def chosen(page: Page, size: tuple[int, int]) -> Locator:
    """The explorer's panel for a network, once a reader has chosen it."""
    form = page.locator(".ov-explorer form")
    for name, value in zip(("layers", "heads"), size, strict=True):
        form.locator(f"input[name='{name}'][value='{value}']").check()
    panel = page.locator(f".ov-explorer [data-network='{size[0]}-{size[1]}']")
    expect(panel).to_be_visible()
    assert page.locator(".ov-explorer [data-network]:visible").count() == 1
    return panel
