"""What stands below code is of that code, or says that it is not: after an edit, a reload, a change above."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.site.built import ADDRESS
from tests.site.live.using import button, cell, press, says, stay, write
from tests.site.test_pages import WCAG, violations
from tests.site.watching import Watched

LESSON = "lessons/03_one_attention_head/"
STALE = re.compile(r"\bov-stale\b")


@pytest.fixture
def page(visit: Watched) -> Iterator[Page]:
    with stay(visit, LESSON) as page:
        yield page


def shown(where: Locator) -> list[str]:
    return [text.strip() for text in where.locator(".ov-out").all_inner_texts()]


def test_an_edit_after_a_reload_says_that_the_output_is_the_originals_and_restore_puts_it_back(
    page: Page,
) -> None:
    third = cell(page, 2)
    built = shown(third)
    assert built
    write(third, "print('hello from me')")
    expect(third).to_have_class(STALE)
    expect(third.locator(".ov-was")).to_have_text("Output of the original: run to see yours.")
    page.wait_for_timeout(400)  # it is kept
    page.reload()
    expect(third).to_have_class(STALE)
    expect(third.locator(".ov-was")).to_have_text("Output of the original: run to see yours.")
    press(third, "Run")
    says(third, "^Done in ")
    assert shown(third) == ["hello from me"]
    expect(third).not_to_have_class(STALE)
    press(third, "Restore the original")
    says(third, "^This is the original again, with its output")
    assert shown(third) == built
    expect(third).not_to_have_class(STALE)
    expect(third.locator(".ov-was")).to_have_count(0)
    page.reload()
    assert shown(third) == built
    expect(button(third, "Restore the original")).to_have_count(0)


def test_what_comes_after_a_change_says_so_until_it_is_updated(page: Page) -> None:
    third, fifth = cell(page, 2), cell(page, 3)
    later = page.locator(".ov-cell[data-cell]", has=page.locator(".ov-out"))
    count = later.count()
    write(third, third.locator(".highlight code").first.inner_text() + "\nprint('more')")
    press(third, "Run")
    says(third, "^Done in ")
    expect(third).not_to_have_class(STALE)
    stale = page.locator(".ov-cell.ov-stale")
    assert 0 < stale.count() < count
    expect(stale.first.locator(".ov-was")).to_have_text("Before your change above.")
    press(third, "Update below")
    says(third, "^Done in ")
    expect(stale).to_have_count(0)
    expect(button(third, "Update below")).to_be_hidden()
    press(third, "Restore the original")
    assert stale.count() > 0  # they were made with the change
    press(fifth, "Run")
    says(fifth, "^Done in ")
    expect(fifth).not_to_have_class(STALE)


def test_two_tabs_do_not_undo_each_other(page: Page) -> None:
    older = page
    write(cell(older, 5), "print('older')")
    older.wait_for_timeout(400)
    newer = older.context.new_page()
    newer.goto(ADDRESS + LESSON)
    write(cell(newer, 5), "print('newer')")
    newer.wait_for_timeout(400)
    expect(cell(older, 5).locator(".cm-content")).to_have_text("print('newer')")
    older.reload()  # leaves the page: nothing that is old may be kept again
    expect(cell(older, 5).locator(".highlight code").first).to_have_text("print('newer')")
    newer.reload()
    expect(cell(newer, 5).locator(".highlight code").first).to_have_text("print('newer')")
    newer.close()


def test_a_tab_that_is_left_keeps_nothing_old(page: Page) -> None:
    """Without the news of another tab too: what stands in the browser's storage is newer."""
    write(cell(page, 3), "print('older')")
    page.wait_for_timeout(400)
    page.evaluate(
        """() => {
          const key = Object.keys(localStorage).find(each => each.includes("edits"));
          localStorage.setItem(key, localStorage.getItem(key).replace("older", "newer"));
        }"""
    )
    page.reload()
    expect(cell(page, 3).locator(".highlight code").first).to_have_text("print('newer')")


def test_typing_takes_away_what_was_said_of_the_code_before(page: Page) -> None:
    fifth = cell(page, 3)
    write(fifth, "1 / 0")
    press(fifth, "Run")
    says(fifth, "^It failed")
    write(fifth, "1 / 2")
    expect(fifth.locator(".ov-says")).to_have_text("")
    expect(fifth.locator(".ov-was")).to_have_text("Output of what you ran before.")
    assert violations(page, WCAG) == []  # pale, and legible


def test_a_folded_cell_runs_without_being_unfolded(page: Page) -> None:
    folded = page.locator(".ov-cell[data-wired]", has=page.locator("> details.ov-code")).first
    expect(folded.locator("details")).not_to_have_attribute("open", "")
    expect(button(folded, "Run")).to_be_visible()
    press(folded, "Run")
    says(folded, "^Done in ")


def test_code_is_edited_where_it_is_clicked(page: Page) -> None:
    fifth = cell(page, 3)
    fifth.locator(".highlight code").first.click()
    expect(fifth.locator(".cm-content")).to_be_focused()


def test_a_long_output_is_bounded(page: Page) -> None:
    fifth = cell(page, 3)
    write(fifth, "print('line\\n' * 5000)")
    press(fifth, "Run")
    says(fifth, "^Done in ")
    text = fifth.locator(".ov-out pre")
    assert text.evaluate("each => each.clientHeight") < 600
    fifth.get_by_role("button", name="Show all").click()
    assert text.evaluate("each => each.clientHeight") > 5000


def test_a_change_to_try_is_made_and_run(page: Page) -> None:
    third = cell(page, 3)
    third.get_by_role("button", name="another text").click()
    says(third, "^Done in ")
    expect(third.locator(".cm-content")).to_contain_text("<bos> the heaven and the")
    third.get_by_role("button", name="a head of layer 0").click()  # on top of the first
    says(third, "^Done in ")
    expect(third.locator(".cm-content")).to_contain_text("here = 0, 2")
    expect(third.locator(".cm-content")).to_contain_text("<bos> the heaven and the")
    expect(page.locator(".ov-stale").first).to_be_attached()
    write(third, "print('mine')")
    third.get_by_role("button", name="a head of layer 0").click()  # what is the reader's own stays
    says(third, "^Your code has no here = 1, 6 to change")
    expect(third.locator(".cm-content")).to_have_text("print('mine')")
    press(third, "Restore the original")
    third.get_by_role("button", name="one of the other heads").click()
    says(third, "^Done in ")
    expect(third.locator(".cm-content")).to_contain_text("here = 1, 1")


def test_a_cell_that_shows_nothing_says_what_it_did(page: Page) -> None:
    third = cell(page, 3)
    write(third, "import numpy as np\nQ = np.zeros((6, 4))")
    press(third, "Run")
    says(third, r"^Done in .* s\. Q \[6, 4\]$")
    write(third, "assert 3e-16 < 1e-12")
    press(third, "Run")
    says(third, r"^Done in .* s\. 1 check holds: largest error 3e-16\.$")
