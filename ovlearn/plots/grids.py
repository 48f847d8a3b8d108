"""The drawing of a grid of numbers: cells, labels, legend."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np

from ovlearn.numeric.arrays import Array
from ovlearn.plots.picture import drawing
from ovlearn.plots.svg import NEGATIVE, POSITIVE, SIZE, number, tag, width_of, written
from ovlearn.plots.wording import figure, label

LEVELS = 32  # shades from nothing to full
FILLED = 0.94  # of a cell's side; the rest is the gap to the next one

_THREE_DIGITS_UP_TO = 16  # a side: in a larger grid two will do, and it is a third lighter
_NUMBERS_UP_TO = 8  # a side: a larger grid has no room for them
_SIDES = ((12, 48), (16, 38), (24, 26), (40, 16), (64, 10))  # up to so many cells: so wide each
_LINE = 17  # the height of a line of text
_SWATCH, _SWATCHES = 18.0, 9
_BESIDE = 440.0  # up to this width a second grid has room beside it


@dataclass(frozen=True)
class Axis:
    """One side of a grid: what it counts, how many, and the labels, or None for positions.

    >>> Axis("key", 2, ["a", "b"]).name(1), Axis("key", 2).name(1)
    ('key 1 b', 'key 1')
    """

    word: str
    count: int
    labels: list[str] | None = None

    def name(self, index: int) -> str:
        """How a text speaks of one row or column."""
        return f"{self.word} {index}" + (f" {label(self.labels[index])}" if self.labels else "")

    def tick(self, index: int) -> str:
        """What stands beside one row or column in the drawing."""
        return label(self.labels[index]) if self.labels else str(index)

    @property
    def widest(self) -> float:
        """The width of its longest tick."""
        return max(width_of(self.tick(index)) for index in range(self.count))


@dataclass(frozen=True)
class Grid:
    """Numbers [rows, columns] as a drawing.

    Full colour stands for the magnitude `full`; numbers below 0, which only a `signed` grid has, are in
    another colour.
    """

    values: Array
    rows: Axis
    columns: Axis
    full: float
    signed: bool

    @property
    def side(self) -> float:
        """The width of a cell."""
        longest = max(self.values.shape)
        return next(side for most, side in _SIDES if longest <= most)

    @property
    def slanted(self) -> bool:
        """Whether the columns' ticks need more room than a cell is wide."""
        return self.columns.widest > max(self.side, 1.6 * _LINE) - 4

    @property
    def left(self) -> float:
        """Where the cells begin, from the left."""
        return 1.4 * _LINE + self.rows.widest + 8

    @property
    def top(self) -> float:
        """Where the cells begin, from the top."""
        ticks = 0.8 * self.columns.widest + 8 if self.slanted else _LINE
        return 1.4 * _LINE + ticks + 4

    @property
    def size(self) -> tuple[float, float]:
        """The width and the height of all cells."""
        return self.side * self.columns.count, self.side * self.rows.count

    @property
    def width(self) -> float:
        """Of the whole, whatever is the longest."""
        overhang = 0.65 * self.columns.widest if self.slanted else 8
        cells = self.left + self.size[0] + overhang
        legend = self._legend_left + _SWATCH * _SWATCHES + self._legend_overhang
        return max(cells, legend, self.left + width_of(f"{self.columns.word} →") + 2)

    @property
    def height(self) -> float:
        """Of the whole, the name of the rows included, which may be longer than all rows."""
        return max(self.top + self.size[1] + 2.4 * _LINE, self._rows_middle + self._rows_reach)

    def draw(self, title: str, says: str) -> str:
        """Return the whole drawing, its values in `data-values` for the script that reads them out."""
        digits = 3 if max(self.values.shape) <= _THREE_DIGITS_UP_TO else 2
        lines = ";".join(" ".join(_plain(value, digits) for value in row) for row in self.values)
        return drawing(
            self.width,
            self.height,
            self._cells() + self._ticks() + self._legend(),
            title=title,
            says=says,
            fills=False,
            beside=self.width <= _BESIDE,
            tabindex="0",
            data_grid=" ".join(number(value) for value in (self.left, self.top, self.side)),
            data_words=f"{self.rows.word}|{self.columns.word}",
            data_rows=_names(self.rows),
            data_columns=_names(self.columns),
            data_values=lines,
        )

    def _cells(self) -> str:
        width, height = self.size
        frame = _frame({"width": width, "height": height})
        shades = "".join(self._shades(sign, colour) for sign, colour in ((1, POSITIVE), (-1, NEGATIVE)))
        # A cell is a stroke along its middle, as wide as it is long: half the bytes of a rectangle.
        unit = (
            f"translate({number(self.side * (1 - FILLED) / 2)} {number(self.side / 2)})scale({self.side:g})"
        )
        strokes = tag("g", shades, transform=unit, fill="none", stroke_width=FILLED)
        shift = f"translate({number(self.left)} {number(self.top)})"
        return tag("g", strokes + frame + self._numbers(), transform=shift)

    def _shades(self, sign: int, colour: str) -> str:
        """All cells of one sign: a path for each shade. Paler cells first."""
        levels = levels_of(sign * self.values, self.full)  # [rows, columns]
        paths = ""
        for level in np.unique(levels[levels > 0]):
            places = np.argwhere(levels == level)  # [cell, (row, column)]
            d = "".join(f"M{column} {row}h{number(FILLED)}" for row, column in places)
            paths += tag("path", d=d, stroke_opacity=number(level / LEVELS, 3))
        return tag("g", paths, stroke=colour) if paths else ""

    def _numbers(self) -> str:
        """The values in their cells, where there is room."""
        if max(self.values.shape) > _NUMBERS_UP_TO:
            return ""
        room = FILLED * self.side - 2
        texts = "".join(
            written(_short(float(value), room), (column + 0.5) * self.side, (row + 0.5) * self.side + 4.5)
            for (row, column), value in np.ndenumerate(self.values)
        )
        return tag("g", texts, text_anchor="middle")

    def _ticks(self) -> str:
        rows = "".join(
            written(self.rows.tick(row), self.left - 6, self.top + (row + 0.5) * self.side + 4)
            for row in self._every(self.rows, SIZE)
        )
        room = SIZE if self.slanted else self.columns.widest + 3
        columns = "".join(self._column_tick(column) for column in self._every(self.columns, room))
        return (
            tag("g", rows, text_anchor="end")
            + tag("g", columns, text_anchor=None if self.slanted else "middle")
            + self._axis_names()
        )

    def _every(self, axis: Axis, room: float) -> range:
        """The rows or columns whose ticks are written: as many as do not overlap."""
        return range(0, axis.count, math.ceil(room / self.side))

    def _column_tick(self, column: int) -> str:
        x, y = self.left + (column + 0.5) * self.side, self.top - 6
        if not self.slanted:
            return written(self.columns.tick(column), x, y)
        return written(self.columns.tick(column), x + 3, y, transform=f"rotate(-50 {number(x)} {number(y)})")

    def _axis_names(self) -> str:
        """What is counted across, at the top, and down, turned, at the left."""
        edge, middle = 0.8 * _LINE, self._rows_middle
        turn = f"rotate(-90 {number(edge)} {number(middle)})"
        across = written(f"{self.columns.word} →", self.left, edge)
        down = written(f"← {self.rows.word}", edge, middle, transform=turn, text_anchor="middle")
        return tag("g", across + down, font_style="italic")

    @property
    def _rows_reach(self) -> float:
        """From the middle of the rows' name to its ends."""
        return width_of(f"← {self.rows.word}") / 2 + 2

    @property
    def _rows_middle(self) -> float:
        """Where the rows' name has its middle: beside the cells, lower where it would begin above the top."""
        return max(self.top + self.size[1] / 2, self._rows_reach)

    @property
    def _legend_overhang(self) -> float:
        """How far the numbers at its ends stand out."""
        return width_of(figure(-self.full if self.signed else self.full)) / 2 + 2

    @property
    def _legend_left(self) -> float:
        return max(self.left, self._legend_overhang)

    def _legend(self) -> str:
        """Shades from the least to the greatest, with the numbers that they stand for."""
        ends = (-1, 0, 1) if self.signed else (0, 1)
        x, y, width = self._legend_left, self.top + self.size[1] + 0.7 * _LINE, _SWATCHES * _SWATCH
        box = {"x": x, "y": y, "height": 8.0}
        swatches = "".join(
            _swatch(step, box | {"x": x + index * _SWATCH})
            for index, step in enumerate(np.linspace(ends[0], 1, _SWATCHES))
        )
        marks = "".join(
            written(figure(end * self.full), x + width * (end - ends[0]) / (1 - ends[0]), y + 8 + 0.9 * _LINE)
            for end in ends
        )
        return swatches + _frame(box | {"width": width}) + tag("g", marks, text_anchor="middle")


