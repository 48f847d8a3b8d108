"""Arrows and arcs."""

from __future__ import annotations

import math

from ovlearn.arguments import complaint
from ovlearn.plots.kit.parts import Part, around, marked
from ovlearn.plots.kit.things import ink
from ovlearn.plots.labelling import Place
from ovlearn.plots.marks import telling
from ovlearn.plots.svg import number, tag

_HEAD = 7.0  # of an arrow, from its tip to where its line ends
_THIN, _THICK = 1.0, 12.0  # widths of a weight of 0 and of 1
_RISE, _STEEP = 16.0, 0.16  # of an arc: its height, and how much that grows with its reach


def arrow(
    start: Place, end: Place, thing: str = "", width: float = 1.75, turn: str = "", says: str = ""
) -> Part:
    """Return an arrow from a place to another: straight, or with one round corner.

    `turn`: "across" to go across first and then up or down, "along" the other way round. Raises ValueError
    for a width that is not above 0, or another turn.

    >>> arrow((0, 0), (10, 40)).box
    (0.0, 0.0, 10.0, 40.0)
    """
    if not width > 0:
        raise ValueError(complaint("width", "more than 0", f"{width:g}"))
    if turn not in ("", "across", "along"):
        raise ValueError(complaint("turn", '"across", "along" or ""', repr(turn)))
    corner = {"": start, "across": (end[0], start[1]), "along": (start[0], end[1])}[turn]
    head = _HEAD + width
    tip = _back(end, corner, head * 0.7)
    line = f"M{_at(start)}{_through(start, corner, tip) if turn else ''}L{_at(tip)}"
    path = tag("path", d=line, fill="none", stroke_width=width)
    point = tag("path", d=_point(end, corner, head), fill=ink(thing), stroke="none")
    whole = tag("g", telling(says) + path + point) if says else path + point
    covers = around([(*each, *each) for each in (start, corner, end)])
    left, top, right, bottom = (float(value) for value in covers)
    return Part(marked(thing, whole), (left, top, right, bottom), solid=False)


def arc(start: Place, end: Place, weight: float = 1.0, thing: str = "pattern", says: str = "") -> Part:
    """Return an arc above two places, the thicker the larger the weight, from 0 to 1; of one place, a loop.

    `says`: what the site shows below the drawing for the arc that is pointed at. Raises ValueError for a
    weight outside.

    >>> [round(value) for value in arc((0, 0), (100, 0), 0.5).box]
    [-3, -35, 103, 0]
    """
    if not 0 <= weight <= 1:
        raise ValueError(complaint("weight", "a number from 0 to 1", f"{weight:g}"))
    (x, y), (to_x, to_y) = start, end
    width = _THIN + (_THICK - _THIN) * weight
    if math.dist(start, end) < 1:
        x, to_x, rise = x - 9, to_x + 9, 30.0
    else:
        rise = _RISE + _STEEP * abs(to_x - x)
    top = min(y, to_y) - rise
    # a curve goes three quarters of the way to the places that bend it
    bends = f"C{_at((x, y - rise / 0.75))} {_at((to_x, to_y - rise / 0.75))} {_at((to_x, to_y))}"
    drawn = tag(
        "path",
        telling(says) if says else "",
        class_="ov-mark" if says else None,
        d=f"M{_at((x, y))}{bends}",
        fill="none",
        stroke_width=width,
        stroke_opacity=0.45 + 0.5 * weight,
        stroke_linecap="round",
    )
    half = width / 2
    covers = (min(x, to_x) - half, top - half, max(x, to_x) + half, max(y, to_y))
    return Part(marked(thing, drawn), covers, solid=False)


def apex(part: Part) -> Place:
    """Return the highest point of an arc, in its middle."""
    return part.middle[0], part.box[1]


def _at(place: Place) -> str:
    return f"{number(place[0])} {number(place[1])}"


def _back(end: Place, origin: Place, by: float) -> Place:
    """The place before the end, as one comes from the origin."""
    away = math.dist(end, origin) or 1.0
    return end[0] + (origin[0] - end[0]) * by / away, end[1] + (origin[1] - end[1]) * by / away


def _through(start: Place, corner: Place, tip: Place) -> str:
    """To a round corner, and around it."""
    radius = min(10.0, math.dist(start, corner) / 2, math.dist(corner, tip) / 2)
    return f"L{_at(_back(corner, start, radius))}Q{_at(corner)} {_at(_back(corner, tip, radius))}"


def _point(end: Place, origin: Place, size: float) -> str:
    """A triangle with its tip at the end."""
    base = _back(end, origin, size)
    across = (end[1] - base[1]) * 0.45, (base[0] - end[0]) * 0.45
    corners = ((base[0] + sign * across[0], base[1] + sign * across[1]) for sign in (1, -1))
    return "M" + "L".join(_at(place) for place in (end, *corners)) + "z"
