"""Every page, in a browser: light and dark, on a phone and on a wide screen."""

from __future__ import annotations

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
SIDEWAYS = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const scrolls = each => each !== document.body && getComputedStyle(each).overflowX !== "visible";
  const held = each => each && (scrolls(each) || held(each.parentElement));
  return [...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > clientWidth + 0.5 && !held(each.parentElement))
    .map(each => each.outerHTML.slice(0, 120)).slice(0, 8).concat(`${scrollWidth} > ${clientWidth}`);
}"""


@pytest.mark.parametrize("width", [PHONE, WIDE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", pages())
def test_a_page_is_sound(browser: Browser, path: str, scheme: Literal["light", "dark"], width: int) -> None:
    with Watched(browser, width=width, scheme=scheme) as watched:
        page = watched.page
        page.goto(ADDRESS + path)
        page.evaluate(OPEN)
        shown = page.locator("body").get_attribute("data-md-color-scheme")
        assert shown == {"light": "default", "dark": "slate"}[scheme]
        assert page.evaluate(RAW_TEX) == []
        assert page.evaluate(SIDEWAYS) == []
        if width == PHONE:
            assert violations(page) == []
    assert watched.wrong == []


def violations(page: Page) -> list[str]:
    """What axe finds, a line each. It skips KaTeX's many spans, hidden from screen readers."""
    options = {"runOnly": WCAG, "resultTypes": ["violations"]}
    found = Axe().run(page, {"exclude": [[".katex-html"]]}, options).response["violations"]
    return [
        f"{each['id']} × {len(each['nodes'])}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for each in found
        for node in each["nodes"][:3]
    ]
