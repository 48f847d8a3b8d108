"""A reader on a phone runs cells, edits, stops and resets them, and reads what comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.built import ADDRESS
from tests.site.live.using import cell, exercise, press, says, write
from tests.site.test_pages import PHONE, SIDEWAYS, WCAG, violations
from tests.site.watching import Watched

LESSON = f"{ADDRESS}lessons/03_one_attention_head/"
EXERCISES = f"{ADDRESS}exercises/04_values_and_outputs_fold/"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with Watched(browser, width=PHONE, scheme="light") as watched:
        yield watched.page
    assert watched.wrong == []


def test_a_cell_runs_with_those_above_and_shows_what_the_build_showed(page: Page) -> None:
    page.goto(LESSON)
    above, asked = cell(page, 3), cell(page, 5)
    built = above.locator(".ov-out").all_inner_texts()
    above.locator(".ov-out").evaluate_all("all => all.forEach(each => each.dataset.built = '')")
    press(asked, "Run")
    says(asked, "^Done in ")
    assert above.locator(".ov-out").all_inner_texts() == built
    assert above.locator(".ov-out[data-built]").count() == 0
    assert page.evaluate(SIDEWAYS) == []
    assert violations(page, WCAG) == []


def test_an_edit_runs_stops_and_is_still_there_after_leaving(page: Page) -> None:
    page.goto(LESSON)
    first = cell(page, 5)
    write(first, "print(6 * 7)")
    page.keyboard.press("Shift+Enter")
    says(first, "^Done in ")
    expect(first.locator(".ov-out")).to_have_text("42")
    write(first, "while True: pass")
    page.keyboard.press("Shift+Enter")
    says(first, "^Running")
    press(first, "Stop")
    says(first, "^Stopped")
    write(first, "1 / 0")
    page.keyboard.press("Shift+Enter")
    says(first, "^It failed")
    expect(first.locator(".ov-error")).to_contain_text("ZeroDivisionError: division by zero")
    page.reload()
    expect(first.locator(".highlight code").first).to_have_text("1 / 0")
    press(first, "Edit")
    press(first, "Restore the original")
    expect(first.locator(".cm-content")).to_contain_text("config = ov.Config")


def test_a_verdict_reads_well(page: Page) -> None:
    page.goto(EXERCISES)
    answer = exercise(page, "ov_matrix")
    write(answer, "def ov_matrix(W_V, W_O):\n    return W_O @ W_V")
    press(answer, "Check")
    says(answer, "^Not right yet")
    expect(answer.locator(".ov-verdict")).to_contain_text("✗ ov_matrix: This is W_O W_V")
    assert page.evaluate(SIDEWAYS) == []
    assert violations(page, WCAG) == []


def test_a_reset_forgets_and_one_cell_waits_for_another(page: Page) -> None:
    page.goto(EXERCISES)
    one, other = exercise(page, "ov_matrix"), exercise(page, "head_output")
    write(other, "print('kept' in globals())")
    write(one, "kept = 1")
    for where in (one, other):
        press(where, "Run")
        says(where, "^Done in ")
    expect(other.locator(".ov-out")).to_have_text("True")
    press(one, "Reset")
    says(one, "^Forgotten")
    press(other, "Run")
    says(other, "^Done in ")
    expect(other.locator(".ov-out")).to_have_text("False")
    write(one, "while True: pass")
    press(one, "Run")
    says(one, "^Running")
    press(other, "Run")
    says(other, "^Python is busy with another cell")
    press(one, "Stop")
    says(one, "^Stopped")
    press(other, "Run")
    says(other, "^Done in ")


def test_cells_below_one_that_ran_run_again(page: Page) -> None:
    page.goto(LESSON)
    third, fifth, seventh = (cell(page, number) for number in (3, 5, 7))
    write(fifth, fifth.locator(".highlight code").first.inner_text() + "\nprint('run')")
    press(seventh, "Run")
    says(seventh, "^Done in ")
    expect(fifth.locator(".ov-out")).to_have_text("run")
    fifth.locator(".ov-out").evaluate_all("all => all.forEach(each => each.remove())")
    press(third, "Run")
    says(third, "^Done in ")
    press(seventh, "Run")  # the fifth stands between, and may use what the third left
    says(seventh, "^Done in ")
    expect(fifth.locator(".ov-out")).to_have_text("run")
    fifth.locator(".ov-out").evaluate_all("all => all.forEach(each => each.remove())")
    press(seventh, "Run")  # nothing has changed
    says(seventh, "^Done in ")
    expect(fifth.locator(".ov-out")).to_have_count(0)
    press(seventh, "Run all above")
    expect(fifth.locator(".ov-out")).to_have_text("run")
    says(seventh, "^Done in ")


def test_what_runs_ends_when_the_page_is_left_and_the_next_page_has_its_own(page: Page) -> None:
    page.goto(LESSON)
    write(cell(page, 5), "while True: pass")
    press(cell(page, 5), "Run")
    says(cell(page, 5), "^Running")
    frames = page.locator("iframe[title='Where Python runs']")
    expect(frames).to_have_count(1)
    page.locator(".md-footer__link--next").click()  # by instant navigation
    expect(page).to_have_url(re.compile("lessons/04_"))
    expect(frames).to_have_count(0)
    first = page.locator(".ov-cell[data-wired]", has=page.locator(".ov-bar:visible")).first
    press(first, "Run")
    says(first, "^Done in ")
    page.go_back()
    expect(page).to_have_url(re.compile("lessons/03_"))
    expect(frames).to_have_count(0)
    expect(cell(page, 5).locator(".highlight code").first).to_have_text("while True: pass")
    press(cell(page, 3), "Run")
    says(cell(page, 3), "^Done in ")
