"""Every page, in a browser: light and dark, on a phone and on a wide screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.site.built import ADDRESS, pages
from tests.site.watching import Watched

PHONE, WIDE = 390, 1280
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# Folded parts are read too. TeX stays in MathML's annotations, code may quote it, and scripts are not read.
OPEN = "document.querySelectorAll('details').forEach(each => each.open = true)"
RAW_TEX = r"""() => {
  const raw = /\\[a-zA-Z]+|\\[()[\]]|\$\$|\$[^\s$][^$\n]*\$/;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [raw.test(document.title) ? document.title : ""];
  while (walk.nextNode()) {
    const { data, parentElement } = walk.currentNode;
    const quoted = parentElement.closest(".katex, code, pre, script, style, noscript");
    if (raw.test(data) && !quoted) found.push(data);
  }
  for (const error of document.querySelectorAll(".katex-error")) found.push(error.textContent);
  return found.filter(Boolean);
}"""
# A picture whose HTML Markdown took apart throws what follows out of the text.
ASTRAY = """() => [...document.querySelectorAll("main :is(h1, h2, figure, .ov-cell), .ov-cell .ov-cell")]
  .filter(each => !each.closest("article, .md-sidebar") || each.parentElement.closest(".ov-cell .ov-cell"))
  .map(each => each.outerHTML.slice(0, 120))"""
SIDEWAYS = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const scrolls = each => each !== document.body && getComputedStyle(each).overflowX !== "visible";
  const held = each => each && (scrolls(each) || held(each.parentElement));
  return [...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > clientWidth + 0.5 && !held(each.parentElement))
    .map(each => each.outerHTML.slice(0, 120)).slice(0, 8).concat(`${scrollWidth} > ${clientWidth}`);
}"""

# The symbols that something else lies above, or that the pointer cannot reach, as text.
MISSED = r"""() => {
  const missed = [];
  for (const symbol of document.querySelectorAll("article .katex-html [data-symbol]")) {
    symbol.scrollIntoView({ block: "center", inline: "center" });
    const { left, top, width, height } = symbol.getBoundingClientRect();
    if (!width || !height) continue; // not shown
    const met = document.elementFromPoint(left + width / 2, top + height / 2);
    if (met?.closest("[data-symbol]") === symbol) continue;
    missed.push(`${symbol.textContent} under ${met?.outerHTML.slice(0, 90)}`);
  }
  document.querySelectorAll("html, article *").forEach(each => each.scrollTo(0, 0));
  return missed.slice(0, 5);
}"""


# Most of a page is formulas and code, over and over. What KaTeX draws is hidden from screen readers: axe gets
# boxes of its size. Of formulas' MathML, and of code's words of one colour, it gets one of each kind.
BOXES = """() => {
  document.querySelectorAll(".katex-mathml math").forEach(each => each.replaceChildren("formula"));
  const seen = new Set();
  for (const word of document.querySelectorAll(".highlight code span[class]")) {
    const kind = `${word.className} in ${word.closest(".highlight").className}`;
    if (seen.has(kind)) word.replaceWith(...word.childNodes); else seen.add(kind);
  }
  const drawn = [...document.querySelectorAll(".katex-html")];
  const sizes = drawn.map(each => [Math.max(each.offsetWidth, each.scrollWidth), each.offsetHeight]);
  drawn.forEach((each, at) => {
    const [width, height] = sizes[at];
    each.replaceChildren();
    each.style.cssText = `display: inline-block; width: ${width}px; height: ${height}px`;
  });
}"""

# In dark, axe looks at colours alone. They depend on this attribute; were the browser's scheme changed too,
# the theme would write back the one that it began with.
DARKEN = "document.body.setAttribute('data-md-color-scheme', 'slate')"
COLOURS = ["color-contrast", "link-in-text-block"]


@pytest.fixture(scope="module")
def watched(browser: Browser) -> Iterator[Watched]:
    with Watched(browser, width=WIDE, scheme="light") as watched:
        yield watched


@pytest.mark.parametrize("path", pages())
def test_a_page_is_sound(watched: Watched, path: str) -> None:
    page = watched.page
    watched.wrong.clear()
    page.set_viewport_size({"width": WIDE, "height": 844})
    page.goto(ADDRESS + path)
    page.evaluate(OPEN)
    assert page.evaluate(RAW_TEX) == []
    assert page.evaluate(ASTRAY) == []
    assert page.evaluate(SIDEWAYS) == []
    assert page.evaluate(MISSED) == []
    page.set_viewport_size({"width": PHONE, "height": 844})
    assert page.evaluate(SIDEWAYS) == []
    page.evaluate(BOXES)
    assert violations(page, WCAG) == []
    page.evaluate(DARKEN)
    page.set_viewport_size({"width": WIDE, "height": 844})
    assert violations(page, COLOURS) == []
    assert page.locator("body").get_attribute("data-md-color-scheme") == "slate"
    assert watched.wrong == []


@pytest.mark.parametrize(("scheme", "name"), [("light", "default"), ("dark", "slate")])
def test_a_page_comes_in_the_readers_scheme(
    browser: Browser, scheme: Literal["light", "dark"], name: str
) -> None:
    with Watched(browser, width=WIDE, scheme=scheme) as watched:
        watched.page.goto(ADDRESS)
        assert watched.page.locator("body").get_attribute("data-md-color-scheme") == name


def test_a_page_that_is_not_there_leads_on(browser: Browser) -> None:
    with Watched(browser, width=1280, scheme="light") as watched:
        watched.page.goto(f"{ADDRESS}404.html")
        links = watched.page.locator("article a[href*='lessons/']")
        assert links.count() == 13
        links.nth(3).click()
        assert "lessons/03_" in watched.page.url
    assert watched.wrong == []


def violations(page: Page, rules: list[str]) -> list[str]:
    """What axe finds, a line each."""
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{each['id']} × {len(each['nodes'])}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for each in found
        for node in each["nodes"][:3]
    ]
