"""A reader's hand and eye, the same for every engine: the pointer, the keys, and waiting for what is seen."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.site.built import ADDRESS
from tests.site.engines.engine import Engine
from tests.site.engines.watched import Seen

_TOOLS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_PATIENCE = 20.0
_PATIENCE_WITH_PYTHON = 120.0


class Hand:
    """Uses the page of an engine. An element is named by a selector, and by its words where need be."""

    def __init__(self, engine: Engine, seen: Seen) -> None:
        self.engine, self.seen = engine, seen

    def go(self, path: str) -> None:
        """Load a page of the site, anew where it is the one that is shown."""
        self.engine.go(ADDRESS + path)

    def evaluate(self, expression: str) -> Any:
        return self.engine.evaluate(expression)

    def click(self, selector: str, words: str = "") -> None:
        self.engine.click(*self._place(selector, words))

    def point(self, selector: str, words: str = "") -> None:
        self.engine.point(*self._place(selector, words))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.engine.press(key)

    def focus(self, selector: str, words: str = "") -> None:
        self._tool("focus", selector, words)

    def text(self, selector: str, words: str = "") -> str | None:
        """What stands in the first such element in sight, or nothing where there is none."""
        found: str | None = self._tool("text", selector, words)
        return found

    def count(self, selector: str) -> int:
        """How many such elements are in sight."""
        return int(self._tool("count", selector))

    def reads(self, selector: str, pattern: str, patience: float = _PATIENCE) -> str:
        """Wait until something in sight reads as the pattern says."""
        found = re.compile(pattern).search
        return str(self.until(lambda: self.text(selector) or "", found, patience))

    def values(self, selector: str, name: str) -> list[Any]:
        """A property of each such element in sight: `textContent`, `dataset.path`."""
        return list(self._tool("values", selector, name))

    def until(
        self, look: Callable[[], Any], good: Callable[[Any], object] = bool, patience: float = _PATIENCE
    ) -> Any:
        """Look until what is seen is good, and return it."""
        end = time.monotonic() + patience
        while not good(seen := look()):
            if time.monotonic() > end:
                raise AssertionError(f"after {patience:.0f} s there is still {str(seen)[:400]!r}")
            time.sleep(0.05)
        return seen

    def wrong(self) -> list[str]:
        """What went wrong, and what was asked of another site, since this was asked."""
        wrong = [
            *self.seen.wrong,
            *self.engine.errors(),
            *(f"asked elsewhere: {all}" for all in self.seen.elsewhere),
        ]
        self.seen.wrong.clear()
        self.seen.elsewhere.clear()
        return wrong

    def wrong_to_the_last(self) -> list[str]:
        """The same, with what is still on its way."""
        time.sleep(0.5)
        self.evaluate("0")  # a driver may hear only while it is asked something
        return self.wrong()

    # Cells

    def cell_says(self, cell: str, pattern: str) -> str:
        """Wait until a cell's bar says this, which may take Python's whole start."""
        return self.reads(f"{cell} .ov-says", pattern, _PATIENCE_WITH_PYTHON)

    def write(self, cell: str, code: str) -> None:
        """Put code in the place of all that stands in a cell's editor, just as it is."""
        if self.text(f"{cell} .ov-bar .ov-button", "Edit") or not self.count(f"{cell} .cm-content"):
            self.click(f"{cell} .ov-bar .ov-button[aria-label^=Edit]")
        self.until(lambda: self.count(f"{cell} .cm-content"))
        self.focus(f"{cell} .cm-content")
        self.press("Control+a")
        assert self._tool("insert", code)

    def run(self, cell: str, code: str, says: str = "^Done in ") -> None:
        """Write code into a cell and run it."""
        self.write(cell, code)
        self.click(f"{cell} .ov-bar .ov-button[aria-label^=Run]")
        self.cell_says(cell, says)

    def _place(self, selector: str, words: str) -> tuple[float, float]:
        """Where the pointer meets it, once it has stood still from one look to the next."""
        before: dict[str, Any] = {}

        def still(place: dict[str, Any]) -> bool:
            nonlocal before
            same, before = "x" in place and place == before, place
            return same

        try:
            place = self.until(lambda: self._tool("place", selector, words), still)
        except AssertionError as error:
            raise AssertionError(f"{selector} {words}: {error}") from None
        return place["x"], place["y"]

    def _tool(self, name: str, *given: object) -> Any:
        return self.engine.evaluate(f"{_TOOLS}.{name}(...{json.dumps(given)})")
