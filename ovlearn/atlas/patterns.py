"""A head's attention pattern on a text as a picture: a triangle, its words on the diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ovlearn.plots.svg import number, tag, width_of, written

_LEVELS = 20  # of darkness; what is rounded to none is not drawn
_SIDES = ((16, 22), (32, 14))  # a cell's side for so many words at most; else the last one
_SMALLEST = 10


def pattern(words: Sequence[str], attention: Sequence[Sequence[float]]) -> str:
    """Return a pattern as markup: queries down, keys across, as dark as the query attends to the key."""
    side = next((each for most, each in _SIDES if len(words) <= most), _SMALLEST)
    cells = "".join(
        tag("path", d=path, fill_opacity=level / _LEVELS) for level, path in _paths(attention, side).items()
    )
    size = min(side - 2, 13)
    labels = "".join(
        written(word, (at + 1) * side + 4, at * side + side / 2, dominant_baseline="central", font_size=size)
        for at, word in enumerate(words)
    )
    width = max((at + 1) * side + 8 + width_of(word, size) for at, word in enumerate(words))
    says = "Attention pattern: queries down, keys across; each word stands right of its row."
    svg = tag(
        "svg",
        tag("title", escape(says)) + tag("g", cells, class_="cells") + tag("g", labels),
        viewBox=f"-2 -2 {number(width)} {len(words) * side + 4}",
        width=number(width),
        role="img",
    )
    return tag("div", svg, class_="wide pattern")


def _paths(attention: Sequence[Sequence[float]], side: int) -> dict[int, str]:
    """The cells of each level of darkness, as one path."""
    paths: dict[int, str] = {}
    for query, row in enumerate(attention):
        for key, weight in enumerate(row):
            level = round(_LEVELS * weight)
            square = f"M{key * side} {query * side}h{side - 1}v{side - 1}h{1 - side}z"
            if level:
                paths[level] = paths.get(level, "") + square
    return paths
