"""Everything that cells and exercises do is done without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.built import ADDRESS
from tests.site.live.using import button, cell, exercise, press, says


def tab_to(page: Page, name: str, most: int = 400) -> None:
    """Press Tab until the button of this name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.ariaLabel") == name:
            return
    pytest.fail(f"Tab does not reach {name}")


def test_a_cell_is_edited_run_stopped_and_restored(page: Page) -> None:
    page.goto(f"{ADDRESS}lessons/03_one_attention_head/")
    first = cell(page, 3)
    tab_to(page, "Edit cell 3")
    page.keyboard.press("Enter")
    expect(first.locator(".cm-content")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("for i in range(3):\nprint(i)\n")  # the editor indents
    page.keyboard.press("Tab")
    page.keyboard.type("print('done')")
    expect(first.locator(".cm-line")).to_have_text(
        ["for i in range(3):", "    print(i)", "        print('done')"]
    )
    last = first.locator(".cm-line").last
    page.wait_for_timeout(600)  # what follows at once is undone with what was typed
    page.keyboard.press("Shift+Tab")
    expect(last).to_have_text("    print('done')")
    page.keyboard.press("Control+Z")
    expect(last).to_have_text("        print('done')")
    page.keyboard.press("Control+Y")
    expect(last).to_have_text("    print('done')")
    page.keyboard.press("Control+Enter")
    says(first, "^Done in ")
    expect(first.locator(".ov-out")).to_have_text("0\ndone\n1\ndone\n2\ndone")
    expect(first.locator(".cm-content")).to_be_focused()  # one can go on typing
    page.keyboard.press("Control+A")
    page.keyboard.type("while True: pass")
    page.keyboard.press("Escape")  # then Tab leaves
    page.keyboard.press("Tab")
    expect(button(first, "Run")).to_be_focused()
    page.keyboard.press("Enter")
    says(first, "^Running")
    expect(button(first, "Stop")).to_be_focused()  # it stands where Run was
    page.keyboard.press("Enter")
    says(first, "^Stopped")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement !== document.body")
    while page.evaluate("document.activeElement.ariaLabel") != "Restore the original cell 3":
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(first.locator(".cm-content")).to_contain_text("tokens = model.encode")


def test_an_exercise_is_checked_hinted_and_solved(page: Page) -> None:
    page.goto(f"{ADDRESS}exercises/04_values_and_outputs_fold/#ov_matrix")
    answer = exercise(page, "ov_matrix")
    tab_to(page, "Edit ov_matrix")
    page.keyboard.press("Enter")
    expect(answer.locator(".cm-content")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("def ov_matrix(W_V, W_O):\nreturn W_O @ W_V")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(button(answer, "Check")).to_be_focused()
    page.keyboard.press("Enter")
    says(answer, "^Not right yet")
    expect(button(answer, "Check")).to_be_focused()
    while not page.evaluate("document.activeElement.matches('summary')"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("details.question[open]")).to_have_count(1)
    while not page.evaluate("document.activeElement.matches('.cm-content')"):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("def ov_matrix(W_V, W_O):\nreturn W_V @ W_O")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    says(answer, "^✓ ov_matrix")


def test_a_finger_has_a_key_to_indent_and_finds_every_button(browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{ADDRESS}lessons/03_one_attention_head/")
    first = cell(page, 3)
    button(first, "Edit").tap()
    lines = first.locator(".cm-line")
    expect(first.locator(".cm-content")).to_be_focused()
    before = sum(line.startswith("    ") for line in lines.all_inner_texts())
    button(first, "Indent").tap()
    expect(first.locator(".cm-content")).to_be_focused()
    assert sum(line.startswith("    ") for line in lines.all_inner_texts()) == before + 1
    size = first.locator(".cm-content").evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
    assert size >= 16
    heights = first.locator(".ov-button:visible").evaluate_all("all => all.map(each => each.offsetHeight)")
    assert min(heights) >= 40
    context.close()


def test_a_key_to_indent_is_for_fingers_alone(page: Page) -> None:
    page.goto(f"{ADDRESS}lessons/03_one_attention_head/")
    press(cell(page, 3), "Edit")
    expect(button(cell(page, 3), "Indent")).to_be_hidden()
