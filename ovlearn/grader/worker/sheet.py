"""Run the cells of an answer sheet, each for itself: one that breaks costs only what needs it."""

from __future__ import annotations

import re
import sys
import warnings
from types import ModuleType
from typing import Any, NoReturn

from ovlearn.exercises.answers import Namespace, _place
from ovlearn.exercises.blocking import Blocked
from ovlearn.exercises.cells.defining import defined_in
from ovlearn.exercises.cells.interpreter import Cells
from ovlearn.exercises.replies import AnswerError, Data, Reply
from ovlearn.grader.worker.confinement import Refused

_NOT_DEFINED = re.compile(r"name '(\w+)' is not defined")


def fresh_main() -> ModuleType:
    """Return a `__main__` as a notebook's cells share it: empty, but for what every notebook has."""
    module = ModuleType("__main__")
    vars(module).update(display=lambda *objects, **options: None, input=_no_keyboard)
    sys.modules["__main__"] = module
    return module


class SheetNames(Namespace):
    """The answers of a sheet, in the process that runs its cells.

    >>> sheet = SheetNames({})
    >>> sheet.run("import nowhere", 1)["says"]
    "No module named 'nowhere'"
    >>> sheet.run("nowhere.x", 2)["says"].partition("; ")[0]
    "name 'nowhere' is not defined: cell 1 failed (ModuleNotFoundError: No module named 'nowhere')"
    """

    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__(names)
        self._cells = Cells(names, refused=(Refused, Blocked))
        self._lost: dict[str, str] = {}

    def run(self, source: str, number: int) -> dict[str, Any] | None:
        """Run one cell; return nothing, or what it raised, in words."""
        _tell_ipython(source, self.names["get_ipython"])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a warning is no mistake
                self._cells.run(source, f"<cell {number}>")
        except (Exception, SystemExit) as error:
            kind, says = type(error).__name__, str(error)[:500]
            line = f"line {error.lineno}" if isinstance(error, SyntaxError) else ""
            says = self._explained(kind, says)
            why = f"cell {number} failed ({kind}: {says})"
            self._lost.update((name, why) for name in defined_in(source) if name not in self.names)
            return {"kind": kind, "says": says, "place": _place(error) or line}
        return None

    def skip(self, defines: list[str], number: int) -> None:
        """Remember the names of a cell that is not run, since it broke another worker."""
        self._lost.update(dict.fromkeys(defines, f"cell {number} was stopped"))

    def call(self, name: str, arguments: Data, blocked: tuple[str, ...]) -> Reply:
        """Call a function with copies of its arguments; of a name that it lacks, say which cell failed."""
        try:
            return super().call(name, arguments, blocked)
        except AnswerError as error:
            raise AnswerError(error.kind, self._explained(error.kind, error.says), error.place) from None

    def _explained(self, kind: str, says: str) -> str:
        found = _NOT_DEFINED.search(says) if kind == "NameError" else None
        if found is None or found[1] not in self._lost:
            return says
        return f"{found[0]}: {self._lost[found[1]]}; so `{found[1]}` is missing here"


def _no_keyboard(prompt: object = "") -> NoReturn:
    """Take the place of `input`.

    Raises: EOFError, always.
    """
    raise EOFError("input() cannot ask while a sheet is graded. Write the value into the code.")


def _tell_ipython(source: str, get_ipython: Any) -> None:
    """Let `from IPython import get_ipython` give what the name without an import gives."""
    if "IPython" in source:
        try:
            import IPython
            from IPython.core import getipython
        except (ImportError, OSError):
            return
        IPython.get_ipython = getipython.get_ipython = get_ipython
