"""A short list of numbers as bars, and what every picture of bars is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ovlearn.numeric.arrays import Array
from ovlearn.plots import inputs
from ovlearn.plots.picture import Picture, drawing, folded
from ovlearn.plots.svg import colour, number, tag, width_of, written
from ovlearn.plots.wording import figure, first_largest, label

_LENGTH = 380.0  # from the least to the greatest bar's end
_PITCH = 24.0  # from one bar to the next
_HEIGHT = 15.0
_BESIDE = 8.0  # between a name and its bar


@dataclass(frozen=True)
class BarScale:
    """Where bars begin and end, with names before them: a common zero, so long a unit.

    `end`: of the longest bar's number.
    """

    names_end: float
    zero: float
    unit: float
    end: float

    def box(self, value: float, y: float, height: float) -> dict[str, str | float]:
        """The place and the colour of a bar."""
        x, width = min(self.zero, self._end(value)), abs(value) * self.unit
        return {"x": x, "y": y, "width": width, "height": height, "fill": colour(value)}

    def reading(self, value: float, y: float) -> str:
        """The number beyond a bar's end."""
        aside, anchor = (-5, "end") if value < 0 else (5, None)
        return written(figure(value), self._end(value) + aside, y, text_anchor=anchor)

    def axis(self, top: float, bottom: float) -> str:
        """The line from which all bars begin."""
        line = f"M{number(self.zero)} {number(top)}V{number(bottom)}"
        return tag("path", d=line, stroke="currentColor", stroke_opacity=0.6, fill="none")

    def _end(self, value: float) -> float:
        return self.zero + value * self.unit


def bar_scale(values: Iterable[float], names: Iterable[float], length: float) -> BarScale:
    """Return the scale of bars that are so long from the least end to the greatest; `names`: their widths."""
    found = [float(value) for value in values]
    low, high = min(0.0, *found), max(0.0, *found)
    unit = length / ((high - low) or 1.0)
    room = max(width_of(figure(value)) for value in found) + 8
    names_end = max(names)
    begin = names_end + _BESIDE + (room if low < 0 else 0)
    return BarScale(names_end, begin - low * unit, unit, begin + length + room)


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
    name = title or "Bars"
    body = _drawn(heights, [label(each) for each in named], name, says)
    rows = [[each, figure(height)] for each, height in zip(named, heights, strict=True)]
    return Picture(title, caption, body, folded("Show the numbers", ["label", "value"], rows, name))


def _drawn(values: Array, names: list[str], title: str, says: str) -> str:
    on = bar_scale(values, map(width_of, names), _LENGTH)
    rows = "".join(
        _row(value, name, on, 6 + _PITCH * place)
        for place, (value, name) in enumerate(zip(values, names, strict=True))
    )
    height = _PITCH * len(values) + 6
    return drawing(on.end, height + 4, rows + on.axis(2, height), title=title, says=says)


def _row(value: float, name: str, on: BarScale, y: float) -> str:
    line = y + _HEIGHT - 3
    bar = tag("rect", **on.box(value, y, _HEIGHT), data_v=f"{value:.6g}")
    return bar + written(name, on.names_end, line, text_anchor="end") + on.reading(value, line)
