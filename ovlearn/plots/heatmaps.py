"""Grids of numbers to look at: an attention pattern, any matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from ovlearn.plots import inputs
from ovlearn.plots.grids import Axis, Grid
from ovlearn.plots.picture import READOUT, Picture, folded
from ovlearn.plots.wording import figure, first_largest

_TABLE_UP_TO = 16  # a side: beyond that a table tells less than each row's largest entry


def pattern(pattern: Any, tokens: Any = None, title: str = "", caption: str = "") -> Picture:
    """Return one head's attention pattern [query, key] as a heat map, queries down, keys across.

    A cell is the darker (in a dark theme the brighter) the more its query attends to its key.
    `tokens`: a label for each position; without them the positions are numbered.

    Raises: TypeError for what is no array of real numbers or no list of labels; ValueError for NaN, another
    shape, rows that do not sum to 1, more than 64 positions, or another number of labels.

    >>> from ovlearn.numeric import Config, Transformer
    >>> config = Config(n_layers=1, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5)
    >>> run = Transformer.random(config).run([3, 1, 4])
    >>> pattern(run.pattern[0, 1], tokens=["c", "a", "d"], title="Head (0, 1)")
    Picture('Head (0, 1)')
    """
    title, caption = inputs.texts(title, caption)
    weights = inputs.pattern_of(pattern)  # [query, key]
    named = inputs.labels("tokens", tokens, len(weights), "position")
    rows, columns = Axis("query", len(weights), named), Axis("key", len(weights), named)
    row, column = divmod(first_largest(weights), weights.shape[1])
    says = (
        f"{rows.count} queries down, {columns.count} keys across. The largest weight is "
        f"{figure(weights[row, column])}: {rows.name(row)} attends to {columns.name(column)}."
    )
    grid = Grid(weights, rows, columns, full=1.0, signed=False)
    return Picture(title, caption, *_drawn(grid, title or "Attention pattern", says))


def matrix(
    M: Any,
    rows: Any = None,
    columns: Any = None,
    title: str = "",
    caption: str = "",
    axes: tuple[str, str] = ("row", "column"),
) -> Picture:
    """Return a matrix [rows, columns] as a heat map: one colour above 0, another below, none at 0.

    Full colour stands for the largest magnitude in it; the legend gives that number.
    `M`: an array, or a FactoredMatrix; `rows`, `columns`: a label for each; `axes`: what a row stands for,
    and what a column does, as "query" and "key", or "position" and "feature".

    Raises: TypeError for what is no array of real numbers, no list of labels or no two names; ValueError for
    NaN, other than two axes, more than 64 rows or columns, or another number of labels or names.

    >>> matrix([[1, -2], [0, 3]], rows=["a", "b"], title="Two by two", axes=("token", "feature"))
    Picture('Two by two')
    """
    title, caption = inputs.texts(title, caption)
    values = inputs.grid("M", M)  # [rows, columns]
    down_word, across_word = inputs.axis_names(axes)
    down = Axis(down_word, values.shape[0], inputs.labels("rows", rows, values.shape[0], "row"))
    across = Axis(across_word, values.shape[1], inputs.labels("columns", columns, values.shape[1], "column"))
    row, column = divmod(first_largest(np.abs(values)), values.shape[1])
    says = (
        f"{down.count} rows, {across.count} columns, from {figure(values.min())} to {figure(values.max())}. "
        f"The largest magnitude is at {down.name(row)}, {across.name(column)}."
    )
    grid = Grid(values, down, across, full=float(np.abs(values).max()), signed=True)
    return Picture(title, caption, *_drawn(grid, title or "Matrix", says))


def _drawn(grid: Grid, name: str, says: str) -> tuple[str, str]:
    """Return a picture's body and its text alternative."""
    return grid.draw(name, says) + READOUT, _numbers(grid, name)


def _numbers(grid: Grid, name: str) -> str:
    """The numbers as text: all of them, or where they are many, the largest of each row."""
    show = figure if grid.signed else _weight
    if max(grid.values.shape) <= _TABLE_UP_TO:
        head = [f"{grid.rows.word} \\ {grid.columns.word}"]
        head += [grid.columns.tick(column) for column in range(grid.columns.count)]
        body = [
            [grid.rows.tick(row), *(show(value) for value in values)]
            for row, values in enumerate(grid.values)
        ]
        return folded("Show the numbers", head, body, name)
    best = [first_largest(np.abs(row)) for row in grid.values]
    body = [
        [grid.rows.name(row), grid.columns.name(column), show(grid.values[row, column])]
        for row, column in enumerate(best)
    ]
    head = [grid.rows.word, f"{grid.columns.word} of largest magnitude", "value"]
    return folded("Show the largest of each row", head, body, name)


def _weight(value: float) -> str:
    """A weight of a pattern: three decimals, and nothing but a 0 where the mask forbids."""
    return f"{value:.3f}" if value else "0"
