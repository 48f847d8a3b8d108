"""How a hostile, clumsy or unusual answer sheet is written down, with the row that it must get."""

from __future__ import annotations

from dataclasses import dataclass

FIRST = """
import numpy as np
import ovlearn as ov
from ovlearn.exercises import check
from ovlearn.symbolic import rules

ov_rank = 64
"""
ENDLESS = ("while True: pass", "sleep(1000)", "setrecursionlimit")
RIGHT = "def ov_matrix(W_V, W_O):\n    return W_V @ W_O\n"


@dataclass(frozen=True)
class Case:
    """A sheet: the usual first cell, then these. `row`: status and mistake of `exercise`.

    `ov_rank` stands in the first cell, and is right: whatever else the sheet does, that must be seen, unless
    `spares` is false because the sheet itself takes it away.
    """

    name: str
    row: tuple[str, str]
    cells: tuple[str, ...]
    exercise: str = "ov_matrix"
    spares: bool = True

    @property
    def endless(self) -> bool:
        """Whether it runs until it is stopped: then nobody waits long."""
        return any(word in cell for word in ENDLESS for cell in self.cells)

    @property
    def script(self) -> bytes:
        return "\n# %%\n".join([FIRST, *self.cells]).encode("utf-8", "surrogatepass")


PASSED = ("passed", "")
RAISED = ("wrong", "raised")
MISSING = ("wrong", "missing")
TYPE = ("wrong", "type")
SHAPE = ("wrong", "shape")
VALUES = ("wrong", "values")
NOT_FINITE = ("wrong", "not finite")
NOT_JUDGED = ("wrong", "not judged")
BLOCKED = ("wrong", "blocked")


def case(
    name: str, row: tuple[str, str], *cells: str, exercise: str = "ov_matrix", spares: bool = True
) -> Case:
    return Case(name, row, cells, exercise, spares)


def returns(expression: str, *before: str) -> str:
    """A cell whose answer is this expression."""
    return "\n".join([*before, f"def ov_matrix(W_V, W_O):\n    return {expression}\n"])


def does(statement: str, *before: str) -> str:
    """A cell whose answer does something and returns nothing of worth."""
    return "\n".join([*before, f"def ov_matrix(W_V, W_O):\n    {statement}\n    return W_V\n"])
