"""Checks of what a picture is asked to show."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ovlearn.arguments import complaint, described, instance_of, whole_number
from ovlearn.numeric import FactoredMatrix
from ovlearn.numeric.arrays import Array, real_array

LARGEST = 64  # a side
MOST_PATHS = 128  # in one explorer: beyond that the page grows too heavy
_ROUNDING = 1e-3  # a softmax in float32, or a product of a few patterns, stays well within


def texts(title: object, caption: object) -> tuple[str, str]:
    """Return title and caption; raise TypeError for what is no string."""
    return instance_of("title", title, str), instance_of("caption", caption, str)


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
    _check_size(name, array.shape, f"show a part of it, as {name}[:{LARGEST}, :{LARGEST}]")
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
    _check_size("values", array.shape, "show the largest")
    return array


def labels(name: str, value: object, count: int, each: str) -> list[str] | None:
    """Return `count` labels as strings, or None where none are given.

    Raises TypeError for a string in the place of a list, or for a label that is neither text nor a whole
    number; ValueError for another number of them.

    >>> labels("tokens", ["a", 3], 2, "position")
    ['a', '3']
    """
    if value is None:
        return None
    expected = f"{count} label{'s' if count != 1 else ''}, one a {each}"
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(complaint(name, expected, described(value)))
    found = [_label(name, one) for one in value]
    if len(found) != count:
        raise ValueError(complaint(name, expected, str(len(found))))
    return found


def sizes(name: str, value: object) -> tuple[int, ...]:
    """Return different whole numbers of at least 1, sorted.

    Raises TypeError for what is no collection of whole numbers; ValueError for none, or for the same twice.

    >>> sizes("heads", (2, 1))
    (1, 2)
    """
    expected = "different whole numbers of at least 1"
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(complaint(name, expected, described(value)))
    found = sorted(whole_number(name, one, minimum=1) for one in value)
    if not found or len(set(found)) < len(found):
        raise ValueError(complaint(name, expected, str(tuple(found))))
    return tuple(found)


def few_paths(layers: tuple[int, ...], heads: tuple[int, ...]) -> None:
    """Raise ValueError where the networks of these sizes have too many paths for one page."""
    # Beyond 7 layers even one head has too many; so no power is ever large.
    count = MOST_PATHS + 1 if max(layers) > 7 or max(heads) > MOST_PATHS else _paths(layers, heads)
    if count > MOST_PATHS:
        got = f"{max(layers)} layers of {max(heads)} heads among them"
        raise ValueError(complaint("layers, heads", f"at most {MOST_PATHS} paths in all networks", got))


def _paths(layers: tuple[int, ...], heads: tuple[int, ...]) -> int:
    return sum((1 + H) ** L for L in layers for H in heads)


def _label(name: str, value: object) -> str:
    return value if isinstance(value, str) else str(whole_number(name, value))


def _check_size(name: str, shape: tuple[int, ...], hint: str) -> None:
    if 0 in shape:
        raise ValueError(complaint(name, "at least one number", f"shape {shape}"))
    if max(shape) > LARGEST:
        raise ValueError(complaint(name, f"at most {LARGEST} a side", f"shape {shape}; {hint}"))
