"""Parts that a reader presses, and parts that are there only while something is pressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ovlearn.plots.kit.parts import Part, around
from ovlearn.plots.svg import tag

_ROOM = 8.0  # around a part, for a finger


def press(part: Part, name: str, place: int, says: str, *, on: bool = False) -> Part:
    """Return a part that, once pressed, sets what is called `name` to `place`.

    `says`: the words for what it does; `on`: whether it is so to begin with. It is for the drawings of
    `plots.switches`, whose script does the rest.

    >>> from ovlearn.plots.kit import box
    >>> "data-press" in press(box("silver"), "word", 1, "look at silver").svg
    True
    """
    left, top, right, bottom = part.box
    room = tag(
        "rect",
        class_="ov-hit",
        x=left - _ROOM / 2,
        y=top - _ROOM,
        width=right - left + _ROOM,
        height=bottom - top + 2 * _ROOM,
        fill="none",
    )
    return replace(
        part,
        svg=tag(
            "g",
            room + part.svg,
            class_="ov-press ov-on" if on else "ov-press",
            data_press=f"{name}={place}",
            data_label=says,
        ),
    )


def only(parts: Sequence[Part], name: str, place: int, says: str = "", *, on: bool = False) -> Part:
    """Return parts, at least one, as one which is there only while what is called `name` is set to `place`.

    `says`: what stands below the drawing then; `on`: whether it is so to begin with.

    >>> from ovlearn.plots.kit import text
    >>> "display:none" in only([text("gold")], "word", 1).svg
    True
    """
    svg = tag(
        "g",
        "".join(part.svg for part in parts),
        data_when=f"{name}={place}",
        data_says=says or None,
        style=None if on else "display:none",
    )
    return Part(svg, around(part.box for part in parts))
