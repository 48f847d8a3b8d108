"""All heads by two of their figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ovlearn.arguments import Head, complaint, instance_of
from ovlearn.numeric.arrays import Array
from ovlearn.plots import inputs
from ovlearn.plots.labelling import RING, SIZE, Place, Wanted, beside
from ovlearn.plots.marks import mark as marked
from ovlearn.plots.marks import shape
from ovlearn.plots.picture import READOUT, Picture, drawing, folded
from ovlearn.plots.planes import LONGEST, Plane, plane, spread
from ovlearn.plots.svg import POSITIVE, number, tag, width_of, written
from ovlearn.plots.wording import figure, first_largest, label, name_of, plural

LABELLED = 16  # heads with a label beside them
_SIZE = (560.0, 360.0)  # of the frame
_SHAPES = 4  # that take turns; the shade tells layers of one shape apart
_SAME = (4.0, 8.0, 16.0, 32.0)  # how near heads must be to share a label: the least that leaves room for all
_PITCH = 20.0  # from one line of the legend to the next


@dataclass(frozen=True)
class Scatter:
    """The heads that have both figures [head], the names of the figures, and the heads to ring."""

    heads: list[Head]
    x: Array
    y: Array
    names: tuple[str, str]
    n_layers: int
    ringed: list[Head]


def heads(
    x: Any, y: Any, x_name: str, y_name: str, title: str = "", caption: str = "", mark: Any = None
) -> Picture:
    """Return all heads as marks, each as far right as its figure in x, as high as its one in y.

    x and y have shape [layer, head]; a head with NaN in either is left out, and named in the description.
    Later layers are darker (in a dark theme brighter), and shapes take turns. Up to 16 heads all have labels,
    "head layer.head", and those that coincide have one together; of more, the 16 that are farthest out, where
    there is room.
    `mark`: (layer, head) pairs to ring.

    Raises: TypeError for what is no array of real numbers, no string or no list of heads; ValueError for
    infinity, two shapes that differ, no head with both figures, and a head that does not exist.

    >>> from ovlearn.numeric import Config, Transformer, circuits
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> sizes = circuits.full_ov(model).norm()  # [layer, head]
    >>> heads(circuits.copying_score(model), sizes, "copying score", "norm", title="Four heads")
    Picture('Four heads')
    """
    title, caption = inputs.texts(title, caption)
    names = _name("x_name", x_name), _name("y_name", y_name)
    across, up = inputs.figures("x", x), inputs.figures("y", y)  # [layer, head] each
    if up.shape != across.shape:
        raise ValueError(complaint("y", f"the shape of x, {across.shape}", f"shape {up.shape}"))
    ringed = [] if mark is None else inputs.chosen("mark", mark, *across.shape)
    places = np.argwhere(~np.isnan(across + up))  # [head, (layer, head)]
    if not len(places):
        raise ValueError(complaint("x, y", "at least one head with both figures", "NaN in each"))
    found = [(int(layer), int(head)) for layer, head in places]
    scatter = Scatter(found, across[*places.T], up[*places.T], names, len(across), ringed)
    name = title or "Heads"
    body = _drawn(scatter, name, _says(scatter, across, up))
    rows = [
        [name_of(head), *(figure(float(of[head])) for of in (across, up))]
        for head in np.ndindex(*across.shape)
    ]
    alternative = folded("Show the figures", ["head", *names], rows, name)
    return Picture(title, caption, body + READOUT, alternative)


def _name(argument: str, value: object) -> str:
    return label(instance_of(argument, value, str), LONGEST)


def _drawn(scatter: Scatter, name: str, says: str) -> str:
    on = plane(spread(scatter.x), spread(scatter.y), _SIZE, scatter.names)
    legend, height = _legend(scatter, on)
    return drawing(
        on.width,
        on.height + height,
        on.draw() + _marks(scatter, on) + _rings(scatter, on) + _labels(scatter, on) + legend,
        title=name,
        says=says,
        tabindex="0",
    )


def _places(scatter: Scatter, on: Plane) -> list[Place]:
    return [on.place(float(x), float(y)) for x, y in zip(scatter.x, scatter.y, strict=True)]


def _marks(scatter: Scatter, on: Plane) -> str:
    """One group a layer: its shape, its shade."""
    groups: dict[int, str] = {}
    x_name, y_name = scatter.names
    for head, x, y, place in zip(scatter.heads, scatter.x, scatter.y, _places(scatter, on), strict=True):
        says = f"{name_of(head)}: {x_name} {figure(x)}, {y_name} {figure(y)}"
        groups[head[0]] = groups.get(head[0], "") + marked(head[0] % _SHAPES, *place, says)
    return "".join(
        tag("g", marks, **_look(layer, scatter.n_layers)) for layer, marks in sorted(groups.items())
    )


def _look(layer: int, layers: int) -> dict[str, str]:
    """The shade of a layer: its outline is always there."""
    shade = number(0.15 + 0.85 * (layer + 1) / layers)
    return {"fill": POSITIVE, "fill_opacity": shade, "stroke": POSITIVE}


def _rings(scatter: Scatter, on: Plane) -> str:
    rings = "".join(
        tag("circle", cx=x, cy=y, r=RING)
        for head, (x, y) in zip(scatter.heads, _places(scatter, on), strict=True)
        if head in scatter.ringed
    )
    return tag("g", rings, fill="none", stroke="currentColor", stroke_width=1.5) if rings else ""


def _labels(scatter: Scatter, on: Plane) -> str:
    """Beside the ringed heads first, then from the outermost inwards."""
    places = _places(scatter, on)
    frame = (on.x.begin, on.y.end, on.x.end, on.y.begin)
    for same in _SAME[: None if len(places) <= LABELLED else 1]:
        groups = _together(scatter, places, same)
        labels = beside([_wanted(scatter, places, group) for group in groups], places, frame)
        if len(labels) == len(groups):
            break
    return tag("g", "".join(label.draw() for label in labels), class_="ov-names", font_size=SIZE)


def _together(scatter: Scatter, places: list[Place], same: float) -> list[list[int]]:
    """Which heads share a label: those so near to each other, in the order in which labels are wanted."""
    groups: list[list[int]] = []
    for index in _outermost(scatter):
        near = (group for group in groups if math.dist(places[group[0]], places[index]) <= same)
        group = next(near, None)
        groups.append([index]) if group is None else group.append(index)
    return groups


def _wanted(scatter: Scatter, places: list[Place], group: list[int]) -> Wanted:
    """The label of one head, or of several at one place: "head 0.2", which no one takes for a tick."""
    heads = sorted(scatter.heads[index] for index in group)
    text = f"{plural('head', len(heads))} {', '.join(map(name_of, heads))}"
    return Wanted(text, places[group[0]], any(head in scatter.ringed for head in heads))


def _outermost(scatter: Scatter) -> list[int]:
    """Which heads get a label: the ringed ones, then those farthest from the middle by either range."""
    away = np.hypot(*(_from_middle(values) for values in (scatter.x, scatter.y)))  # [head]
    order = sorted(
        range(len(away)), key=lambda index: (scatter.heads[index] not in scatter.ringed, -away[index])
    )
    return order[: max(LABELLED, sum(head in scatter.ringed for head in scatter.heads))]


def _from_middle(values: Array) -> Array:
    """How far each value [head] is from the median, in units of the whole range."""
    away: Array = (values - np.median(values)) / ((values.max() - values.min()) or 1.0)
    return away


def _legend(scatter: Scatter, on: Plane) -> tuple[str, float]:
    """Each layer's mark with its name, in lines as wide as the plane; and the height of them."""
    content, x, line = "", on.x.begin + 4, 0
    for layer in sorted({layer for layer, _ in scatter.heads}):
        text = f"layer {layer}"
        width = 14 + width_of(text) + 14
        if x + width > on.width + 10 and x > on.x.begin + 4:
            x, line = on.x.begin + 4, line + 1
        y = on.height + _PITCH * line + 8
        content += shape(layer % _SHAPES, x, y, **_look(layer, scatter.n_layers))
        content += written(text, x + 10, y + 4)
        x += width
    return content, _PITCH * (line + 1) + 4


def _says(scatter: Scatter, x: Array, y: Array) -> str:
    count, (x_name, y_name) = len(scatter.heads), scatter.names
    right, top = first_largest(scatter.x), first_largest(scatter.y)
    left_out = [name_of((layer, head)) for layer, head in np.argwhere(np.isnan(x + y))]
    ringed = ", ".join(name_of(head) for head in scatter.ringed)
    return (
        f"{count} {plural('head', count)}. Across: {x_name}, {_range(scatter.x)}; "
        f"up: {y_name}, {_range(scatter.y)}. "
        f"Farthest right is {name_of(scatter.heads[right])}, highest {name_of(scatter.heads[top])}."
        + (f" Ringed: {ringed}." if ringed else "")
        + (f" Left out, without a figure: {', '.join(left_out)}." if left_out else "")
    )


def _range(values: Array) -> str:
    return f"from {figure(values.min())} to {figure(values.max())}"
