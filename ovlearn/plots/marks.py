"""Marks on a plane, and labels beside them.

The shapes can be told apart without their colour, and each mark has words of its own. There are as many
labels as there is room for.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from ovlearn.plots.svg import Attribute, number, tag, width_of

Place = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom

RING = 8.0  # from the middle of a ringed mark to its ring

_SIZE = 10.0  # of a label's face
_MARK = 5.0  # from a mark's middle to its edge, all shapes
_GAP = 2.0

# Each drawn from its middle, all about as large to the eye.
SHAPES = (
    "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",  # a disc
    "m-3.5-3.5h7v7h-7z",  # a square
    "m0-5l4.5 7.8h-9z",  # a triangle
    "m0-5l5 5-5 5-5-5z",  # a lozenge
    "m0 5l4.5-7.8h-9z",  # a triangle on its tip
    "m-1.5-5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5z",  # a cross
    "m0-2l2.5-2.5 2 2-2.5 2.5 2.5 2.5-2 2-2.5-2.5-2.5 2.5-2-2 2.5-2.5-2.5-2.5 2-2z",  # a cross, turned
    "m-4.5-4.5h9l-9 9h9z",  # an hourglass
)


def shape(which: int, x: float, y: float, **attributes: Attribute) -> str:
    """Return one of the shapes, around a place.

    >>> shape(1, 10, 20.5)
    '<path d="M10 20.5m-3.5-3.5h7v7h-7z"/>'
    """
    return tag("path", d=_outline(which, x, y), **attributes)


def mark(which: int, x: float, y: float, says: str, **attributes: Attribute) -> str:
    """Return a shape that tells what it stands for; the site shows its words below the picture."""
    return tag("path", telling(says), class_="ov-mark", d=_outline(which, x, y), **attributes)


def telling(says: str) -> str:
    """Return what a browser shows for the mark that the pointer rests on."""
    return tag("title", escape(says))


class Wanted(NamedTuple):
    """A text, the middle of its mark, and whether that is ringed."""

    text: str
    place: Place
    ringed: bool = False


class Label(NamedTuple):
    """A text and where it begins, on its base line."""

    text: str
    x: float
    y: float

    @property
    def box(self) -> Box:
        """What it covers."""
        end = self.x + width_of(self.text, _SIZE)
        return self.x, self.y - 0.8 * _SIZE, end, self.y + 0.2 * _SIZE


def beside(wanted: list[Wanted], marks: list[Place], frame: Box) -> list[Label]:
    """Return a label beside each mark where it covers no mark and no other label, the first wanted first.

    A ringed mark has its label even where that covers another mark. `marks`: the middles of all marks.

    >>> beside([Wanted("0.1", (50, 50))], [(50, 50)], (0, 0, 100, 100))
    [Label(text='0.1', x=57.0, y=53.5)]
    """
    covered = [_square(place, _MARK) for place in marks]
    labels = [_square(one.place, RING) for one in wanted if one.ringed]
    found = []
    for one in wanted:
        around = [(_covered(label.box, covered), label) for label in _around(one)]
        fit = [
            (marks_covered, label)
            for marks_covered, label in around
            if _within(label.box, frame) and not _covered(label.box, labels)
        ]
        best = min(fit, key=lambda each: each[0], default=None)  # of equal ones the first
        if best is not None and (one.ringed or best[0] == 0):
            found.append(best[1])
            labels.append(best[1].box)
    return found


def _outline(which: int, x: float, y: float) -> str:
    return f"M{number(x)} {number(y)}{SHAPES[which]}"


def _square(place: Place, reach: float) -> Box:
    return place[0] - reach, place[1] - reach, place[0] + reach, place[1] + reach


def _around(one: Wanted) -> list[Label]:
    """Right, left, above, below, then at the corners."""
    text, (x, y), width = one.text, one.place, width_of(one.text, _SIZE)
    aside, level = (RING if one.ringed else _MARK) + _GAP, 0.35 * _SIZE
    right, left, middle = x + aside, x - aside - width, x - width / 2
    above, below = y - aside, y + aside + 0.75 * _SIZE
    spots = [(right, y + level), (left, y + level), (middle, above), (middle, below)]
    spots += [(right - 2, above + 2), (left + 2, above + 2), (right - 2, below - 2), (left + 2, below - 2)]
    return [Label(text, *spot) for spot in spots]


def _within(box: Box, frame: Box) -> bool:
    left, top, right, bottom = box
    return left >= frame[0] and top >= frame[1] and right <= frame[2] and bottom <= frame[3]


def _covered(box: Box, others: list[Box]) -> int:
    """How many of the other boxes this one touches."""
    left, top, right, bottom = box
    return sum(left < b[2] and b[0] < right and top < b[3] and b[1] < bottom for b in others)
