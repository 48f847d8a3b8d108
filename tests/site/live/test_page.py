"""A reader on a phone runs cells, edits, stops and resets them, and reads what comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.live.using import ask, cell, exercise, press, says, stay, write
from tests.site.test_pages import PHONE, SIDEWAYS, WCAG, violations
from tests.site.watching import Watched

LESSON = "lessons/03_one_attention_head/"
EXERCISES = "exercises/04_values_and_outputs_fold/"


@pytest.fixture(scope="module")
def visit(browser: Browser) -> Iterator[Watched]:
    with Watched(browser, width=PHONE, scheme="light") as watched:
        yield watched


@pytest.fixture
def page(visit: Watched) -> Iterator[Page]:
    with stay(visit, LESSON) as page:
        yield page


@pytest.fixture
def exercises(visit: Watched) -> Iterator[Page]:
    with stay(visit, EXERCISES) as page:
        yield page


def test_a_cell_runs_with_those_above_and_shows_what_the_build_showed(page: Page) -> None:
    above, asked = cell(page, 2), cell(page, 3)
    built = above.locator(".ov-out").all_inner_texts()
    above.locator(".ov-out").evaluate_all("all => all.forEach(each => each.dataset.built = '')")
    press(asked, "Run")
    says(asked, "^Done in ")
    assert above.locator(".ov-out").all_inner_texts() == built
    assert above.locator(".ov-out[data-built]").count() == 0
    assert page.evaluate(SIDEWAYS) == []
    assert violations(page, WCAG) == []


def test_an_edit_runs_stops_and_is_still_there_after_leaving(page: Page) -> None:
    first = cell(page, 3)
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
    expect(first.locator(".cm-content")).to_contain_text("tokens = model.encode")


def test_a_verdict_reads_well(exercises: Page) -> None:
    answer = exercise(exercises, "ov_matrix")
    write(answer, "def ov_matrix(W_V, W_O):\n    return W_O @ W_V")
    press(answer, "Check")
    says(answer, "^Not right yet")
    expect(answer.locator(".ov-verdict")).to_contain_text("✗ ov_matrix: This is W_O W_V")
    assert exercises.evaluate(SIDEWAYS) == []
    assert violations(exercises, WCAG) == []


def test_a_restart_forgets_and_one_cell_waits_for_another(exercises: Page) -> None:
    one, other = exercise(exercises, "ov_matrix"), exercise(exercises, "head_output")
    write(other, "print('kept' in globals())")
    write(one, "kept = 1")
    for where in (one, other):
        press(where, "Run")
        says(where, "^Done in ")
    expect(other.locator(".ov-out")).to_have_text("True")
    expect(exercises.locator(".ov-python")).to_contain_text("waits, 3 of 5 cells have run")
    ask(exercises, "Restart")
    expect(exercises.locator(".ov-python")).to_contain_text("is not running")
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
    third, fifth, seventh = (cell(page, number) for number in (2, 3, 4))
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
    ask(page, "Run all")
    expect(fifth.locator(".ov-out")).to_have_text("run")
    says(page.locator(".ov-cell[data-wired]").last, "^Done in ")
    expect(page.locator(".ov-python")).to_contain_text(re.compile(r"waits, (\d+) of \1 cells have run"))


def test_what_runs_ends_when_the_page_is_left_and_python_stays(page: Page) -> None:
    write(cell(page, 3), "while True: pass")
    press(cell(page, 3), "Run")
    says(cell(page, 3), "^Running")
    page.locator(".md-footer__link--next").click()  # by instant navigation
    expect(page).to_have_url(re.compile("lessons/04_"))
    expect(page.locator(".ov-python")).to_have_count(0)
    write(cell(page, 1), "left = 'of lesson 4'")
    press(cell(page, 1), "Run")
    says(cell(page, 1), "^Starting Python")  # the one that ran is ended
    says(cell(page, 1), "^Done in ")
    page.go_back()
    expect(page).to_have_url(re.compile("lessons/03_"))
    expect(cell(page, 3).locator(".highlight code").first).to_have_text("while True: pass")
    write(cell(page, 1), "print('left' in globals())")
    heard = page.evaluate_handle(SAID, ".ov-cell[data-cell='1'] .ov-says")
    press(cell(page, 1), "Run")
    says(cell(page, 1), "^Done in ")
    expect(cell(page, 1).locator(".ov-out").first).to_have_text("False")  # each page has its own names
    assert "Starting Python …" not in heard.json_value()
    expect(page.locator("iframe[title='Where Python runs']")).to_have_count(1)


# Everything that an element says from now on.
SAID = """place => {
  const heard = [], element = document.querySelector(place);
  new MutationObserver(() => heard.push(element.textContent)).observe(element, { childList: true });
  return heard;
}"""
