"""A short list of numbers as bars."""

from __future__ import annotations

from typing import Any

from ovlearn.numeric.arrays import Array
from ovlearn.plots import inputs
from ovlearn.plots.extremes import first_largest
from ovlearn.plots.grids import NEGATIVE, POSITIVE
from ovlearn.plots.picture import Picture, drawing, folded, table
from ovlearn.plots.svg import figure, label, number, tag, width_of, written

_LENGTH = 260.0  # from the least to the greatest bar's end
_PITCH = 22.0  # from one bar to the next
_HEIGHT = 14.0


def bars(values: Any, labels: Any = None, title: str = "", caption: str = "") -> Picture:
    """Return numbers [n] as bars from a common zero, one below another, each with its label and its value.

    `labels`: a label for each number; without them they are counted.

    Raises: TypeError for what is no array of real numbers or no list of labels; ValueError for NaN, another
    shape, more than 64 numbers, or another number of labels.

    >>> bars([0.5, -0.25], ["head (0, 0)", "head (0, 1)"], title="Copying score")
    Picture('Copying score')
    """
    title, caption = inputs.texts(title, caption)
    heights = inputs.series(values)  # [n]
    named = inputs.labels("labels", labels, len(heights), "value") or [str(i) for i in range(len(heights))]
    says = (
        f"{len(heights)} bars. The greatest is {named[first_largest(heights)]} with {figure(heights.max())}, "
        f"the least {named[first_largest(-heights)]} with {figure(heights.min())}."
    )
    rows = [[name, figure(value)] for name, value in zip(named, heights, strict=True)]
    body = _drawn(heights, [label(name) for name in named], title or "Bars", says)
    return Picture(
        title, caption, body, folded("Show the numbers", table(["label", "value"], rows, title or "Bars"))
    )


def _drawn(values: Array, names: list[str], title: str, says: str) -> str:
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    scale = _LENGTH / ((high - low) or 1.0)
    room = max(width_of(figure(value)) for value in values) + 8  # for a value beyond its bar's end
    before = room if low < 0 else 0
    names_end = max(width_of(name) for name in names) + 8
    zero = names_end + before - low * scale
    height = _PITCH * len(values) + 6
    rows = "".join(
        _bar(value, name, zero, scale, names_end - 8, 6 + _PITCH * row)
        for row, (value, name) in enumerate(zip(values, names, strict=True))
    )
    axis = tag(
        "path",
        d=f"M{number(zero)} 2V{number(height)}",
        stroke="currentColor",
        stroke_opacity=0.6,
        fill="none",
    )
    return drawing(names_end + before + _LENGTH + room, height + 4, rows + axis, title=title, says=says)


def _bar(value: float, name: str, zero: float, scale: float, names_end: float, y: float) -> str:
    end = zero + value * scale
    negative = value < 0
    bar = tag(
        "rect",
        x=min(zero, end),
        y=y,
        width=abs(value) * scale,
        height=_HEIGHT,
        fill=NEGATIVE if negative else POSITIVE,
        data_v=f"{value:.6g}",
    )
    middle = y + _HEIGHT - 3
    reading = written(
        figure(value), end + (-5 if negative else 5), middle, text_anchor="end" if negative else None
    )
    return bar + written(name, names_end, middle, text_anchor="end") + reading
