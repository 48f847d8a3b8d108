"""Figures on the built pages: side by side where there is room, faded where there is more, whole on paper."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.built import ADDRESS, lessons
from tests.site.watching import Watched

LESSON = {number: path for path in lessons() for number in [path[len("lessons/") :][:2]]}
PAIRS = {"05": 2}  # lessons with grids that are to be compared


def grids(page: Page) -> list[Locator]:
    """The cells with a grid that may have another beside it, and with no code in view."""
    return page.locator(".ov-cell:not(:has(> .highlight)):has(> .ov-out .ov-beside)").all()


def places(cells: list[Locator]) -> list[dict[str, float]]:
    return [dict(cell.bounding_box() or {}) for cell in cells]


@pytest.mark.parametrize("number", PAIRS)
def test_grids_to_be_compared_stand_side_by_side_where_there_is_room(page: Page, number: str) -> None:
    page.goto(ADDRESS + LESSON[number])
    for width, beside in ((1280, True), (1440, True), (390, False)):
        page.set_viewport_size({"width": width, "height": 900})
        first, second = places(grids(page)[-PAIRS[number] :])
        assert (first["y"] == second["y"]) == beside
        if beside:
            assert first["x"] + first["width"] <= second["x"]
            for svg in page.locator(".ov-beside svg").all()[-PAIRS[number] :]:
                assert (
                    svg.evaluate("each => each.getBoundingClientRect().width / each.viewBox.baseVal.width")
                    > 0.7
                )
    page.set_viewport_size({"width": 1280, "height": 900})
    grids(page)[-2].locator("summary").first.click()  # its code needs the whole width
    first, second = places(grids(page)[-2:])
    assert first["y"] + first["height"] <= second["y"]


@pytest.mark.parametrize("number", ["01", "06", "09", "11"])
def test_drawings_are_as_wide_as_the_column_or_nearly(page: Page, number: str) -> None:
    page.goto(ADDRESS + LESSON[number])
    column = page.locator("article h1").evaluate("each => each.clientWidth")
    for svg in page.locator(".ov-picture svg:not([data-grid]):visible").all():
        box = svg.bounding_box()
        assert box is not None
        assert box["width"] > 0.6 * column


def test_what_is_wider_than_a_phone_fades_where_there_is_more(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(ADDRESS + LESSON["01"])
    box = page.locator(".ov-wide").first
    expect(box).to_have_class(re.compile("ov-more-after"))
    expect(box).not_to_have_class(re.compile("ov-more-before"))
    box.evaluate("each => each.scrollTo(1e4, 0)")
    expect(box).to_have_class(re.compile("ov-more-before"))
    expect(box).not_to_have_class(re.compile("ov-more-after"))
    code = page.locator(".highlight code.ov-more-after").first
    expect(code).to_have_css("mask-image", re.compile("linear-gradient"))
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(box).not_to_have_class(re.compile("ov-more"))


# What the browser makes of the text of a figure, not what the package reckons.
SIZES = "all => all.map(each => 13 * each.getBoundingClientRect().width / each.viewBox.baseVal.width)"
CUT = """all => all.flatMap(svg => {
  const whole = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")]
    .filter(text => text.getBoundingClientRect().width)  // none where it is not shown
    .filter(text => {
      const box = text.getBoundingClientRect();
      return box.left < whole.left - 1 || box.right > whole.right + 1
        || box.top < whole.top - 3 || box.bottom > whole.bottom + 3;
    })
    .map(text => text.textContent);
})"""
MET = """all => all.flatMap(svg => {
  const all = [...svg.querySelectorAll("text:not([transform])")];
  const texts = all.filter(each => each.textContent.trim() && each.checkVisibility());
  const boxes = texts.map(each => each.getBoundingClientRect());
  const found = [];
  for (let i = 0; i < texts.length; i++) for (let j = 0; j < i; j++) {
    const [a, b] = [boxes[i], boxes[j]];
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 1 && down > 5) found.push(`${texts[i].textContent} on ${texts[j].textContent}`);
  }
  return found;
})"""


@pytest.mark.parametrize("path", lessons())
def test_figures_come_early_and_their_labels_are_large_whole_and_apart(page: Page, path: str) -> None:
    page.goto(ADDRESS + path)
    shown = page.locator(".ov-picture svg:visible")
    assert min(shown.evaluate_all(SIZES), default=13) >= 9.5  # on a desktop
    assert shown.evaluate_all(CUT) == []
    assert shown.evaluate_all(MET) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    top = page.locator(".ov-picture").first.evaluate("figure => figure.getBoundingClientRect().top + scrollY")
    assert top < 1.5 * 900  # in the first screen and a half


# Paper


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


def test_a_lesson_is_printed_from_the_dark_scheme_with_its_figures_whole(browser: Browser) -> None:
    with Watched(browser, width=1280, scheme="dark") as watched:
        page = watched.page
        page.goto(ADDRESS + LESSON["03"])
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
        page.emulate_media(media="print")
        for hidden in (
            ".ov-bar",
            ".ov-readout",
            ".md-clipboard",
            ".ov-picture details",
            ".ov-code > summary",
        ):
            assert not [each for each in page.locator(hidden).all() if each.is_visible()], hidden
        for figure in page.locator(".ov-picture").all():
            assert look(figure, "break-inside") == "avoid"
            assert (
                figure.evaluate("each => each.querySelector('.ov-wide').scrollWidth - each.clientWidth") <= 4
            )
        assert {look(each, "break-after") for each in page.locator("article h2").all()} == {"avoid"}
        inks = page.evaluate(
            """() => [...document.querySelectorAll("article :is(.ov-picture svg text, h2, figcaption)")]
              .filter(each => each.checkVisibility())
              .map(each => getComputedStyle(each)[each.matches("text") ? "fill" : "color"])"""
        )
        assert inks
        assert max(brightness(ink) for ink in inks) < 150
        things = page.locator("[data-thing='pattern'] path").first
        assert brightness(look(things, "stroke")) < 150
        assert page.pdf(format="A4").startswith(b"%PDF")
    assert watched.wrong == []


def test_the_explorer_is_on_paper_too_without_its_controls(browser: Browser) -> None:
    with Watched(browser, width=1280, scheme="dark") as watched:
        page = watched.page
        page.goto(ADDRESS + LESSON["06"])
        page.emulate_media(media="print")
        assert not page.locator(".ov-explorer form").is_visible()
        assert page.locator(".ov-explorer [data-network]:visible svg").count() == 1
        assert brightness(look(page.locator(".ov-explorer svg:visible text").first, "fill")) < 150
    assert watched.wrong == []


def look(element: Locator, name: str) -> str:
    return str(element.evaluate("(each, name) => getComputedStyle(each).getPropertyValue(name)", name))


def brightness(colour: str) -> float:
    """From 0 to 255, as the eye sees it."""
    red, green, blue = (float(part) for part in re.findall(r"[\d.]+", colour)[:3])
    return 0.3 * red + 0.59 * green + 0.11 * blue
