"""Checks of plain arguments, shared by every floor. The standard library only."""

import math
import operator
import reprlib
from numbers import Real
from typing import Any, TypeVar

T = TypeVar("T")
Head = tuple[int, int]


def complaint(name: str, expected: str, got: str) -> str:
    """Return the one sentence in which every error of the package is put.

    >>> complaint("layer", "a whole number from 0 to 2", "7")
    'layer: expected a whole number from 0 to 2, got 7'
    """
    return f"{name}: expected {expected}, got {got}"


def described(value: object) -> str:
    """Return a short form of a value with its type, for a TypeError.

    >>> described(1.5)
    '1.5 (float)'
    """
    return f"{reprlib.repr(value)} ({type(value).__name__})"


def instance_of(name: str, value: object, kind: type[T]) -> T:
    """Return the value if it is of the kind named; raise TypeError if not.

    >>> instance_of("title", "heads", str)
    'heads'
    """
    if not isinstance(value, kind):
        raise TypeError(complaint(name, kind.__name__, described(value)))
    return value


def whole_number(name: str, value: object, minimum: int = 0, below: int | None = None) -> int:
    """Return the value as an int if it is whole and minimum <= value < below.

    Accepts what Python accepts as an index (numpy integers too), apart from bool.
    Raises TypeError for another type, ValueError for a number out of range.

    >>> whole_number("layer", 1, below=3)
    1
    >>> whole_number("layer", 7, below=3)
    Traceback (most recent call last):
    ValueError: layer: expected a whole number from 0 to 2, got 7
    """
    expected = _range_in_words(minimum, below)
    number = _index(value)
    if number is None:
        raise TypeError(complaint(name, expected, described(value)))
    if number < minimum or (below is not None and number >= below):
        raise ValueError(complaint(name, expected, str(number)))
    return number


def positive_number(name: str, value: object) -> float:
    """Return a finite number above 0 as a float: Python's or numpy's, whole or not.

    Raises TypeError for another type, ValueError for a number out of range.

    >>> positive_number("eps", 1)
    1.0
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(complaint(name, "a number above 0", described(value)))
    number = float(value)
    if not 0 < number < math.inf:
        raise ValueError(complaint(name, "a number above 0", repr(value)))
    return number


def head_pair(name: str, value: object, n_layers: int, n_heads: int) -> Head:
    """Return a (layer, head) pair of ints that names a head of the network.

    Raises TypeError if it is not a pair of whole numbers, ValueError if there is no such head.

    >>> head_pair("heads", (0, 1), n_layers=1, n_heads=2)
    (0, 1)
    >>> head_pair("heads", (4, 1), n_layers=1, n_heads=2)
    Traceback (most recent call last):
    ValueError: heads: expected (layer, head) with layer below 1 and head below 2, got (4, 1)
    """
    expected = f"(layer, head) with layer below {n_layers} and head below {n_heads}"
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise TypeError(complaint(name, expected, described(value)))
    layer, head = _index(value[0]), _index(value[1])
    if layer is None or head is None:
        raise TypeError(complaint(name, expected, described(value)))
    if not (0 <= layer < n_layers and 0 <= head < n_heads):
        raise ValueError(complaint(name, expected, str((layer, head))))
    return layer, head


def _index(value: Any) -> int | None:
    """Return the whole number that a value stands for, or None."""
    if _is_bool(value):
        return None
    try:
        return operator.index(value)
    except TypeError:  # no number, or an array of several
        return None


def _is_bool(value: object) -> bool:
    """Tell whether a value is a bool, or one of numpy's, which numpy 2.0 would still take as 0 or 1."""
    dtype = getattr(value, "dtype", None)
    return isinstance(value, bool) or getattr(dtype, "kind", None) == "b"


def _range_in_words(minimum: int, below: int | None) -> str:
    if below is None:
        return f"a whole number of at least {minimum}"
    if below <= minimum:
        return "no number at all (there is nothing to choose from)"
    return f"a whole number from {minimum} to {below - 1}"
