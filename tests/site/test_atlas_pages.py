"""The atlas in a browser: opened from disk, by pointer and by keyboard, and on the site."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from ovlearn import GPT, atlas, zoo
from tests.site.built import ADDRESS, SITE
from tests.site.watching import Watched

NAME = "king-james-two-layers"
TEXT = "he said unto them , silver and"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("atlas")
    atlas.write(zoo.load(NAME), made, NAME, [TEXT])
    return made


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=str)
def page(browser: Browser, folder: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that may ask for nothing but files of the atlas."""
    width, scheme = cast(tuple[int, Literal["light", "dark"]], request.param)
    with Watched(browser, width=width, scheme=scheme, base=folder.as_uri()) as watched:
        yield watched.page
    assert watched.wrong == []


def sound(page: Page) -> None:
    """Nothing that axe finds, and nothing that scrolls the page sideways."""
    found = Axe().run(page, options={"preload": False})  # a page from disk may not ask for its sheet
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_one_measure_at_a_time_and_arrow_keys_in_its_grid(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri())
    expect(page.locator("section:visible h2")).to_have_text(["copying"])
    page.locator(".choice button", has_text="induction").click()
    expect(page.locator("section:visible h2")).to_have_text(["induction"])
    assert page.url.endswith("#induction")
    page.reload()
    expect(page.locator("section:visible h2")).to_have_text(["induction"])
    sound(page)
    page.locator("section:visible .grid a").first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Head 1.2")
    page.keyboard.press("ArrowUp")
    expect(page.locator("h1")).to_have_text("Head 0.2")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("h1")).to_have_text("Head 0.1")


def test_a_word_that_is_touched_shows_what_the_head_gave(page: Page, folder: Path) -> None:
    page.goto((folder / "heads" / "1.6.html").as_uri())
    sound(page)
    kept = json.loads((folder / "heads" / "1.6.json").read_text("utf-8"))["texts"][0]
    text = page.locator("details.text").first
    if not text.get_attribute("open"):
        text.evaluate("each => { each.open = true }")
    words = text.locator(".words button")
    query = words.count() - 2
    words.nth(query).click()
    shaded = words.evaluate_all("each => each.map(one => +one.style.getPropertyValue('--a'))")
    assert shaded == pytest.approx([*kept["attention"][query], 0])
    small: list[Any] = words.locator("small").all_inner_texts()
    given = [float(one.replace("−", "-") or 0) for one in small]
    assert given == pytest.approx([*kept["gave"][query], 0], abs=0.0051)
    page.keyboard.press("ArrowRight")
    expect(words.last).to_have_attribute("aria-pressed", "true")
    expect(text.locator(".told")).to_contain_text("gold, the next word")
    assert page.locator("h1").inner_text() == "Head 1.6"  # among words, arrows do not leave the page


def test_without_a_script_all_is_there(browser: Browser, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto((folder / "index.html").as_uri())
        expect(page.locator("section:visible")).to_have_count(5)
        page.goto((folder / "heads" / "1.6.html").as_uri())
        expect(page.locator("main table").first).to_contain_text("attention")
    finally:
        context.close()


def test_the_site_shows_that_of_smollm2(smollm2: GPT, browser: Browser) -> None:
    config = smollm2.config
    count = config.n_layers * config.n_heads
    assert len([*(SITE / "atlas" / "smollm2" / "heads").glob("*.html")]) == count
    with Watched(browser, width=1280, scheme="light") as watched:
        page = watched.page
        page.goto(f"{ADDRESS}atlas/")
        expect(page.locator("article h1")).to_contain_text(f"{count} heads")
        expect(page.locator("article")).to_contain_text(f"{config.n_layers} layers of {config.n_heads} heads")
        page.get_by_role("link", name="Open the atlas").click()
        expect(page.locator("h1")).to_have_text(f"{count} heads of SmolLM2-135M-Instruct")
        page.locator("section:visible .grid a", has_text="−1.00").last.click()
        expect(page.locator("h1")).to_have_text("Head 29.0")
        sound(page)
    assert watched.wrong == []
