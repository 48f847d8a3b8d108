"""Labels that keep apart: each near what it names, or joined to it by a line where it is crowded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, pi, sin
from typing import NamedTuple

from ovlearn.plots.svg import number, tag, width_of, written

Place = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom

RING = 8.0  # from the middle of a ringed mark to its ring
SIZE = 12.0  # of a label's face

_MARK = 5.0  # from a mark's middle to its edge, all shapes
_GAP = 2.0
_AWAY = (16.0, 28.0, 42.0, 60.0, 80.0, 104.0, 132.0)  # from a mark to a label that a line joins to it
_WAYS = 16  # directions in which to look for room


class Wanted(NamedTuple):
    """A text, the middle of its mark, and whether that is ringed."""

    text: str
    place: Place
    ringed: bool = False


class Label(NamedTuple):
    """A text, where it begins on its base line, and the mark to which a line joins it, if one does."""

    text: str
    x: float
    y: float
    joined: Place | None = None

    @property
    def box(self) -> Box:
        """What it covers."""
        end = self.x + width_of(self.text, SIZE)
        return self.x, self.y - 0.8 * SIZE, end, self.y + 0.25 * SIZE

    @property
    def line(self) -> tuple[Place, Place] | None:
        """From the mark's edge to the nearest point of the label, or None."""
        if self.joined is None:
            return None
        left, top, right, bottom = self.box
        x, y = self.joined
        to = min(max(x, left), right), min(max(y, top), bottom)
        away = ((to[0] - x) ** 2 + (to[1] - y) ** 2) ** 0.5 or 1.0
        return (x + (to[0] - x) * _MARK / away, y + (to[1] - y) * _MARK / away), to

    def draw(self) -> str:
        """Return the text, and its line."""
        text = written(self.text, self.x, self.y)
        if self.line is None:
            return text
        (x, y), (to_x, to_y) = self.line
        d = f"M{number(x)} {number(y)}L{number(to_x)} {number(to_y)}"
        return tag("path", d=d, stroke="currentColor", stroke_opacity=0.6, fill="none") + text


def beside(wanted: list[Wanted], marks: list[Place], frame: Box, solid: Sequence[Box] = ()) -> list[Label]:
    """Return a label for each mark, the first wanted first: it covers no mark, no other label and no line.

    It stands beside its mark where there is room, and otherwise farther away, joined to it by a line. A
    ringed mark has its label even where that covers another mark. `marks`: the middles of all marks; `solid`:
    what no label may cover.

    >>> beside([Wanted("0.1", (50, 50))], [(50, 50)], (0, 0, 100, 100))
    [Label(text='0.1', x=57.0, y=54.2, joined=None)]
    """
    covered = [_square(place, _MARK) for place in marks]
    taken = [*solid, *(_square(one.place, RING) for one in wanted if one.ringed)]
    found: list[Label] = []
    for one in wanted:
        best = _best((label for label in _around(one) if _free(label, found, taken, frame)), covered)
        if best is not None and (one.ringed or _count(best.box, covered) == 0):
            found.append(best)
    return found


def _best(labels: Iterator[Label], covered: list[Box]) -> Label | None:
    """The first that covers no mark, or else the first of those that cover the fewest."""
    counts: dict[Label, int] = {}
    for label in labels:
        counts[label] = _count(label.box, covered)
        if not counts[label]:
            return label
    return min(counts, key=counts.__getitem__, default=None)


def crosses(line: tuple[Place, Place], box: Box) -> bool:
    """Return whether a straight line touches a box.

    >>> crosses(((0, 0), (10, 10)), (4, 4, 6, 6)), crosses(((0, 0), (10, 0)), (4, 4, 6, 6))
    (True, False)
    """
    (x, y), (to_x, to_y) = line
    begin, end = 0.0, 1.0
    for at, step, low, high in ((x, to_x - x, box[0], box[2]), (y, to_y - y, box[1], box[3])):
        if step == 0:
            if not low <= at <= high:
                return False
            continue
        first, last = sorted(((low - at) / step, (high - at) / step))
        begin, end = max(begin, first), min(end, last)
    return begin <= end


def overlap(one: Box, other: Box) -> bool:
    """Return whether two boxes share more than an edge."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _free(label: Label, found: list[Label], taken: list[Box], frame: Box) -> bool:
    """Whether it lies in the frame, and neither it nor its line meets another label or its line."""
    box, line = label.box, label.line
    if not (box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]):
        return False
    if _count(box, taken) or any(overlap(box, other.box) for other in found):
        return False
    if any(other.line is not None and crosses(other.line, box) for other in found):
        return False
    return line is None or not any(crosses(line, other.box) for other in found)


def _square(place: Place, reach: float) -> Box:
    return place[0] - reach, place[1] - reach, place[0] + reach, place[1] + reach


def _around(one: Wanted) -> Iterator[Label]:
    """Right, left, above, below, then at the corners; then farther and farther away, with a line."""
    text, (x, y), width = one.text, one.place, width_of(one.text, SIZE)
    aside, level = (RING if one.ringed else _MARK) + _GAP, 0.35 * SIZE
    right, left, middle = x + aside, x - aside - width, x - width / 2
    above, below = y - aside - 0.1 * SIZE, y + aside + 0.8 * SIZE
    spots = [(right, y + level), (left, y + level), (middle, above), (middle, below)]
    spots += [(right - 2, above + 2), (left + 2, above + 2), (right - 2, below - 2), (left + 2, below - 2)]
    yield from (Label(text, *spot) for spot in spots)
    for away in _AWAY:
        for way in range(_WAYS):
            across, up = cos(2 * pi * way / _WAYS), sin(2 * pi * way / _WAYS)
            begin = x + away * across - width * (1 - across) / 2  # its near side towards the mark
            yield Label(text, begin, y - away * up + level, joined=one.place)


def _count(box: Box, others: list[Box]) -> int:
    """How many of the other boxes this one covers."""
    return sum(overlap(box, other) for other in others)
