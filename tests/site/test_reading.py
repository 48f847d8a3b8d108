"""What a reader does: search, go on to the next lesson, change the palette, point at symbols and paths."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from ovlearn.numeric import paths
from ovlearn.plots.explorer import measure, network_run
from tests.site.built import ADDRESS, SITE, lessons
from tests.site.doing import chosen, equations_are_set, search

EXPLORER = "lessons/06_every_path/"
BOXED = "lessons/07_the_ov_circuit/"
SIZES = [(layers, heads) for layers in (1, 2, 3) for heads in (1, 2)]


# Search


@pytest.mark.parametrize(
    ("word", "place"),
    [("freezing", "lessons/05_freeze_the_attention/"), ("contribution", "api/numeric/")],
)
def test_search_finds_words_of_lessons_and_the_api(home: Page, word: str, place: str) -> None:
    search(home, word, place)
    expect(home).to_have_url(re.compile(re.escape(ADDRESS + place)))


@pytest.mark.parametrize("word", ["softmax", "query", "eigenvalue", "induction", "W_{OV}", "W_OV"])
def test_search_shows_lessons_first(home: Page, word: str) -> None:
    pages = found(home, word)
    assert pages[0].startswith("lessons/")
    assert "article-map/" not in pages[:5]


def test_search_knows_names_with_a_dot(home: Page) -> None:
    assert "api/numeric/" in found(home, "circuits.ov")


def test_search_holds_no_picture() -> None:
    index = (SITE / "search" / "search_index.json").read_text(encoding="utf-8")
    told = {says for lesson in lessons() for says in re.findall(r"<desc[^>]*>([^<&]{30})", source(lesson))}
    assert len(told) > 10
    assert {says for says in told if says in index} == set()


def found(page: Page, word: str) -> list[str]:
    """The pages that the search lists for a word, in order."""
    page.keyboard.press("f")
    page.locator(".md-search__input").press_sequentially(word)
    expect(page.locator(".md-search-result__meta")).to_contain_text("matching")
    links = page.locator(".md-search-result__link").evaluate_all("all => all.map(each => each.pathname)")
    return list(dict.fromkeys(link.removeprefix("/") for link in links))


# Instant navigation


def go_on(page: Page) -> None:
    """Follow the link to the next page, and see that the page was swapped, not loaded."""
    page.evaluate("window.kept = true")
    link = page.locator(".md-footer__link--next")
    target = str(link.evaluate("each => each.href"))
    left = page.locator("article").element_handle()
    link.click()
    expect(page).to_have_url(target)  # the address changes before the page does
    page.wait_for_function("left => !left.isConnected", arg=left)
    assert page.evaluate("window.kept") is True, "the page was loaded anew"


def test_going_on_keeps_everything_working(page: Page) -> None:
    """From the lesson before the explorer to the explorer, and on to the boxed equation."""
    before = lessons()[lessons().index(EXPLORER) - 1]
    page.goto(ADDRESS + before)
    go_on(page)
    explorer = page.locator(".ov-explorer")
    expect(explorer).to_have_count(1)
    assert equations_are_set(page)
    expect(explorer.locator("form")).to_be_visible()  # the script shows it

    panel = explorer.locator("[data-network]:visible")
    row = panel.locator("tr[data-path][tabindex='0']")
    readout = panel.locator(".ov-readout")
    first = readout.inner_text()
    row.focus()
    page.keyboard.press("ArrowDown")
    expect(readout).not_to_have_text(first)
    assert row.evaluate("each => each === document.activeElement")

    go_on(page)
    assert equations_are_set(page)
    tooltip_follows(page)


def test_pictures_answer_the_arrow_keys_after_going_on(page: Page) -> None:
    at = next(index for index, lesson in enumerate(lessons()) if index and "data-grid=" in source(lesson))
    page.goto(ADDRESS + lessons()[at - 1])
    go_on(page)
    svg = page.locator("svg[data-grid]").first
    expect(svg).to_have_attribute("aria-label", re.compile("."))
    readout = page.locator("figure", has=page.locator("svg[data-grid]")).first.locator(".ov-readout")
    svg.focus()
    page.keyboard.press("ArrowRight")
    expect(readout.locator("b")).to_have_text(re.compile(r"\d"))


def source(lesson: str) -> str:
    return (SITE / lesson / "index.html").read_text(encoding="utf-8")


# Palette


def test_the_palette_survives_a_reload(home: Page) -> None:
    body = home.locator("body")
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    home.locator("label[for^='__palette']:visible").click()
    expect(body).to_have_attribute("data-md-color-scheme", "slate")
    home.reload()
    expect(body).to_have_attribute("data-md-color-scheme", "slate")
    home.goto(ADDRESS + BOXED)
    expect(body).to_have_attribute("data-md-color-scheme", "slate")


# Symbols


def tooltip_follows(page: Page) -> None:
    """Pointing at a symbol and coming to it with the Tab key show its note; Esc closes it."""
    tip = page.locator("#ov-tip")
    box = page.locator("article [data-walk]:visible").first
    box.scroll_into_view_if_needed()
    box.locator(".katex-html [data-symbol]").first.hover()
    expect(tip).to_be_visible()
    expect(tip.locator(".ov-shape")).to_have_text(re.compile("×"))
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()

    page.mouse.move(0, 0)
    page.keyboard.press("Tab")  # from here on the reader uses the keyboard
    box.focus()
    expect(tip).to_be_visible()
    expect(box).to_have_attribute("aria-describedby", "ov-tip")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(tip).to_be_visible()


def test_a_symbol_tells_its_name_and_shape(page: Page) -> None:
    page.goto(ADDRESS + BOXED)
    tooltip_follows(page)


def test_every_symbol_in_a_box_answers_to_the_pointer(page: Page) -> None:
    page.goto(ADDRESS + BOXED)
    boxed = page.locator(".ov-eq:has(.fbox) .katex-html [data-symbol]")
    assert boxed.count() > 5
    for symbol in boxed.all():
        symbol.scroll_into_view_if_needed()
        assert symbol.evaluate(
            """symbol => {
              const { x, y, width, height } = symbol.getBoundingClientRect();
              return symbol.contains(document.elementFromPoint(x + width / 2, y + height / 2));
            }"""
        )


# The path explorer


def test_the_explorers_numbers_are_the_packages(page: Page) -> None:
    page.goto(ADDRESS + EXPLORER)
    for size in SIZES:
        panel = chosen(page, size)
        run = network_run(*size)
        rows = panel.locator("tr[data-path]").evaluate_all(
            "rows => rows.map(row => [row.dataset.path, ...[...row.cells].map(cell => cell.innerText)])"
        )
        assert [path_of(row[0]) for row in rows] == list(paths.enumerate(run.model.config))
        for path, _, norm, share in rows:
            part = measure(paths.contribution(run, path_of(path)), paths.by_order(run))
            assert number(norm) == pytest.approx(part.norm, rel=0.01, abs=1e-9)
            assert number(share) == pytest.approx(100 * part.share, abs=0.051)


def test_the_explorer_reads_off_the_path_pointed_at(page: Page) -> None:
    page.goto(ADDRESS + EXPLORER)
    panel = chosen(page, (2, 2))
    row = panel.locator("tr[data-path='0.1-1.0']")
    row.hover()
    row.hover(position={"x": 9, "y": 9})  # a list that scrolls under a mouse at rest does not count
    expect(row).to_have_class(re.compile("ov-on"))
    readout = panel.locator(".ov-readout")
    part = measure(paths.contribution(run := network_run(2, 2), ((0, 1), (1, 0))), paths.by_order(run))
    shown = [number(text) for text in readout.locator("b").all_inner_texts()]
    assert shown == [pytest.approx(part.norm, rel=0.01), pytest.approx(100 * part.share, abs=0.051)]
    on = panel.locator("svg [data-way].ov-on").evaluate_all("ways => ways.map(way => way.dataset.way)")
    assert {way for way in on if way} == {"0.1", "1.0"}


def test_the_explorers_slider_scales_the_output_weights(page: Page) -> None:
    """A frozen network whose W_O are four times as large: the page says what it would give."""
    page.goto(ADDRESS + EXPLORER)
    panel = chosen(page, (2, 2))
    page.locator(".ov-explorer input[type=range]").press("End")
    expect(page.locator(".ov-explorer output")).to_have_text("4")
    run = network_run(2, 2)
    orders = paths.by_order(run) * 4.0 ** np.arange(3)[:, None, None]
    rows = panel.locator("tr[data-path]").evaluate_all(
        "rows => rows.map(row => [row.dataset.path, ...[...row.cells].map(cell => cell.innerText)])"
    )
    for path, _, norm, share in rows:
        way = path_of(path)
        part = measure(4.0 ** len(way) * paths.contribution(run, way), orders)
        assert number(norm) == pytest.approx(part.norm, rel=0.01)
        assert number(share) == pytest.approx(100 * part.share, abs=0.051)
    shown = [number(text) for text in panel.locator(".ov-readout b").all_inner_texts()]
    told = panel.locator("tr.ov-on td").all_inner_texts()
    assert shown == [number(text) for text in told]


def test_a_head_of_the_explorer_can_be_pressed(page: Page) -> None:
    page.goto(ADDRESS + EXPLORER)
    panel = chosen(page, (3, 2))

    def way(name: str) -> Locator:
        return panel.locator(f"svg [data-way='{name}']")

    def goes(path: str) -> None:
        expect(panel.locator("tr[data-path].ov-on")).to_have_attribute("data-path", path)
        on = panel.locator("svg [data-way].ov-on").evaluate_all("ways => ways.map(way => way.dataset.way)")
        assert sorted(one for one in on if "." in one) == [head for head in path.split("-") if head]
        pressed = panel.locator("svg [aria-pressed='true']").evaluate_all(
            "all => all.map(x => x.dataset.way)"
        )
        assert sorted(pressed) == sorted(one for one in on if one)

    goes("0.0")
    way("2.1").locator("text").click()
    goes("0.0-2.1")
    way("0.1").locator("text").click()  # the other head of its layer
    goes("0.1-2.1")
    way("1.0").focus()
    page.keyboard.press("Enter")
    goes("0.1-1.0-2.1")
    way("2").locator("rect").click()  # the stream, past layer 2
    goes("0.1-1.0")
    way("0.1").locator("text").click()  # once more: no longer
    goes("1.0")
    part = measure(paths.contribution(run := network_run(3, 2), ((1, 0),)), paths.by_order(run))
    shown = [number(text) for text in panel.locator(".ov-readout b").all_inner_texts()]
    assert shown == [pytest.approx(part.norm, rel=0.01), pytest.approx(100 * part.share, abs=0.051)]


def test_all_paths_of_the_explorer_are_shown_and_its_heads_fit_a_finger(page: Page) -> None:
    page.goto(ADDRESS + EXPLORER)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        panel = chosen(page, (3, 2))
        hidden = panel.locator(".ov-paths").evaluate("each => each.scrollHeight - each.clientHeight")
        assert hidden <= 1
        heads = panel.locator("svg [data-way*='.'] .ov-hit").evaluate_all(
            "all => all.map(each => each.getBoundingClientRect()).map(({width, height}) => [width, height])"
        )
        assert len(heads) == 6
        assert min(min(size) for size in heads) >= 40


def path_of(text: str) -> Any:
    heads = [head.split(".") for head in text.split("-") if head]
    return tuple((int(layer), int(head)) for layer, head in heads)


def number(text: str) -> float:
    return float(text.replace("−", "-").removesuffix("%").strip())
