"""Bars of a row of words: what each is given, from a common line."""

from __future__ import annotations

from typing import Any

from ovlearn.plots import inputs
from ovlearn.plots.barcharts import BarScale, bar_scale
from ovlearn.plots.kit.parts import Part
from ovlearn.plots.kit.things import ink
from ovlearn.plots.marks import telling
from ovlearn.plots.svg import tag, width_of, written
from ovlearn.plots.wording import figure, label

_PITCH, _HEIGHT = 24.0, 14.0


def bars(
    values: Any,
    names: Any,
    at: tuple[float, float] = (0, 0),
    thing: str = "ov",
    length: float = 160,
    *,
    pointed: bool = True,
) -> Part:
    """Return numbers [n] as bars with their names, one below another; the upper left corner is at the place.

    What is below 0 is hollow, so that it is told from what is above by more than its side. `length`: from the
    least bar's end to the greatest's; `pointed`: whether the site tells the bar that
    is pointed at. Raises what `plots.bars` raises.

    >>> bars([1.5, -0.5], ["gold", "brass"]).size[1]
    48.0
    """
    heights = inputs.series(values)  # [n]
    named = [label(each) for each in inputs.labels("names", names, len(heights), "value") or []]
    if not named:
        raise TypeError("names: expected a name for each value, got None")
    scale = bar_scale(heights, map(width_of, named), length)
    rows = "".join(
        _bar(float(value), name, scale, _PITCH * place, thing, pointed=pointed)
        for place, (value, name) in enumerate(zip(heights, named, strict=True))
    )
    bottom = _PITCH * len(heights)
    whole = tag("g", rows + scale.axis(0, bottom), data_thing=thing or None)
    return Part(whole, (0.0, 0.0, scale.end, bottom)).moved(*at)


def _bar(value: float, name: str, scale: BarScale, y: float, thing: str, *, pointed: bool) -> str:
    place = scale.box(value, y + (_PITCH - _HEIGHT) / 2, _HEIGHT) | {"fill": ink(thing), "stroke": ink(thing)}
    says = telling(f"{name}: {figure(value)}") if pointed else ""
    # Hollow, but not so pale that its inside could be taken for no bar.
    hollow = {"fill_opacity": 0.15 if value < 0 else 1, "stroke_opacity": 1}
    bar = tag("rect", says, class_="ov-mark" if pointed else None, **place, **hollow)
    line = y + _PITCH / 2 + 4.5
    return bar + written(name, scale.names_end, line, text_anchor="end") + scale.reading(value, line)
