"""Texts and boxes."""

from __future__ import annotations

import re
from html import escape

from ovlearn.arguments import complaint
from ovlearn.plots.kit.parts import Part, marked
from ovlearn.plots.kit.things import ink
from ovlearn.plots.labelling import Place
from ovlearn.plots.marks import telling
from ovlearn.plots.svg import SIZE, number, tag, width_of

_SYMBOL = re.compile(r"([A-ZΔ])_(\w{1,4})")  # W_OV, X_0: a letter and its index
_SCRIPT = 0.72  # of the face
_TALL, _LEAST = 34.0, 44.0  # a box


def text(words: str, at: Place = (0, 0), thing: str = "", size: float = SIZE, *, bold: bool = False) -> Part:
    """Return a line of text around a place; a symbol such as W_OV has its index below the line.

    Raises ValueError for an unknown thing.

    >>> "dy=" in text("W_OV", thing="ov").svg, "dy=" in text("silver").svg
    (True, False)
    """
    width = breadth(words, size) * (1.06 if bold else 1)
    x, y = at
    drawn = tag(
        "text",
        _pieces(words, size),
        x=x,
        y=y + 0.36 * size,
        text_anchor="middle",
        fill=ink(thing),
        stroke="none",
        font_size=size if size != SIZE else None,
        font_weight="600" if bold else None,
    )
    svg = tag("g", drawn, data_thing=thing) if thing else drawn
    return Part(svg, (x - width / 2, y - 0.6 * size, x + width / 2, y + 0.6 * size))


def box(
    words: str,
    at: Place = (0, 0),
    thing: str = "",
    size: tuple[float, float] | None = None,
    says: str = "",
) -> Part:
    """Return a box around a place, with a text in it; without a size it is as wide as that needs.

    `says`: what the site shows below the drawing for the box that is pointed at. Raises ValueError for an
    unknown thing, and for a text that does not fit into a given size.

    >>> box("head 0.1", thing="ov", size=(90, 34)).size
    (90.0, 34.0)
    """
    needs = breadth(words, SIZE) + 20
    width, height = map(float, size or (max(needs, _LEAST), _TALL))
    if width < needs - 16:
        raise ValueError(complaint("size", f"a width of {needs - 16:.0f} for {words!r}", f"{width:g}"))
    left, top = at[0] - width / 2, at[1] - height / 2
    frame = tag(
        "rect",
        telling(says) if says else "",
        class_="ov-mark" if says else None,
        x=left,
        y=top,
        width=width,
        height=height,
        rx=5,
        fill=ink(thing),
        fill_opacity=0.14,
        stroke_opacity=0.9,
        stroke_width=1.5,
    )
    return Part(marked(thing, frame + text(words, at).svg), (left, top, left + width, top + height))


def breadth(words: str, size: float) -> float:
    """Return about how wide a text will be, its indices smaller."""
    return sum(width_of(piece, size * (_SCRIPT if low else 1)) for piece, low in _parted(words))


def _parted(words: str) -> list[tuple[str, bool]]:
    """The pieces of a text, and whether each is an index."""
    pieces, end = [], 0
    for found in _SYMBOL.finditer(words):
        pieces += [(words[end : found.end(1)], False), (found[2], True)]
        end = found.end()
    return [piece for piece in [*pieces, (words[end:], False)] if piece[0]]


def _pieces(words: str, size: float) -> str:
    parted = _parted(words)
    if len(parted) == 1:
        return escape(words)
    drawn, down = "", 0.0
    for piece, low in parted:
        level = 0.25 * size if low else 0.0
        drawn += tag(
            "tspan",
            escape(piece),
            dy=number(level - down) if level != down else None,
            font_size=number(_SCRIPT * size) if low else None,
        )
        down = level
    return drawn
