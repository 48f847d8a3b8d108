"""Pictures with switches on the built pages: by pointer, keyboard and finger, in the dark, without script."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ovlearn import zoo
from ovlearn.numeric.zoo.headontext import head_on_text
from rendering.pages.opening import TEXTS
from tests.site.built import ADDRESS, ROOT, SITE, pages
from tests.site.test_pages import BOXES, WCAG, violations
from tests.site.watching import Watched

HERO, SCRIPT = 40_000, 10_000  # bytes gzipped, at most
STATE = """box => [...box.querySelectorAll(":scope > [data-when]")]
  .filter(panel => panel.checkVisibility()).map(panel => panel.dataset.when)"""


def source(page: str) -> str:
    path = SITE / page
    return (path if path.suffix else path / "index.html").read_text(encoding="utf-8")


SWITCHED = [page for page in pages() if 'class="ov-switches"' in source(page)]
each_page = pytest.mark.parametrize("path", [pytest.param(path, id=path or "home") for path in SWITCHED])


def states(box: Locator) -> list[str]:
    """Every state of a picture, as its drawings name it."""
    found: list[str] = box.locator(":scope > [data-when]").evaluate_all(
        "panels => panels.map(panel => panel.dataset.when)"
    )
    return found


def put(box: Locator, when: str) -> None:
    """Set the controls to a state, as a hand would: press a button, move the slider by its keys."""
    for name, place in (pair.split("=") for pair in when.split()):
        slider = box.locator(f"input[type=range][name='at-{name}']")
        if slider.count():
            steps = int(place) - int(slider.input_value())
            for _ in range(abs(steps)):
                slider.press("ArrowRight" if steps > 0 else "ArrowLeft")
        elif (button := box.locator(f"input[type=radio][name='at-{name}'][value='{place}']")).count():
            button.locator("xpath=..").click()


def test_the_story_has_things_to_touch() -> None:
    touched = [path for path in SWITCHED if path.startswith("lessons/")]
    assert "" in SWITCHED
    assert {path[len("lessons/") :][:2] for path in touched} >= {"00", "01", "02", "03", "11", "12"}


@each_page
def test_each_state_can_be_set_and_says_what_is_seen(page: Page, path: str) -> None:
    page.goto(ADDRESS + path)
    for box in page.locator(".ov-switches").all():
        expect(box.locator("form")).to_be_visible()
        for when in states(box):
            put(box, when)
            assert box.evaluate(STATE) == [when]
            panel = box.locator(f":scope > [data-when='{when}']")
            says = panel.get_attribute("data-says") or ""
            assert says
            expect(box.locator(".ov-tells")).to_have_text(re.sub(r"\s+", " ", says))


@each_page
def test_buttons_answer_the_arrow_keys(page: Page, path: str) -> None:
    page.goto(ADDRESS + path)
    for box in page.locator(".ov-switches").all():
        before = box.evaluate(STATE)
        for group in box.locator("[role=radiogroup]:visible").all()[:1]:
            group.locator("input:checked").focus()
            page.keyboard.press("ArrowRight")
            assert box.evaluate(STATE) != before
            page.keyboard.press("ArrowLeft")
            assert box.evaluate(STATE) == before


@each_page
def test_without_a_script_it_is_a_still_figure_with_its_words(browser: Browser, path: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(ADDRESS + path)
    for box in page.locator(".ov-switches").all():
        assert len([one for one in box.locator(":scope > [data-when]").all() if one.is_visible()]) == 1
        assert box.locator("svg:visible").first.is_visible()
        assert (box.locator(".ov-tells").text_content() or "").strip()
        assert not box.locator("form").is_visible()
    context.close()


@each_page
def test_on_a_phone_in_the_dark_it_fits_a_finger(browser: Browser, path: str) -> None:
    with Watched(browser, width=390, scheme="dark") as watched:
        page = watched.page
        page.goto(ADDRESS + path)
        for box in page.locator(".ov-switches").all():
            put(box, states(box)[-1])
            for label in box.locator("form label:visible").all():
                assert (label.bounding_box() or {"height": 0})["height"] >= 24
            for word in box.locator(".ov-press:visible").all():
                assert (word.bounding_box() or {"height": 0})["height"] >= 24
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.evaluate(BOXES)
        assert violations(page, WCAG) == []
    assert watched.wrong == []


# The head on the home page


def test_the_heads_numbers_are_what_the_models_give(page: Page) -> None:
    """For every text and every head that it offers: the table of each drawing, against the models."""
    page.goto(ADDRESS)
    box = page.locator(".ov-switches")
    expected = [
        head_on_text(zoo.load(name), text, *head)
        for (name, _), texts in TEXTS.items()
        for text, heads in texts.items()
        for head in heads
    ]
    shown = states(box)
    assert len(shown) == len(expected)
    for when, head in zip(shown, expected, strict=True):
        put(box, when)
        panel = box.locator(f":scope > [data-when='{when}']")
        rows = panel.locator("tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )
        gave = [float(row[2].replace("−", "-")) for row in rows]
        np.testing.assert_allclose(gave, head.gave, rtol=0.01, atol=1e-6)
        texts = panel.locator("svg text").all_text_contents()
        assert f"{head.next_word.strip()} {100 * head.probability:.0f} %" in texts


def test_a_word_is_touched_and_its_row_is_shown(page: Page) -> None:
    page.goto(ADDRESS)
    panel = page.locator(".ov-switches > [data-when]:visible")
    says = page.locator(".ov-tells")
    expect(panel.get_by_text("looking at “silver” says")).to_be_visible()
    panel.get_by_role("button", name="look at and").click()
    expect(panel.get_by_text("looking at “and” says")).to_be_visible()
    expect(panel.get_by_text("looking at “silver” says")).to_be_hidden()
    expect(says).to_contain_text("gives “and”")
    expect(panel.get_by_role("button", name="look at and")).to_have_attribute("aria-pressed", "true")


def test_words_are_walked_by_keyboard(page: Page) -> None:
    page.goto(ADDRESS)
    panel = page.locator(".ov-switches > [data-when]:visible")
    panel.get_by_role("button", name="look at silver").focus()
    page.keyboard.press("ArrowLeft")
    expect(panel.get_by_role("button", name="look at begin")).to_be_focused()
    expect(panel.get_by_text("looking at “begin” says")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel.get_by_text("looking at “silver” says")).to_be_visible()


def test_another_text_begins_with_its_own_word(page: Page) -> None:
    page.goto(ADDRESS)
    box = page.locator(".ov-switches")
    box.locator(".ov-press:visible").first.click()
    put(box, states(box)[-1])
    expect(box.locator(".ov-press.ov-on:visible")).to_have_attribute("data-label", "look at France")


def test_the_head_is_light() -> None:
    (figure,) = re.findall(r'<figure class="ov-picture".*?</figure>', source(""), re.DOTALL)
    script = (SITE / "theme" / "switches.js").read_bytes()
    assert len(gzip.compress(figure.encode())) + len(gzip.compress(script)) <= HERO


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "docs" / "theme").glob("*.js")))
def test_each_script_is_light(name: str) -> None:
    assert len(gzip.compress((SITE / "theme" / name).read_bytes())) <= SCRIPT


def test_the_script_comes_only_where_it_is_used(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{ADDRESS}notation/")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "switches.js" in url]
    page.goto(ADDRESS)
    page.wait_for_load_state("networkidle")
    assert len([url for url in asked if "switches.js" in url]) == 1
