"""A plane to put marks on: two scales with round ticks, a frame, lines through 0."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ovlearn.numeric.arrays import Array
from ovlearn.plots.svg import number, tag, width_of, written

Range = tuple[float, float]

LONGEST = 80  # characters of an axis's name

_TICK = 4.0  # its length
_LINE = 17.0  # the height of a line of text
_DIGITS = 6  # of a tick: more only where the ticks would else be told alike
_MARGIN = 0.07  # of the range, beyond the outermost marks


@dataclass(frozen=True)
class Scale:
    """One axis: the numbers from `low` to `high`, drawn from the place `begin` to the place `end`.

    >>> Scale(0, 2, begin=100, end=0).place(0.5)
    75.0
    """

    low: float
    high: float
    begin: float
    end: float

    def place(self, value: float) -> float:
        """Where a number stands."""
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self, room: float) -> dict[float, str]:
        """Round numbers at least `room` apart, and how each is written."""
        return round_ticks(self.low, self.high, max(1, int(abs(self.end - self.begin) / room)))


@dataclass(frozen=True)
class Plane:
    """Two scales at right angles, the second one upwards, and the names of what they count.

    >>> plane((0, 1), (0, 1), (100, 100), ("x", "y")).place(0, 1)[1]
    8.0
    """

    x: Scale
    y: Scale
    names: tuple[str, str]

    @property
    def width(self) -> float:
        """Of the whole, the last tick's text included."""
        return self.x.end + 26

    @property
    def height(self) -> float:
        """Of the whole, ticks and name included."""
        return self.y.begin + _LINE * (1 + len(self._x_lines)) + 10

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point stands."""
        return self.x.place(x), self.y.place(y)

    def draw(self) -> str:
        """Return the frame, the lines through 0, the ticks and the names."""
        left, right, top, bottom = self.x.begin, self.x.end, self.y.end, self.y.begin
        frame = tag(
            "rect", x=left, y=top, width=right - left, height=bottom - top, fill="none", stroke_opacity=0.3
        )
        lines = tag("g", frame + self._zeros() + self._strokes(), stroke="currentColor", fill="none")
        return lines + self._texts()

    def _zeros(self) -> str:
        """The lines on which one of the two numbers is 0, where that is within the frame."""
        d = ""
        if self.x.low < 0 < self.x.high:
            d += f"M{number(self.x.place(0))} {number(self.y.end)}V{number(self.y.begin)}"
        if self.y.low < 0 < self.y.high:
            d += f"M{number(self.x.begin)} {number(self.y.place(0))}H{number(self.x.end)}"
        return tag("path", d=d, class_="ov-zero", stroke_opacity=0.45) if d else ""

    def _strokes(self) -> str:
        across = "".join(
            f"M{number(self.x.place(value))} {number(self.y.begin)}v{number(_TICK)}" for value in self._across
        )
        up = "".join(
            f"M{number(self.x.begin)} {number(self.y.place(value))}h-{number(_TICK)}" for value in self._up
        )
        return tag("path", d=across + up, class_="ov-ticks", stroke_opacity=0.6)

    def _texts(self) -> str:
        below = self.y.begin + _TICK + 13
        across = "".join(written(text, self.x.place(value), below) for value, text in self._across.items())
        up = "".join(
            written(text, self.x.begin - _TICK - 3, self.y.place(value) + 4.5)
            for value, text in self._up.items()
        )
        return tag("g", across, text_anchor="middle") + tag("g", up, text_anchor="end") + self._named()

    def _named(self) -> str:
        """What is counted across, below the ticks, and up, turned, at the left."""
        middle, side = (self.x.begin + self.x.end) / 2, (self.y.begin + self.y.end) / 2
        across = "".join(
            written(text, middle, self.y.begin + _LINE * (2 + line) + 5)
            for line, text in enumerate(self._x_lines)
        )
        up = "".join(
            written(text, x, side, transform=f"rotate(-90 {number(x)} {number(side)})")
            for line, text in enumerate(lines_of(self.names[1], self.y.begin - self.y.end))
            for x in [_LINE * (line + 1) - 4]
        )
        return tag("g", across + up, text_anchor="middle", font_style="italic")

    @property
    def _x_lines(self) -> list[str]:
        return lines_of(self.names[0], self.x.end - self.x.begin)

    @property
    def _across(self) -> dict[float, str]:
        return self.x.ticks(room=60)

    @property
    def _up(self) -> dict[float, str]:
        return self.y.ticks(room=42)


def plane(x: Range, y: Range, size: tuple[float, float], names: tuple[str, str]) -> Plane:
    """Return a plane over these ranges, its frame of this width and height, with room for ticks and names."""
    width, height = size
    up = Scale(*y, begin=8 + height, end=8)
    widest = max((width_of(text) for text in up.ticks(room=42).values()), default=0.0)
    left = _LINE * len(lines_of(names[1], height)) + widest + _TICK + 5
    return Plane(Scale(*x, begin=left, end=left + width), up, names)


def lines_of(name: str, room: float) -> list[str]:
    """Return a name in as many lines as it needs where each has this room; a longer word stands whole.

    >>> lines_of("share of words among their own 10 largest", room=180)
    ['share of words among', 'their own 10 largest']
    """
    lines = [""]
    for word in name.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def spread(values: Array) -> Range:
    """Return a range that holds all values [n], with a margin; never an empty one.

    >>> spread(np.array([0.0, 1.0]))
    (-0.07, 1.07)
    """
    low, high = float(values.min()), float(values.max())
    size = max(abs(low), abs(high))
    # Numbers that are all the same, but for rounding, would leave nothing to divide by.
    width = high - low if high - low > 1e-9 * size else size or 1.0
    return low - _MARGIN * width, high + _MARGIN * width


def round_ticks(low: float, high: float, most: int) -> dict[float, str]:
    """Return multiples of 1, 2 or 5 times a power of ten, about `most` of them, with their texts.

    >>> round_ticks(-0.1, 1.05, most=4)
    {0.0: '0', 0.5: '0.5', 1.0: '1'}
    """
    step = _step((high - low) / most)
    digits = max(_DIGITS, math.ceil(math.log10(max(abs(low), abs(high)) / step)) + 1)
    found = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
    return {float(value): f"{value:.{digits}g}".replace("-", "−") for value in found}


def _step(least: float) -> float:
    """The least round number that is not below this one."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= least)
