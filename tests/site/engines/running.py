"""Steps of the session: a lesson's cells."""

from __future__ import annotations

from tests.site.engines.hand import Hand
from tests.site.live.test_lessons import MARK, SHOWN

LESSON = "lessons/04_values_and_outputs_fold/"
FIRST = ".ov-cell[data-cell='1']"
_BAR = ".ov-python .ov-button"


def top_to_bottom(hand: Hand) -> None:
    """a lesson: every cell, as the build had it"""
    hand.go(LESSON)
    wanted = hand.evaluate(f"({SHOWN})()")
    assert sum(map(len, wanted)) > 0
    hand.evaluate(MARK)
    hand.click(f"{FIRST} .ov-bar .ov-button", "Edit cell 1")
    hand.click(_BAR, "Run all")
    hand.reads(".ov-python", r"waits, (\d+) of \1 cells have run", 120)
    assert hand.evaluate("document.querySelectorAll('.ov-out[data-built]').length") == 0  # each was made anew
    assert hand.evaluate(f"({SHOWN})()") == wanted


def edited(hand: Hand) -> None:
    """an edit by keys alone, and Shift+Enter"""
    hand.focus(f"{FIRST} .cm-content")
    hand.press("Control+a")
    hand.engine.text("for i in range(3):")
    hand.press("Enter")
    hand.engine.text("print(i)")
    hand.press("Enter", "Tab")
    hand.engine.text("print('done')")
    hand.press("Shift+Tab", "Shift+Enter")
    hand.cell_says(FIRST, "^Done in ")
    assert hand.text(f"{FIRST} .ov-out") == "0 done 1 done 2 done"
    hand.press("Escape", "Tab")  # out of the editor
    assert not hand.evaluate("document.activeElement.closest('.cm-editor')")


def failed(hand: Hand) -> None:
    """an error, at its line"""
    hand.run(FIRST, "x = 1\nprint(y)", "^It failed")
    assert "cell 1, line 2" in (hand.text(f"{FIRST} .ov-error") or "")
    assert "NameError: name 'y' is not defined" in (hand.text(f"{FIRST} .ov-error") or "")


def stopped(hand: Hand) -> None:
    """Stop, in the middle of a loop"""
    hand.run(FIRST, "while True: print('on')", "^Running")
    hand.until(lambda: "on" in (hand.text(f"{FIRST} .ov-printing") or ""), patience=60)
    hand.click(f"{FIRST} .ov-bar .ov-button[aria-label^=Stop]")
    hand.cell_says(FIRST, "^Stopped")


def restored(hand: Hand) -> None:
    """Restore: the original, with its output"""
    hand.click(f"{FIRST} .ov-bar .ov-button[aria-label^=Restore]")
    hand.cell_says(FIRST, "^This is the original again")
    assert hand.evaluate(f'document.querySelector("{FIRST}").classList.contains("ov-edited")') is False
    assert hand.count(f"{FIRST} .ov-error") == 0
