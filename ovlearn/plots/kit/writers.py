"""The residual stream from left to right, and the heads that read it and write into it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ovlearn.arguments import complaint
from ovlearn.plots.kit.lines import arrow
from ovlearn.plots.kit.parts import Part, marked
from ovlearn.plots.kit.shapes import box, text
from ovlearn.plots.svg import number, tag

_LAYER, _PITCH = 150.0, 46.0  # from one layer to the next, from one head to the next
_RISE = 62.0  # from the stream to the first head
_PLUS = 9.0  # the radius of the sign where something is added
_WIDE = 5.0  # the stream itself


def stream(writers: Iterable[Sequence[str]], thing: str = "ov", silent: Collection[str] = ()) -> list[Part]:
    """Return the stream, its embedding and its unembedding, and a box for each writer of each layer.

    `writers`: their names, a list for each layer; `thing`: what they are; `silent`: the names of those that
    write nothing, which lose their arrow and their colour. The streams are called X_0, X_1, … and what a
    layer adds Δ_0, Δ_1, … Raises ValueError for no layer, or a layer without a writer.

    >>> parts = stream([["head 0.0", "head 0.1"], ["head 1.0"]])
    >>> any("head 1.0" in part.svg for part in parts)
    True
    """
    layers = [list(names) for names in writers]
    if not layers or not all(layers):
        raise ValueError(complaint("writers", "at least one writer in each layer", f"{layers}"))
    begin, end = 70.0, 70.0 + _LAYER * len(layers)
    embedding = box("E W_E", (28, 0), "embedding")
    unembedding = box("W_U", (end + 66, 0), "unembedding")
    line = arrow(embedding.right, unembedding.left, "stream", width=_WIDE)
    parts = [line, embedding, unembedding, text("Y", (end + 112, 0))]
    for layer, names in enumerate(layers):
        parts += _layer(layer, names, begin + _LAYER * layer, thing, silent)
    return [*parts, _stream_name(len(layers), end + 14)]


def _layer(layer: int, names: Sequence[str], x: float, thing: str, silent: Collection[str]) -> list[Part]:
    """The heads of one layer above the stream, how they read it, and where they write."""
    reads, writes = x + 22, x + _LAYER - 16
    heads = [
        box(name, ((reads + writes) / 2, -_RISE - _PITCH * row), "" if name in silent else thing)
        for row, name in enumerate(names)
    ]
    lines = [arrow((reads, 0), head.left, "stream", turn="along") for head in heads]
    lines += [
        arrow(head.right, (writes, -_PLUS), thing, turn="across")
        for head, name in zip(heads, names, strict=True)
        if name not in silent
    ]
    added = text(f"Δ_{layer}", (writes + 17, -_RISE / 2), "stream")
    return [*lines, *heads, _plus(writes), added, _stream_name(layer, x)]


def _plus(x: float) -> Part:
    """The sign for a sum, on the stream."""
    circle = tag("circle", cx=x, cy=0, r=_PLUS, fill="none", stroke_width=1.75)
    cross = f"M{number(x - _PLUS)} 0h{number(2 * _PLUS)}M{number(x)} {number(-_PLUS)}v{number(2 * _PLUS)}"
    svg = marked("stream", circle + tag("path", d=cross, fill="none", stroke_width=1.75))
    return Part(svg, (x - _PLUS, -_PLUS, x + _PLUS, _PLUS))


def _stream_name(layer: int, x: float) -> Part:
    return text(f"X_{layer}", (x + 4, 22), "stream")
