"""Every derivation can be stepped through by keyboard; what is marked is what the step changed."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import ovlearn as ov
from tests.site.built import ADDRESS, lessons
from tests.site.test_pages import WCAG, violations

SEEN = """chain => {
  const marks = [...chain.querySelectorAll("[data-goes], [data-made]")]
    .filter(one => one.checkVisibility()).map(one => getComputedStyle(one).outlineStyle);
  return {
    lines: [...chain.querySelectorAll(".ov-step")].filter(each => each.checkVisibility()).length,
    dashed: marks.filter(style => style === "dashed").length,
    solid: marks.filter(style => style === "solid").length,
    because: chain.previousElementSibling.checkVisibility() ? chain.previousElementSibling.textContent : "",
  };
}"""


@pytest.mark.parametrize("slug", ov.derivations())
def test_every_derivation_is_stepped_through_by_keyboard(page: Page, slug: str) -> None:
    page.goto(f"{ADDRESS}derivations/{slug}/")
    unfold(page)
    derivation = ov.derive(slug)
    chains = page.locator(".ov-chain")
    expect(chains).to_have_count(1 + len(derivation.lemmas))
    for place, data in enumerate(chain.as_data() for chain in (derivation, *derivation.lemmas)):
        chain = chains.nth(place)
        lines = chain.locator(".ov-step")
        steps = data["steps"][-lines.count() :]
        if len(steps) > 1:
            step_through(page, chain, steps)


def step_through(page: Page, chain: Locator, steps: list[Any]) -> None:
    bar = chain.locator("xpath=preceding-sibling::*[@class='ov-stepper'][1]")
    bar.get_by_role("button", name="Step through").focus()
    page.keyboard.press("Enter")
    for place, step in enumerate(steps):
        if place:
            page.keyboard.press("ArrowRight")
        before = [step["left"]] if place == 0 else steps[place - 1]["lines"]
        seen = chain.evaluate(SEEN)
        because = seen.pop("because")
        assert seen == {
            "lines": place + 1,
            "dashed": marks(before, "goes"),
            "solid": marks(step["lines"], "made"),
        }
        assert seen["dashed"] + seen["solid"] > 0
        assert step["law"] in because
        assert step["label"] in because
    page.keyboard.press("ArrowLeft")
    assert chain.evaluate(SEEN)["lines"] == len(steps) - 1
    page.keyboard.press("Escape")
    assert chain.evaluate(SEEN) == {"lines": len(steps), "dashed": 0, "solid": 0, "because": ""}
    expect(bar.get_by_role("button", name="Step through")).to_be_focused()


def marks(lines: list[Any], kind: str) -> int:
    return sum(mark[2] == kind for line in lines if line for mark in line.get("marks", []))


@pytest.mark.parametrize("lesson", [one for one in lessons() if "frozen" in one or "freeze" in one])
def test_a_lessons_derivations_step_too(page: Page, lesson: str) -> None:
    page.goto(ADDRESS + lesson)
    unfold(page)
    bars = page.locator(".ov-stepper")
    assert bars.count() > 0
    bars.first.get_by_role("button", name="Step through").click()
    bars.first.get_by_role("button", name="Next").click()
    expect(bars.first.locator(".ov-count")).to_contain_text("2 of ")
    assert violations(page, WCAG) == []


def test_without_a_script_a_derivation_is_whole(browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{ADDRESS}derivations/ov-fold/")
    expect(page.locator(".ov-stepper")).to_have_count(0)
    expect(page.locator(".ov-chain").first.locator(".ov-step").last).to_be_visible()
    context.close()


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('article details').forEach(each => { each.open = true; })")
