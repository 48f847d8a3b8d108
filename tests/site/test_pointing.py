"""A pointer at the middle of a symbol meets that symbol, in boxes too, on every page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.site.built import ADDRESS, pages
from tests.site.watching import Watched

# The symbols that something else lies above, or that the pointer cannot reach, as text.
MISSED = r"""() => {
  document.querySelectorAll("details").forEach(each => { each.open = true });
  const missed = [];
  for (const symbol of document.querySelectorAll("article .katex-html [data-symbol]")) {
    symbol.scrollIntoView({ block: "center", inline: "center" });
    const { left, top, width, height } = symbol.getBoundingClientRect();
    if (!width || !height) continue; // not shown
    const met = document.elementFromPoint(left + width / 2, top + height / 2);
    if (met?.closest("[data-symbol]") === symbol) continue;
    missed.push(`${symbol.textContent} under ${met?.outerHTML.slice(0, 90)}`);
  }
  return missed;
}"""


@pytest.mark.parametrize("part", range(2))
def test_every_symbol_answers_the_pointer(browser: Browser, part: int) -> None:
    missed = {}
    with Watched(browser, width=1280, scheme="light") as watched:
        for page in pages()[part::2]:
            watched.page.goto(ADDRESS + page)
            found = watched.page.evaluate(MISSED)
            if found:
                missed[page] = found[:5]
    assert missed == {}


def test_a_page_that_is_not_there_leads_on(browser: Browser) -> None:
    with Watched(browser, width=1280, scheme="light") as watched:
        watched.page.goto(f"{ADDRESS}404.html")
        links = watched.page.locator("article a[href*='lessons/']")
        assert links.count() == 13
        links.nth(3).click()
        assert "lessons/03_" in watched.page.url
    assert watched.wrong == []


def test_on_paper_nothing_is_to_press_and_all_is_dark_on_white(browser: Browser) -> None:
    with Watched(browser, width=1280, scheme="dark") as watched:
        page = watched.page
        page.goto(f"{ADDRESS}lessons/03_one_attention_head/")
        page.emulate_media(media="print")
        for hidden in (".ov-bar", ".md-header", ".md-footer", ".headerlink"):
            assert not page.locator(hidden).first.is_visible(), hidden
        assert page.locator("article .ov-out svg").first.is_visible()
        colours = page.evaluate(
            "[...document.querySelectorAll('article p, article .katex, article code span')]"
            ".filter(each => each.checkVisibility())"
            ".map(each => getComputedStyle(each).color)"
        )
        told = {tuple(map(float, colour[colour.index("(") + 1 : -1].split(",")[:3])) for colour in colours}
        assert max(max(colour) for colour in told) < 120, told
    assert watched.wrong == []
