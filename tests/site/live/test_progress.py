"""Where one is: minutes on every page to read or to work, and ticks for what was passed."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from ovlearn.exercises.sets import files
from ovlearn.exercises.sources import source_of
from tests.site.built import ADDRESS, lessons
from tests.site.live.using import exercise, press, says, write
from tests.site.watching import Watched

SET = "04_values_and_outputs_fold"
NAMES = [one.name for one in source_of(SET).exercises]


@pytest.mark.parametrize("path", [*lessons(), *(f"exercises/{name}/" for name in files())])
def test_every_page_says_how_long_it_takes(visit: Watched, path: str) -> None:
    visit.page.goto(ADDRESS + path)
    takes = visit.page.locator("article > .ov-takes")
    expect(takes).to_have_count(1)
    assert (found := re.search(r"[Aa]bout (\d+) minutes", takes.inner_text()))
    assert 10 <= int(found[1]) <= 90
    assert re.search("easy|medium|hard", takes.inner_text()) or "00_" in path


def test_nothing_is_fetched_or_ticked_for_who_has_not_begun(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{ADDRESS}exercises/")
    expect(page.locator("article table")).to_be_visible()
    expect(page.locator(".ov-tick")).to_have_count(0)
    assert not any("sets.json" in url for url in asked)


def test_a_pass_is_ticked_at_once_and_everywhere(page: Page) -> None:
    page.goto(f"{ADDRESS}exercises/{SET}/")
    answer = exercise(page, "ov_matrix")
    write(answer, "def ov_matrix(W_V, W_O):\n    return W_V @ W_O")
    press(answer, "Check")
    says(answer, "Next: head_output")
    tick = page.locator(f".md-nav--primary a[href*='{SET}'] .ov-tick")
    expect(tick.first).to_have_text(f"1/{len(NAMES)}")
    page.goto(f"{ADDRESS}exercises/")
    row = page.locator("article tr", has=page.locator(f"a[href*='{SET}']"))
    expect(row.locator(".ov-tick")).to_have_text(f"1/{len(NAMES)}")
    page.locator(".md-tabs a", has_text="Home").click()  # by instant navigation
    expect(page.locator(".ov-mine")).to_have_text(
        re.compile(r"^You have passed 1 of \d+ exercises\. Go on with exercises 1\.$")
    )
    page.locator(".ov-mine a").click()
    expect(page).to_have_url(re.compile("exercises/01_"))


def test_a_file_that_is_brought_in_is_ticked_without_a_reload(page: Page, tmp_path: object) -> None:
    page.goto(f"{ADDRESS}exercises/{SET}/")
    entries = {name: {"passed": True, "attempts": 1, "hints": 0, "asked": 0} for name in NAMES}
    file = {
        "name": "p.json",
        "mimeType": "application/json",
        "buffer": json.dumps({"exercises": entries}).encode(),
    }
    page.locator(".ov-progress input").set_input_files(file)
    expect(page.locator(".ov-progress .ov-says")).to_contain_text(f"{len(NAMES)} of {len(NAMES)} passed.")
    for name in NAMES:
        expect(exercise(page, name).locator(".ov-says")).to_have_text("✓ passed")
    expect(page.locator(f".md-nav--primary a[href*='{SET}'] .ov-done").first).to_have_text("✓")


def test_an_exercise_stands_in_the_first_screen(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    for name in files():
        page.goto(f"{ADDRESS}exercises/{name}/")
        box = page.locator(".ov-cell[data-exercise]").first.bounding_box()
        assert box
        assert box["y"] < (1100 if name.startswith("11_") else 900), name  # 11 has helpers to explain first
