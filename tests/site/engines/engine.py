"""A browser as the session needs it: what differs between the engines, and no more."""

from __future__ import annotations

from typing import Any, Protocol


class Engine(Protocol):
    """A started browser with one page. All else that a reader's hand does is in `hand.py`, once for all."""

    name: str

    def go(self, address: str) -> None:
        """Load a page, anew where it is the one that is shown."""

    def evaluate(self, expression: str) -> Any:
        """What an expression of JavaScript gives, as JSON has it."""

    def point(self, x: float, y: float) -> None:
        """Move the pointer there, from the window's upper left corner."""

    def click(self, x: float, y: float) -> None:
        """Move the pointer there, press its button and let it go."""

    def press(self, key: str) -> None:
        """Press a key by the name that the page hears, `ArrowRight`, with others held: `Shift+Enter`."""

    def text(self, words: str) -> None:
        """Press the keys of a text, one after the other."""

    def errors(self) -> list[str]:
        """What the browser's own console had against the page since this was last asked, if it can be had."""
