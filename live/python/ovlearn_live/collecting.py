"""What a cell puts out, in order. What it prints is also told at once, so that one sees it come."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# Characters of a cell's text and of its other outputs: more would make the page slow. What is more is cut.
# The cell goes on: what it computes may be needed, and whether it will ever end only its reader can know.
MOST_TEXT = 100_000
MOST_HTML = 2_000_000
_TEXT_IS_CUT = f"\n… cut here: a cell shows {MOST_TEXT:,} characters of text. It runs on."
_HTML_IS_CUT = "… an output is not shown here: with it, this cell's outputs would be too large for the page."

# The first lines are told one by one, then those of 50 ms together: a message each would keep the page busy.
_AT_ONCE = 50
_SECONDS = 0.05


@dataclass
class Printed:
    """What was printed between two outputs, in the parts in which it came."""

    parts: list[str] = field(default_factory=list)


@dataclass
class Collector:
    """The outputs of one cell, text and HTML. `tell`: hears what is printed; `cut`: if some is missing."""

    tell: Callable[[str], None]
    outputs: list[Printed | str] = field(default_factory=list)
    cut: bool = False
    _text: int = 0
    _html: int = 0
    _told: int = 0
    _last: float = 0.0
    _waiting: list[str] = field(default_factory=list)

    def print(self, text: str) -> None:
        """Add text to what was printed just before."""
        room = MOST_TEXT - self._text
        if not text or room < 0:
            return
        self._text += len(text)
        self._append(text[:room])
        if len(text) > room:
            self.note(_TEXT_IS_CUT)
            self.flush()  # nothing more will be printed, though the cell may run for ever

    def show(self, html: str) -> None:
        """Add an output."""
        if not html or self._html > MOST_HTML:
            return
        self._html += len(html)
        if self._html > MOST_HTML:
            self.note(_HTML_IS_CUT)
        else:
            self.outputs.append(html)

    def note(self, text: str) -> None:
        """Say that something is missing, in the place where it would be."""
        self.cut = True
        self._append(f"{text}\n")

    def flush(self) -> None:
        """Tell what was printed and has not been told."""
        if self._waiting:
            self.tell("".join(self._waiting))
            self._waiting.clear()
            self._told += 1
            self._last = time.monotonic()

    def _append(self, text: str) -> None:
        last = self.outputs[-1] if self.outputs else ""
        if isinstance(last, str):
            self.outputs.append(last := Printed())
        last.parts.append(text)
        self._waiting.append(text)
        if self._told < _AT_ONCE or time.monotonic() - self._last > _SECONDS:
            self.flush()


class Stream(io.TextIOBase):
    """What stands for stdout and stderr while a cell runs."""

    encoding = "utf-8"

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    def write(self, text: str) -> int:
        """Print."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._collector.print(text)
        return len(text)

    def flush(self) -> None:
        """Tell what was printed."""
        self._collector.flush()

    def writable(self) -> bool:
        """Return that it is."""
        return True
