"""One message's work: what it puts out, and how it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ovlearn_live import errors
from ovlearn_live.collecting import Collector, Text
from ovlearn_live.forms import Forms
from ovlearn_live.page import Page
from rendering.outputs import PRINTED, written


class Work:
    """Takes outputs, and writes them as HTML. `tell`: hears what is printed, as it comes."""

    def __init__(self, page: Page, tell: Callable[[str], None]) -> None:
        self._page = page
        self.collector = Collector(tell)
        self.error: errors.Told | None = None
        self._begun = time.perf_counter()

    def display(self, *values: Any, **_: Any) -> None:
        """Show values, each in its richest form; what this is in notebooks."""
        for value in values:
            self.collector.show(written(Forms(value), self._page))

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Let whatever is raised meanwhile be the work's error, and nobody else's."""
        try:
            yield
        except BaseException as error:  # a reader's code may raise anything, SystemExit included
            self.error = self.error or errors.told(error)

    @property
    def told(self) -> dict[str, Any]:
        """What came of it, for the page."""
        return {
            "outputs": [self._html(output) for output in self.collector.outputs],
            "error": self.error and {"says": self.error.says, "html": self.error.html},
            "seconds": round(time.perf_counter() - self._begun, 3),
            "cut": self.collector.cut,
        }

    def _html(self, output: Text | str) -> str:
        return output if isinstance(output, str) else written({PRINTED: "".join(output.parts)}, self._page)
