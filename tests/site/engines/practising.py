"""Steps of the session: an exercise."""

from __future__ import annotations

from tests.site.engines.hand import Hand
from tests.site.live.test_learning import RIGHT, WRONG

_ANSWER = ".ov-cell[data-exercise='ov_matrix']"
_HINT = f"{_ANSWER} ~ details.question"
_PANEL = ".ov-progress .ov-says"


def _check(hand: Hand, code: str, says: str) -> None:
    hand.write(_ANSWER, code)
    hand.click(f"{_ANSWER} .ov-bar .ov-button[aria-label^=Check]")
    hand.cell_says(_ANSWER, says)


def wrongly(hand: Hand) -> None:
    """an exercise from its lesson's link, wrongly"""
    hand.evaluate("window.kept = true")
    hand.click("article a.md-button[href*='exercises/04_']")
    hand.until(lambda: hand.count(_ANSWER))
    assert hand.evaluate("window.kept === true"), "the page was loaded anew, and not swapped"
    _check(hand, WRONG, "^Not right yet")
    hand.reads(f"{_ANSWER} .ov-verdict", "which of the two must a row of the stream meet first")


def hinted(hand: Hand) -> None:
    """a hint, and then the next"""
    before = hand.count(_HINT)
    hand.click(f"{_HINT} summary")
    hand.until(lambda: hand.count(_HINT), lambda count: count == before + 1)


def rightly(hand: Hand) -> None:
    """the exercise, rightly"""
    _check(hand, RIGHT, "^✓ ov_matrix")
    hand.reads(_PANEL, r"^1 of \d passed\.$")


def closed(hand: Hand) -> None:
    """Python that was closed is said"""
    hand.run(_ANSWER, "import js\njs.close()", "^Python has ended: the code closed it")
    told = hand.wrong_to_the_last()
    assert all("closed" in each for each in told), told  # in consoles that hear a worker's
    hand.write(_ANSWER, RIGHT)


def kept(hand: Hand) -> None:
    """what was done is kept after a reload"""
    hints = hand.count(_HINT)
    hand.go(str(hand.evaluate("location.pathname.slice(1)")))
    hand.reads(_PANEL, r"^1 of \d passed\.$")
    assert hand.text(f"{_ANSWER} .highlight code") == " ".join(RIGHT.split())
    assert hand.count(_HINT) == hints
