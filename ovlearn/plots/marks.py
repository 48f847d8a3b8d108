"""Marks on a plane: shapes that can be told apart without their colour, each with words of its own."""

from __future__ import annotations

from html import escape

from ovlearn.plots.svg import Attribute, number, tag

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


def _outline(which: int, x: float, y: float) -> str:
    return f"M{number(x)} {number(y)}{SHAPES[which]}"
