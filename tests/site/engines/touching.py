"""Steps of the session: pictures and derivations, by pointer and by keyboard."""

from __future__ import annotations

from tests.site.engines.hand import Hand

_HEAD = ".ov-switches"
_SHOWN = f"{_HEAD} > [data-when]"


def pressed(hand: Hand) -> list[str]:
    """The word of the home page's head that is looked at."""
    return hand.values(f"{_SHOWN} .ov-press[aria-pressed=true]", "ariaLabel")


def state(hand: Hand) -> list[str]:
    """The drawing of the home page's head that is shown, by what is chosen."""
    return hand.values(_SHOWN, "dataset.when")


def home_words(hand: Hand) -> None:
    """home: look at words of the head"""
    hand.go("")
    hand.click(f"{_SHOWN} .ov-press", "look at and")
    hand.until(lambda: pressed(hand), lambda words: words == ["look at and"])
    assert "gives “and”" in (hand.text(f"{_HEAD} .ov-tells") or "")
    hand.focus(f"{_SHOWN} .ov-press", "look at silver")
    hand.press("ArrowLeft")
    assert pressed(hand) == ["look at begin"]
    hand.press("Tab", "Enter")
    assert pressed(hand) == ["look at silver"]


def home_head(hand: Hand) -> None:
    """home: another model, text and head"""
    assert state(hand) == ["model=0 text0=0 head0.0=0"]
    hand.click(f"{_HEAD} label", "1.3")
    assert state(hand) == ["model=0 text0=0 head0.0=1"]
    hand.press("ArrowLeft")  # the button has the focus
    assert state(hand) == ["model=0 text0=0 head0.0=0"]
    hand.click(f"{_HEAD} label", "SmolLM2")
    hand.click(f"{_HEAD} label", "The capital of France is …")
    assert state(hand) == ["model=1 text1=2"]  # of which one head is shown
    assert pressed(hand) == ["look at France"]


def stepper(hand: Hand) -> None:
    """a derivation, step by step"""
    hand.go("derivations/ov-fold/")
    lines = hand.count(".ov-chain:nth-of-type(1) .ov-step")
    hand.click(".ov-stepper .ov-button", "Step through")
    hand.reads(".ov-stepper .ov-count", "^1 of ")
    hand.press("ArrowRight")
    hand.reads(".ov-stepper .ov-count", "^2 of ")
    assert hand.count(".ov-chain.ov-stepping .ov-step") == 2
    assert hand.count(".ov-chain.ov-stepping .ov-now [data-made]") > 0
    assert hand.text(".ov-because")
    hand.click(".ov-stepper .ov-button", "Back")
    hand.reads(".ov-stepper .ov-count", "^1 of ")
    hand.press("Escape")
    assert hand.count(".ov-chain:nth-of-type(1) .ov-step") == lines
    assert hand.evaluate("document.activeElement.textContent") == "Step through"


def explorer(hand: Hand) -> None:
    """the explorer of paths"""
    hand.go("lessons/06_every_path/")
    panel = ".ov-explorer [data-network='3-2']"

    def path() -> str:
        (found,) = hand.values(f"{panel} tr.ov-on", "dataset.path")
        return str(found)

    def shares() -> list[str]:
        return hand.values(f"{panel} .ov-readout b", "textContent")

    hand.click(".ov-explorer label", "3")
    hand.until(lambda: hand.count(panel))
    first, before = path(), shares()
    hand.click(f"{panel} svg [data-way='2.1'] text")
    assert path() == f"{first}-2.1"
    assert shares() != before
    hand.focus(f"{panel} svg [data-way='1.0']")
    hand.press("Enter")
    assert path() == f"{first}-1.0-2.1"
    hand.focus(f"{panel} tr[data-path='{path()}']")
    hand.press("ArrowUp")
    assert path() != f"{first}-1.0-2.1"
    before = shares()
    hand.focus(".ov-explorer input[type=range]")
    hand.press("End")
    assert hand.text(".ov-explorer output") == "4"
    assert shares() != before


def reader(hand: Hand) -> None:
    """the OV reader"""
    hand.go("lessons/09_reading_an_ov_circuit/")
    top = ".ov-reader .ov-cards table:first-child tbody tr:first-child span"
    france = hand.text(top)
    hand.click(".ov-reader button", "king")
    hand.reads(".ov-reader .ov-tells", "^Looking at “king”")
    assert hand.text(top) != france
    hand.click(".ov-reader input[name=word]")
    hand.until(lambda: hand.evaluate("getSelection().toString()"), lambda text: text == "king")
    hand.engine.text("Japan")
    hand.press("Enter")
    hand.reads(".ov-reader .ov-tells", "^Looking at “Japan”")
    hand.press("Control+a")
    hand.engine.text("Frannce")
    hand.reads(
        ".ov-reader .ov-tells", "^“Frannce” is not among .* Near it are: “France”.* Still shown: “Japan”"
    )
