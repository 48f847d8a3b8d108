"""The names that the cells of a page share."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from ovlearn.exercises.cells.interpreter import Cells
from ovlearn_live.advice import no_keyboard


class Names:
    """A `__main__` as a notebook's cells share it, with `display` among the built-in names."""

    def __init__(self, display: Callable[..., None]) -> None:
        self.module = ModuleType("__main__")
        self.all: dict[str, Any] = vars(self.module)
        self.all["__builtins__"] = {**vars(builtins), "display": display, "input": no_keyboard}
        self.cells = Cells(self.all)
        self._of_cell: dict[str, set[str]] = {}

    def forget(self, cell: str) -> None:
        """Take back what a cell defined when it last ran."""
        for name in self._of_cell.pop(cell, set()):
            self.all.pop(name, None)

    @contextmanager
    def noted(self, cell: str) -> Iterator[None]:
        """Note what is defined meanwhile as the cell's."""
        before = dict(self.all)
        try:
            yield
        finally:
            self._of_cell[cell] = {
                name
                for name, value in self.all.items()
                if not name.startswith("__")
                and name.strip("_0123456789")
                and (name not in before or before[name] is not value)
            }
