"""Checks of figures of heads, and of eigenvalues: what a picture of them is asked to show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ovlearn.arguments import Head, complaint, described, head_pair
from ovlearn.numeric.arrays import Array, any_array, real_array
from ovlearn.plots.inputs import LARGEST

Complex = NDArray[np.complexfloating[Any]]

MOST_SERIES = 8  # shapes that can be told apart
MOST_EIGENVALUES = 128  # of one head
COLUMNS, ROWS = 16, 16  # of a graph: more are no longer told apart


def eigenvalues(value: object) -> Complex:
    """Return finite complex numbers [series, n]: at most 8 series of at most 128.

    Raises TypeError for what are no numbers; ValueError for NaN, or for another shape.

    >>> eigenvalues([1, 2j])
    array([[1.+0.j, 0.+2.j]])
    """
    name, array = "eigenvalues", any_array("eigenvalues", value)
    if array.dtype.kind not in "iufc":
        raise TypeError(complaint(name, "numbers, real or complex", f"dtype {array.dtype}"))
    parts = real_array(name, array.real) + 1j * real_array(name, array.imag)
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(complaint(name, "shape [n] or [series, n], not empty", f"shape {array.shape}"))
    found: Complex = np.atleast_2d(parts)
    if found.shape[0] > MOST_SERIES or found.shape[1] > MOST_EIGENVALUES:
        expected = f"at most {MOST_SERIES} series of {MOST_EIGENVALUES}"
        raise ValueError(complaint(name, expected, f"shape {array.shape}; show some of them"))
    return found


def figures(name: str, value: object) -> Array:
    """Return a figure of each head [layer, head], NaN where it has none.

    Raises TypeError for what are no real numbers; ValueError for infinity or another shape.
    """
    array = _with_gaps(name, value)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(complaint(name, "shape [layer, head], not empty", f"shape {array.shape}"))
    if max(array.shape) > LARGEST:
        raise ValueError(complaint(name, f"at most {LARGEST} a side", f"shape {array.shape}"))
    return array


def pair_scores(value: object) -> Array:
    """Return a score of each pair of heads [layer, head, layer, head], NaN where there is none.

    Raises TypeError for what are no real numbers; ValueError for infinity, for another shape, and for a
    score of a pair whose first head is not in an earlier layer.
    """
    array = _with_gaps("scores", value)
    if array.ndim != 4 or array.shape[:2] != array.shape[2:] or array.size == 0:
        expected = "shape [layer, head, layer, head], both pairs alike"
        raise ValueError(complaint("scores", expected, f"shape {array.shape}"))
    layers = np.arange(len(array))
    earlier = (layers[:, None] < layers)[:, None, :, None]  # [layer, 1, layer, 1]
    wrong = np.argwhere(~earlier & ~np.isnan(array) & (array != 0))
    if len(wrong):
        place = tuple(int(index) for index in wrong[0])
        expected = "0 where the first head is not in an earlier layer"
        raise ValueError(complaint("scores", expected, f"{array[place]:.3g} at scores{list(place)}"))
    return array


def chosen(name: str, value: object, n_layers: int, n_heads: int) -> list[Head]:
    """Return (layer, head) pairs in their order, each once.

    Raises TypeError for what is no collection of them, ValueError for a head that does not exist.

    >>> chosen("mark", [(1, 0), (0, 1)], 2, 2)
    [(0, 1), (1, 0)]
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(complaint(name, "pairs (layer, head)", described(value)))
    return sorted({head_pair(name, pair, n_layers, n_heads) for pair in value})


def nodes(value: object, n_layers: int, n_heads: int) -> list[Head]:
    """Return the heads of a graph: all of them unless some are named.

    Raises what `chosen` raises, and ValueError for none, or for more than a graph can show.
    """
    named = (
        chosen("heads", value, n_layers, n_heads)
        if value is not None
        else [(layer, head) for layer in range(n_layers) for head in range(n_heads)]
    )
    layers = [layer for layer, _ in named]
    columns, rows = len(set(layers)), max((layers.count(layer) for layer in set(layers)), default=0)
    if not named:
        raise ValueError(complaint("heads", "at least one (layer, head)", "none"))
    if columns > COLUMNS or rows > ROWS:
        came = f"{columns} layers of {rows}; name some with heads="
        raise ValueError(complaint("heads", f"at most {COLUMNS} layers of {ROWS} heads", came))
    return named


def real_number(name: str, value: object) -> float:
    """Return one finite real number; raise TypeError or ValueError as `real_array` does."""
    array = real_array(name, value)
    if array.ndim:
        raise ValueError(complaint(name, "one number", f"shape {array.shape}"))
    return float(array)


def _with_gaps(name: str, value: object) -> Array:
    """Return real numbers that are finite or NaN."""
    array = any_array(name, value)
    gaps = np.isnan(array) if array.dtype.kind == "f" else np.zeros(array.shape, bool)
    whole = real_array(name, np.where(gaps, 0, array) if gaps.any() else array)
    return np.where(gaps, np.nan, whole)
