"""Checks of what a picture is asked to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ovlearn.arguments import Head, complaint, described, head_pair, instance_of, whole_number
from ovlearn.numeric import FactoredMatrix
from ovlearn.numeric.arrays import Array, any_array, real_array
from ovlearn.plots.wording import plural

Complex = NDArray[np.complexfloating[Any]]

LARGEST = 64  # a side
LONGEST_NAME = 28  # characters, of one side of a grid
MOST_SERIES = 8  # shapes that can be told apart
MOST_EIGENVALUES = 128  # of one head
COLUMNS, ROWS = 16, 16  # of a graph: more are no longer told apart
_ROUNDING = 1e-3  # a softmax in float32, or a product of a few patterns, stays well within


def texts(title: object, caption: object) -> tuple[str, str]:
    """Return title and caption; raise TypeError for what is no string."""
    return instance_of("title", title, str), instance_of("caption", caption, str)


def axis_names(value: object) -> tuple[str, str]:
    """Return the names of a grid's two sides; raise TypeError or ValueError for other than two short texts.

    >>> axis_names(["query", "key"])
    ('query', 'key')
    """
    expected = 'two names, as ("query", "key")'
    found = [instance_of("axes", one, str) for one in collection("axes", expected, value)]
    if len(found) != 2 or not all(
        one.strip() and "|" not in one and len(one) <= LONGEST_NAME for one in found
    ):
        raise ValueError(complaint("axes", f"{expected}, of at most {LONGEST_NAME} characters", repr(found)))
    return found[0], found[1]


def grid(name: str, value: object, axes: str = "[rows, columns]") -> Array:
    """Return finite real numbers with two axes, neither empty nor longer than 64.

    A FactoredMatrix is multiplied out. Raises TypeError or ValueError as `real_array` does, and ValueError
    for another number of axes or for sizes that no one can read.

    >>> grid("M", [[1, 2]])
    array([[1., 2.]])
    """
    array = real_array(name, value.AB if isinstance(value, FactoredMatrix) else value)
    if array.ndim != 2:
        raise ValueError(complaint(name, f"two axes {axes}", f"shape {array.shape}"))
    _check_size(name, array.shape, f"; show a part of it, as {name}[:{LARGEST}, :{LARGEST}]")
    return array


def pattern_of(value: object) -> Array:
    """Return an attention pattern [query, key]: square, weights from 0 to 1, rows that sum to 1.

    Raises what `grid` raises, and ValueError where it is no pattern, as the scores are not.
    """
    hint = "; for scores use plots.matrix"
    array = grid("pattern", value, "[query, key], one head's")
    if array.shape[0] != array.shape[1]:
        raise ValueError(complaint("pattern", "as many keys as queries", f"shape {array.shape}"))
    low, high = float(array.min()), float(array.max())
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        came = low if low < -_ROUNDING else high
        raise ValueError(complaint("pattern", "weights from 0 to 1", f"{came:.3g}{hint}"))
    off = np.abs(array.sum(axis=1) - 1)  # [query]
    worst = int(off.argmax())
    if off[worst] > _ROUNDING:
        came = float(array[worst].sum())
        raise ValueError(complaint("pattern", "rows that sum to 1", f"{came:.3g} in row {worst}{hint}"))
    return np.clip(array, 0, 1)


def series(value: object) -> Array:
    """Return finite real numbers [n], at least one and at most 64.

    Raises what `real_array` raises, and ValueError for another shape.
    """
    array = real_array("values", value)
    if array.ndim != 1:
        raise ValueError(complaint("values", "one axis", f"shape {array.shape}"))
    _check_size("values", array.shape, "; show the largest")
    return array


def labels(name: str, value: object, count: int, each: str) -> list[str] | None:
    """Return `count` labels as strings, or None where none are inputs.

    Raises TypeError for a string in the place of a list, or for a label that is neither text nor a whole
    number; ValueError for another number of them.

    >>> labels("tokens", ["a", 3], 2, "position")
    ['a', '3']
    """
    if value is None:
        return None
    expected = f"{count} {plural('label', count)}, one a {each}"
    found = [_label(name, one) for one in collection(name, expected, value)]
    if len(found) != count:
        raise ValueError(complaint(name, expected, str(len(found))))
    return found


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
    _check_size(name, array.shape)
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
    pairs = collection(name, "pairs (layer, head)", value)
    return sorted({head_pair(name, pair, n_layers, n_heads) for pair in pairs})


def nodes(value: object, n_layers: int, n_heads: int) -> list[Head]:
    """Return the heads of a graph: all of them unless some are named.

    Raises what `chosen` raises, and ValueError for none, or for more than a graph can show.
    """
    named = chosen("heads", np.ndindex(n_layers, n_heads) if value is None else value, n_layers, n_heads)
    if not named:
        raise ValueError(complaint("heads", "at least one (layer, head)", "none"))
    in_layer = Counter(layer for layer, _ in named)
    columns, rows = len(in_layer), max(in_layer.values())
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


def collection(name: str, expected: str, value: object) -> Iterable[object]:
    """Return what can be gone through and is no text; raise TypeError for anything else."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(complaint(name, expected, described(value)))
    return value


def _label(name: str, value: object) -> str:
    return value if isinstance(value, str) else str(whole_number(name, value))


def _check_size(name: str, shape: tuple[int, ...], hint: str = "") -> None:
    if 0 in shape:
        raise ValueError(complaint(name, "at least one number", f"shape {shape}"))
    if max(shape) > LARGEST:
        raise ValueError(complaint(name, f"at most {LARGEST} a side", f"shape {shape}{hint}"))
