"""What a reader does on a page, served or opened from disk."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, TimeoutError, expect


def search(page: Page, word: str, place: str) -> None:
    """Look for a word, and follow what was found at that place."""
    link = page.locator(f".md-search-result__link[href*='{place}']")
    found = link.filter(has_text=re.compile(word, re.IGNORECASE)).first
    for tries in range(3):  # where a page is still being swapped, the theme closes the search once more,
        page.evaluate("document.activeElement.blur()")  # leaves the focus in it, and opens it on focus alone
        page.keyboard.press("f")
        page.locator(".md-search__input").fill("")
        page.locator(".md-search__input").press_sequentially(word)
        try:
            found.click(timeout=5_000)
            break
        except TimeoutError:
            if tries == 2:
                raise
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