def _swatch(step: float, box: dict[str, float]) -> str:
    colour = POSITIVE if step > 0 else NEGATIVE
    return tag("rect", **box, width=_SWATCH, fill=colour, fill_opacity=abs(float(step))) if step else ""


def _frame(box: dict[str, float]) -> str:
    return tag("rect", **box, fill="none", stroke="currentColor", stroke_opacity=0.3)


def levels_of(values: Array, full: float) -> Array:
    """Return the shade of each value [rows, columns]: 0 for nothing or less, LEVELS for `full`.

    >>> levels_of(np.array([[-1, 0, 1, 2]]), full=2)
    array([[ 0.,  0., 16., 32.]])
    """
    return np.clip(np.round(LEVELS * values / full), 0, LEVELS) if full else np.zeros_like(values)


def _names(axis: Axis) -> str | None:
    return None if axis.labels is None else json.dumps(axis.labels, ensure_ascii=False)


def _plain(value: float, digits: int) -> str:
    """A value for the script: two or three significant digits, as JavaScript reads numbers."""
    text = f"{value:.{digits}g}"
    return "0" if text == "-0" else text


def _short(value: float, room: float) -> str:
    """A value that fits in a cell: two decimals, or as many digits as there is room for."""
    short = f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    forms = [f"{value:.2f}", f"{value:.1f}", f"{value:.0f}", short]
    text = next((form for form in forms if width_of(form) <= room), forms[-1])
    return "0" if text in ("0.00", "-0.00") else text.replace("-", "−")
