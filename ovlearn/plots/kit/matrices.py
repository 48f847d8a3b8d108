"""Matrices as blocks of colour, and products of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ovlearn.arguments import complaint
from ovlearn.numeric.arrays import Array
from ovlearn.plots import inputs
from ovlearn.plots.kit.parts import Part, around, marked
from ovlearn.plots.kit.shapes import text
from ovlearn.plots.kit.things import ink
from ovlearn.plots.svg import number, tag

_CELL = 16.0
_NAME = 16.0  # the face of a matrix's name


def block(
    name: str, values: Any, thing: str = "", rows: str = "", columns: str = "", cell: float = _CELL
) -> Part:
    """Return a matrix [rows, columns] as cells, the fuller the larger their magnitude, with its name above.

    A number below 0 has a stroke through its cell. `rows`, `columns`: what they stand for, as "s" and "d";
    they are written below. Raises what `plots.matrix` raises, and ValueError for an unknown thing.

    >>> [round(side) for side in block("A", [[1, 0], [0.5, 0.5]], "pattern", "s", "s").size]
    [33, 77]
    """
    found = inputs.grid("values", values)  # [rows, columns]
    height, width = cell * found.shape[0], cell * found.shape[1]
    frame = tag("rect", width=width, height=height, fill="none", stroke_width=1.25)
    cells = _cells(found, thing, cell) + _strokes(found, cell)
    parts = [text(name, (width / 2, -14), thing, _NAME, bold=True)]
    if rows or columns:
        parts.append(text(f"{rows} × {columns}", (width / 2, height + 14)))
    whole = marked(thing, cells + frame) + "".join(part.svg for part in parts)
    return Part(whole, around([(0.0, 0.0, width, height), *(part.box for part in parts)]))


def product(*factors: Part | str, at: tuple[float, float] = (0, 0), gap: float = 12) -> list[Part]:
    """Return matrices and the signs between them in a row; without signs they are multiplied.

    The cells of all have their middles on one line. Raises ValueError for none.

    >>> A, X = block("A", [[1, 0], [0.5, 0.5]], "pattern"), block("X", [[1], [2]], "stream")
    >>> len(product(A, X, "=", X))
    5
    """
    if not factors:
        raise ValueError(complaint("factors", "at least one matrix", "none"))
    placed: list[Part] = []
    x, y = at
    for part in _with_signs(factors):
        # The name above a matrix is as high as the sizes below it: the box has its cells in the middle.
        placed.append(part.moved(x - part.box[0], y - part.middle[1]))
        x = placed[-1].box[2] + gap
    return placed


def _with_signs(factors: Sequence[Part | str]) -> list[Part]:
    """A dot between two matrices between which no sign stands."""
    found: list[Part] = []
    before: Part | str = ""
    for factor in factors:
        if isinstance(factor, Part) and isinstance(before, Part):
            found.append(text("·", size=20))
        found.append(factor if isinstance(factor, Part) else text(factor, size=18))
        before = factor
    return found


def _cells(values: Array, thing: str, cell: float) -> str:
    full = float(np.abs(values).max()) or 1.0
    return "".join(
        tag(
            "rect",
            x=cell * column + 1,
            y=cell * line + 1,
            width=cell - 2,
            height=cell - 2,
            fill=ink(thing),
            fill_opacity=number(abs(float(value)) / full),
            stroke="none",
        )
        for (line, column), value in np.ndenumerate(values)
        if abs(value) > 0.02 * full
    )


def _strokes(values: Array, cell: float) -> str:
    """Through each cell below 0."""
    d = "".join(
        f"M{number(cell * (column + 0.25))} {number(cell * (line + 0.5))}h{number(cell / 2)}"
        for line, column in np.argwhere(values < 0)
    )
    return tag("path", d=d, stroke="currentColor", stroke_width=1.5, fill="none") if d else ""
