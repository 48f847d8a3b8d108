"""The drawing of a network: the residual stream from left to right, and the heads that read and write it."""

from __future__ import annotations

from html import escape

from ovlearn.plots.picture import drawing
from ovlearn.plots.svg import number, tag, written
from ovlearn.plots.terms import index
from ovlearn.plots.wording import plural

_LAYER = 148.0  # the width of a layer
_BOX, _TALL = 64.0, 34.0  # a head
_PITCH = 58.0  # from one head of a layer to the next
_START = 74.0  # where the first layer begins
_ENDS = 64.0  # room for what follows the last one


def draw(layers: int, heads: int) -> str:
    """Return the network's drawing; each way through a layer is a group of its own.

    `data-way` is "1.0" for the way through head 0 of layer 1, "1" for the way past layer 1, and empty for
    what every path has in common.
    """
    stream = 12 + heads * _PITCH + 8
    ways = "".join(_layer(layer, heads, stream) for layer in range(layers))
    end = _START + layers * _LAYER
    past = f"{layers} {plural('layer', layers)}"
    says = (
        f"The residual stream runs from the embedding at the left, past {past}, to the "
        f"unembedding at the right. In each layer, {_heads(heads)} beside it reads it and adds to it."
    )
    return drawing(
        end + _ENDS,
        stream + 34,
        tag("g", _common(end, stream) + ways, stroke="currentColor", stroke_opacity=0.6, fill="none")
        + _joints(layers, stream),
        title=f"A network of {past} with {heads} {plural('head', heads)} each",
        says=says,
    )


def _heads(heads: int) -> str:
    return "one head" if heads == 1 else f"each of {heads} heads"


def _layer(layer: int, heads: int, stream: float) -> str:
    """The ways through one layer: past it, and through each of its heads."""
    left, right = _START + layer * _LAYER, _START + (layer + 1) * _LAYER
    past = _line(f"M{number(left)} {number(stream)}H{number(right)}")
    name = written(
        f"layer {layer}",
        (left + right) / 2,
        stream + 22,
        text_anchor="middle",
        font_style="italic",
        stroke="none",
        fill="currentColor",
    )
    through = "".join(_head(layer, head, heads, left, stream) for head in reversed(range(heads)))
    return _way(str(layer), past) + name + through


def _head(layer: int, head: int, heads: int, left: float, stream: float) -> str:
    middle = stream - (head + 1) * _PITCH + 2
    box = left + (_LAYER - _BOX) / 2
    aside, rise = box - left, number(middle - stream)  # the height counts from the top
    bend = f"{aside - 4:g}"
    up = f"M{number(left)} {number(stream)}c{bend} 0 0 {rise} {aside:g} {rise}"
    down = f"m{_BOX:g} 0c{aside:g} 0 4 {number(stream - middle)} {aside:g} {number(stream - middle)}"
    lines = _line(up + down)
    frame = tag("rect", x=box, y=middle - _TALL / 2, width=_BOX, height=_TALL, rx=4)
    return _way(f"{layer}.{head}", lines + frame + _name((layer, head), heads, box + _BOX / 2, middle + 4))


def _name(head: tuple[int, int], heads: int, x: float, y: float) -> str:
    below = tag("tspan", escape(index(head, one_head=heads == 1)), dy=3, font_size=10)
    letter = tag("tspan", "A", font_style="italic", font_size=15)
    return tag("text", letter + below, x=x, y=y, text_anchor="middle", stroke="none", fill="currentColor")


def _common(end: float, stream: float) -> str:
    """What every path begins and ends with."""
    lines = _line(f"M56 {number(stream)}H{_START:.0f}M{number(end)} {number(stream)}h20l-5 -4m5 4l-5 4")
    return _way("", lines + _product("E", 12, stream, "W", "E") + _product("", end + 34, stream, "W", "U"))


def _product(first: str, x: float, stream: float, letter: str, below: str) -> str:
    start = tag("tspan", f"{first} {letter}".strip(), font_style="italic", font_size=15)
    end = tag("tspan", below, dy=3, font_size=10)
    return tag("text", start + end, x=x - 4, y=stream + 4, stroke="none", fill="currentColor")


def _joints(layers: int, stream: float) -> str:
    """The plus signs where a layer's heads write into the stream; the stream is their level stroke."""
    places = [_START + (layer + 1) * _LAYER for layer in range(layers)]
    circles = "".join(tag("circle", cx=x, cy=stream, r=6) for x in places)
    uprights = "".join(f"M{number(x)} {number(stream - 6)}v12" for x in places)
    return tag("g", circles + tag("path", d=uprights), stroke="currentColor", fill="none")


def _way(name: str, content: str) -> str:
    return tag("g", content, class_="ov-way", data_way=name)


def _line(d: str) -> str:
    return tag("path", d=d)
