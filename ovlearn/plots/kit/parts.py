"""What a drawing is made of: parts that know where they stand, and notes that find a place by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ovlearn.plots.kit.things import ink
from ovlearn.plots.labelling import Box, Place
from ovlearn.plots.svg import Attribute, number, tag


@dataclass(frozen=True)
class Part:
    """Something drawn: its SVG, and the box that it covers, as left, top, right, bottom.

    `solid`: whether notes keep off it, as they need not off a line.

    >>> from ovlearn.plots.kit import box
    >>> one = box("head 0.1", at=(100, 50))
    >>> one.middle, one.moved(10, 0).middle
    ((100.0, 50.0), (110.0, 50.0))
    """

    svg: str
    box: Box
    solid: bool = True

    @property
    def middle(self) -> Place:
        """Its centre."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def left(self) -> Place:
        """The middle of its left edge."""
        return self.box[0], self.middle[1]

    @property
    def right(self) -> Place:
        """The middle of its right edge."""
        return self.box[2], self.middle[1]

    @property
    def top(self) -> Place:
        """The middle of its upper edge."""
        return self.middle[0], self.box[1]

    @property
    def bottom(self) -> Place:
        """The middle of its lower edge."""
        return self.middle[0], self.box[3]

    @property
    def size(self) -> tuple[float, float]:
        """Its width and its height."""
        return self.box[2] - self.box[0], self.box[3] - self.box[1]

    def moved(self, right: float, down: float) -> Part:
        """Return it at another place."""
        left, top, end, bottom = self.box
        shifted = tag("g", self.svg, transform=f"translate({number(right)} {number(down)})")
        return replace(self, svg=shifted, box=(left + right, top + down, end + right, bottom + down))


@dataclass(frozen=True)
class Note:
    """A short text about a place: `draw` finds room for it near there, where it covers nothing.

    >>> Note("63 %", (40, 20)).text
    '63 %'
    """

    text: str
    place: Place


def around(boxes: Iterable[Box]) -> Box:
    """Return the least box that holds all of them, of which there must be one.

    >>> around([(0, 0, 1, 1), (5, -1, 6, 0)])
    (0, -1, 6, 1)
    """
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def row(parts: Sequence[Part], gap: float = 16) -> list[Part]:
    """Return parts side by side, from where the first stands, their middles on its height.

    >>> from ovlearn.plots.kit import box
    >>> [round(one.left[0]) for one in row([box("a", at=(0, 0)), box("b", at=(0, 0))])]
    [-22, 38]
    """
    placed = list(parts[:1])
    for part in parts[1:]:
        before = placed[-1]
        placed.append(part.moved(before.box[2] + gap - part.box[0], before.middle[1] - part.middle[1]))
    return placed


def stack(parts: Sequence[Part], gap: float = 12) -> list[Part]:
    """Return parts one below another, from where the first stands, their middles below its middle."""
    placed = list(parts[:1])
    for part in parts[1:]:
        before = placed[-1]
        placed.append(part.moved(before.middle[0] - part.middle[0], before.box[3] + gap - part.box[1]))
    return placed


def marked(thing: str, content: str, **attributes: Attribute) -> str:
    """Return a group in a thing's colour, which says what it is."""
    colour = ink(thing)
    return tag("g", content, data_thing=thing or None, stroke=colour, **attributes)
