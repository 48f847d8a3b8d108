"""The names that the cells of a page share."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from ovlearn.exercises.cells.interpreter import Cells
from ovlearn_live.advice import no_keyboard
from ovlearn_live.quiet import HELD, Held, made, watched


class Names:
    """A `__main__` as a notebook's cells share it, with `display` among the built-in names."""

    def __init__(self, display: Callable[..., None]) -> None:
        self.module = ModuleType("__main__")
        self.all: dict[str, Any] = vars(self.module)
        self.all["__builtins__"] = {**vars(builtins), "display": display, "input": no_keyboard}
        self.cells = Cells(self.all, watched=watched)
        self._of_cell: dict[str, set[str]] = {}

    def forget(self, cell: str) -> None:
        """Take back what a cell defined when it last ran."""
        for name in self._of_cell.pop(cell, set()):
            self.all.pop(name, None)

    def done(self, cell: str) -> str:
        """What a cell did that shows nothing, in words."""
        return self.all[HELD].words() or made(
            {name: self.all[name] for name in self.all if name in self._of_cell.get(cell, ())}
        )

    @contextmanager
    def noted(self, cell: str) -> Iterator[None]:
        """Note what is defined meanwhile as the cell's."""
        self.all[HELD] = Held()
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
