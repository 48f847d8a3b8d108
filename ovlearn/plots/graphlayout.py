"""The drawing of a graph of heads: a column for each layer, edges from left to right."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from ovlearn.arguments import Head
from ovlearn.plots.labelling import Place
from ovlearn.plots.marks import telling
from ovlearn.plots.picture import drawing
from ovlearn.plots.svg import POSITIVE, number, tag, width_of, written
from ovlearn.plots.wording import figure, name_of

_BOX, _TALL = 44.0, 24.0  # a head
_PITCH = 40.0  # from one head of a layer to the next
_WIDE, _NARROW = 480.0, 84.0  # from one layer to the next
_ACROSS = 640.0  # what all layers together should keep within, down to the narrowest
_EDGE = 8.0  # around all
_LEAST, _FULL, _FULL_OF_MANY = 0.75, 6.0, 3.5  # widths of an edge
_MANY = 24  # edges, from which on even the widest must leave room for the others


class Edge(NamedTuple):
    """From a head to a later one: their score, NaN where there is none, and `strength`, drawn from 0 to 1."""

    first: Head
    later: Head
    score: float
    strength: float

    @property
    def name(self) -> str:
        """Its two heads."""
        return f"{name_of(self.first)} → {name_of(self.later)}"


def draw(heads: list[Head], edges: list[Edge], word: str, rest: str, title: str, says: str) -> str:
    """Return the whole drawing, of edges from the strongest to the weakest: no edge crosses a head's name.

    `word`: what a score is called; `rest`: what the legend says beside the scores.
    """
    places = laid_out(heads)
    full = _FULL if len(edges) <= _MANY else _FULL_OF_MANY
    bottom = max(y for _, y in places.values()) + _TALL / 2 + _overhang(places)
    legend, legend_width = _legend(edges, rest, full, bottom + 18)
    width = max(max(x for x, _ in places.values()) + _BOX / 2 + _EDGE, legend_width)
    height = bottom + 34
    content = (
        _kept_clear(_lines(edges, places, word, full), places, (width, height)) + _heads(places) + legend
    )
    return drawing(width, height, content, title=title, says=says, tabindex="0")


def laid_out(heads: list[Head]) -> dict[Head, Place]:
    """Return the middle of each head: its column is its layer's, its row its place among those shown."""
    layers = sorted({layer for layer, _ in heads})
    across = min(_WIDE, max(_NARROW, _ACROSS / max(len(layers) - 1, 1)))
    top = 28 + _TALL / 2 + _bow(len(layers) - 1)
    places = {}
    for column, layer in enumerate(layers):
        for row, head in enumerate(sorted(head for head in heads if head[0] == layer)):
            places[head] = (_EDGE + _BOX / 2 + column * across, top + row * _PITCH)
    return places


def _bow(columns: int) -> float:
    """How far an edge over so many columns swings out: past the heads that stand between its ends."""
    return 20.0 + 4 * (columns - 2) if columns > 1 else 0.0


def _overhang(places: dict[Head, Place]) -> float:
    return 0.75 * _bow(len({layer for layer, _ in places}) - 1)


def _lines(edges: list[Edge], places: dict[Head, Place], word: str, full: float) -> str:
    """The edges, the strongest first: a thin line on a broad one can still be seen."""
    order = {layer: column for column, layer in enumerate(sorted({layer for layer, _ in places}))}
    middle = sum(y for _, y in places.values()) / len(places)
    return "".join(
        tag(
            "path",
            telling(f"{edge.name}: {word} {figure(edge.score)}"),
            class_="ov-mark",
            d=_way(edge, places, order, middle),
            **_look(edge.strength, full),
        )
        for edge in edges
    )


def _way(edge: Edge, places: dict[Head, Place], order: dict[int, int], middle: float) -> str:
    """Where an edge runs: level at both ends, and outwards past what stands between them."""
    (x, y), (to_x, to_y) = places[edge.first], places[edge.later]
    x, to_x = x + _BOX / 2, to_x - _BOX / 2
    swing = _bow(order[edge.later[0]] - order[edge.first[0]])
    if (y + to_y) / 2 <= middle:
        swing = -swing
    third = (to_x - x) / 3
    bends = (x + third, y + swing, to_x - third, to_y + swing, to_x, to_y)
    return f"M{number(x)} {number(y)}C{' '.join(number(value, 1) for value in bends)}"


def _look(strength: float, full: float) -> dict[str, str]:
    """The width and the opacity of an edge; `full`: the width of the strongest."""
    width = number(_LEAST + (full - _LEAST) * strength)
    return {"stroke_width": width, "stroke_opacity": number(0.25 + 0.65 * strength)}


def _kept_clear(lines: str, places: dict[Head, Place], size: Place) -> str:
    """The edges, cut out where heads stand: a name must not be crossed out."""
    if not lines:
        return ""
    boxes = "".join(_outline(place) for place in places.values())
    whole = f"M0 0H{number(size[0])}V{number(size[1])}H0z"
    base = f"ov-{sha256((lines + boxes).encode()).hexdigest()[:10]}-c"
    clip = tag("clipPath", tag("path", d=whole + boxes, clip_rule="evenodd"), id=base)
    return clip + tag("g", lines, clip_path=f"url(#{base})", fill="none", stroke=POSITIVE)


def _outline(place: Place) -> str:
    x, y = place[0] - _BOX / 2, place[1] - _TALL / 2
    return f"M{number(x)} {number(y)}h{number(_BOX)}v{number(_TALL)}h-{number(_BOX)}z"


def _heads(places: dict[Head, Place]) -> str:
    frames = tag(
        "path",
        d="".join(_outline(place) for place in places.values()),
        fill="none",
        stroke="currentColor",
        stroke_opacity=0.6,
    )
    names = "".join(written(name_of(head), x, y + 4.5) for head, (x, y) in places.items())
    columns = {head[0]: x for head, (x, _) in places.items()}
    layers = "".join(written(f"layer {layer}", x, 14) for layer, x in columns.items())
    return frames + tag("g", names, text_anchor="middle") + tag("g", layers, text_anchor="middle")


def _legend(edges: list[Edge], rest: str, full: float, y: float) -> tuple[str, float]:
    """Samples of the widest and the narrowest edge with their scores, then words; and the width of it all."""
    content, x = "", _EDGE
    for edge in edges[:1] + edges[1:][-1:]:
        line, score = f"M{number(x)} {number(y)}h28", figure(edge.score)
        content += tag("path", d=line, stroke=POSITIVE, **_look(edge.strength, full))
        content += written(score, x + 34, y + 4)
        x += 34 + width_of(score) + 16
    text = written(rest, x, y + 4) if rest else ""
    return content + text, x + width_of(rest) + _EDGE
