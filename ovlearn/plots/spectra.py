"""Eigenvalues in the complex plane."""

from __future__ import annotations

from typing import Any

import numpy as np

from ovlearn.plots import inputs
from ovlearn.plots.inputs import Complex
from ovlearn.plots.marks import mark, shape
from ovlearn.plots.picture import READOUT, Picture, drawing, folded
from ovlearn.plots.planes import Plane, plane
from ovlearn.plots.svg import SERIES, tag, width_of, written
from ovlearn.plots.wording import figure, label, plural

_WIDTH = 540.0  # of the frame: from −R to R
_LEAST = 0.4  # the frame's height, as a part of its width, where all are nearly real
_EDGE = 1.1  # the frame's edge, in units of what is farthest from 0
_PITCH = 20.0  # from one line of the legend to the next
_LONGEST = 24  # characters of a series' label


def spectrum(eigenvalues: Any, labels: Any = None, title: str = "", caption: str = "") -> Picture:
    """Return eigenvalues [n], or those of several heads [series, n], as marks in the complex plane.

    Both axes have the same scale, and the positive half is as wide as the negative one. Each series has a
    colour and a shape of its own. The legend gives Σλ/Σ|λ|, the copying score, from −1 to 1. `labels`: a
    label for each series.

    Raises: TypeError for what are no numbers or no list of labels; ValueError for NaN, another shape, more
    than 8 series or 128 numbers in one, or another number of labels.

    >>> spectrum([2, 1 + 1j, 1 - 1j, -0.5], title="Head (1, 0)")
    Picture('Head (1, 0)')
    """
    title, caption = inputs.texts(title, caption)
    values = inputs.eigenvalues(eigenvalues)  # [series, n]
    named = inputs.labels("labels", labels, len(values), "series")
    names = named or ([""] if len(values) == 1 else [str(series) for series in range(len(values))])
    name = title or "Eigenvalues"
    names = [label(one, _LONGEST) for one in names]
    body = _drawn(values, names, name, _says(values, names))
    return Picture(title, caption, body + READOUT, _table(values, names, name))


def positivity(values: Complex) -> float:
    """Return Σλ/Σ|λ| of eigenvalues [n], its real part; NaN where all are 0.

    >>> positivity(np.array([3, -1, 0j]))
    0.5
    """
    sizes = float(np.abs(values).sum())
    return float(values.real.sum()) / sizes if sizes else float("nan")


def _drawn(values: Complex, names: list[str], name: str, says: str) -> str:
    on = _plane(values)
    marks = "".join(_series(series, row, names[series], on) for series, row in enumerate(values))
    lines = [_legend_text(row, name) for row, name in zip(values, names, strict=True)]
    legend = "".join(
        _legend_line(series if len(values) > 1 else None, text, on) for series, text in enumerate(lines)
    )
    width = max(on.width, on.x.begin + 16 + max(width_of(text) for text in lines))
    return drawing(
        width,
        on.height + _PITCH * len(lines) + 4,
        on.draw() + tag("g", marks, fill_opacity=0.8) + legend,
        title=name,
        says=says,
        tabindex="0",
    )


def _plane(values: Complex) -> Plane:
    """A plane with 0 in its middle: the two halves can be compared, and a unit is as long up as across."""
    reach = max(float(np.abs(values.real).max()), float(np.abs(values.imag).max())) or 1.0
    high = max(float(np.abs(values.imag).max()), _LEAST * reach)
    x, y = (-_EDGE * reach, _EDGE * reach), (-_EDGE * high, _EDGE * high)
    return plane(x, y, (_WIDTH, _WIDTH * high / reach), ("Re λ", "Im λ"))


def _series(series: int, values: Complex, name: str, on: Plane) -> str:
    marks = "".join(
        mark(
            series,
            *on.place(float(value.real), float(value.imag)),
            f"{name}: {_written(value)}" if name else _written(value),
        )
        for value in values
    )
    return tag("g", marks, fill=SERIES[series])


def _legend_line(series: int | None, text: str, on: Plane) -> str:
    """A series' shape, where there are several, and its words."""
    y = on.height + _PITCH * (series or 0) + 12
    if series is None:
        return written(text, (on.x.begin + on.x.end) / 2, y, text_anchor="middle")
    return shape(series, on.x.begin + 4, y - 4, fill=SERIES[series]) + written(text, on.x.begin + 16, y)


def _legend_text(values: Complex, name: str) -> str:
    score = positivity(values)
    words = "all λ are 0" if np.isnan(score) else f"Σλ/Σ|λ| = {figure(score)}"
    return f"{name}: {words}" if name else words


def _says(values: Complex, names: list[str]) -> str:
    """What to see: how many lie in which half, and how far they are positive in sum."""
    count = values.shape[1]
    several = f" of each of {len(values)} series" if len(values) > 1 else ""
    each = "".join(f" {_said(row, name)}" for row, name in zip(values, names, strict=True))
    return f"{count} {plural('eigenvalue', count)}{several} in the complex plane.{each}"


def _said(values: Complex, name: str) -> str:
    right, left = int((values.real > 0).sum()), int((values.real < 0).sum())
    start = f"{name}: " if name else ""
    words = f"{right} with a positive real part, {left} with a negative one"
    return f"{start}{words}; {_legend_text(values, '')}."


def _written(value: complex) -> str:
    """A complex number as a reader writes it.

    >>> _written(1 - 2j), _written(-0.5 + 0j)
    ('1 − 2i', '−0.5')
    """
    if value.imag == 0:
        return figure(value.real)
    sign = "+" if value.imag > 0 else "−"
    return f"{figure(value.real)} {sign} {figure(abs(value.imag))}i"


def _table(values: Complex, names: list[str], name: str) -> str:
    """All of them, each series' largest first."""
    order = np.argsort(-np.abs(values), axis=1, kind="stable")  # [series, n]
    ranked = np.take_along_axis(values, order, axis=1).T  # [n, series]
    head = ["by magnitude", *(one or "λ" for one in names)]
    rows = [[str(rank + 1), *(_written(value) for value in row)] for rank, row in enumerate(ranked)]
    sums = ["Σλ/Σ|λ|", *(figure(positivity(row)) for row in values)]
    return folded("Show the eigenvalues", head, [*rows, sums], name)
