"""Indexing of a matrix in two factors: leading axes of both, rows of the one, columns of the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from ovlearn.arguments import complaint, described
from ovlearn.numeric.arrays import Array, any_array

_EXPECTED = "whole numbers, slices, or lists of whole numbers or of bools along one axis"


def part_of_factors(
    A: Array, B: Array, shape: tuple[int, ...], key: Any
) -> tuple[Array, Array, tuple[bool, bool]]:
    """Return factors of `(A @ B)[key]`, and whether its rows and its columns are still axes.

    A [..., left, inner], B [..., inner, right], shape that of A @ B. Where a row or a column is named by a
    number, that axis is left with size 1.

    Raises IndexError for what is out of range, too many or no index; and for lists along a leading axis
    together with lists along rows or columns, which numpy would pair.

    >>> A, B, axes = part_of_factors(np.ones((4, 2, 3)), np.ones((4, 3, 5)), (4, 2, 5), (1, ..., 0))
    >>> A.shape, B.shape, axes
    ((2, 3), (3, 1), (True, False))
    """
    *leading, row, column = _whole(key, shape)
    listed = [not isinstance(index, int | slice) for index in (*leading, row, column)]
    if listed[-2:] != [False, False] and sum(listed) > 1:
        expected = "lists along leading axes, or along rows, or along columns"
        raise IndexError(complaint("index", expected, "several of these"))
    front = (*leading, slice(None), slice(None))
    A = np.broadcast_to(A, (*shape[:-2], *A.shape[-2:]))[front]
    B = np.broadcast_to(B, (*shape[:-2], *B.shape[-2:]))[front]
    axes = not isinstance(row, int), not isinstance(column, int)
    return A[..., _kept(row), :], B[..., :, _kept(column)], axes


def _whole(key: Any, shape: tuple[int, ...]) -> list[Any]:
    """An index for each axis."""
    axes = len(shape)
    given = list(key) if isinstance(key, tuple) else [key]
    dots = [place for place, index in enumerate(given) if index is Ellipsis]
    if len(given) - len(dots) > axes or len(dots) > 1:
        raise IndexError(complaint("index", f"at most {axes} and one ...", str(len(given))))
    at = dots[0] if dots else len(given)
    missing = [slice(None)] * (axes - len(given) + len(dots))
    whole = (*given[:at], *missing, *given[at + 1 :])
    return [_index(index, axis, size) for axis, (index, size) in enumerate(zip(whole, shape, strict=True))]


def _index(index: Any, axis: int, size: int) -> Any:
    """A number as an int, a slice, or an array of whole numbers or bools with one axis."""
    if isinstance(index, slice):
        return _slice(index, size)
    try:
        array = any_array("index", index) if not isinstance(index, list) or index else np.zeros(0, int)
    except ValueError as error:
        raise IndexError(str(error)) from None
    if array.dtype.kind in "iu" and array.ndim < 2:
        if ((array < -size) | (array >= size)).any():
            expected = (
                f"numbers from {-size} to {size - 1} along axis {axis}" if size else f"none along axis {axis}"
            )
            raise IndexError(complaint("index", expected, described(index)))
        return int(array) if array.ndim == 0 else array
    if array.dtype.kind == "b" and array.ndim == 1:
        if len(array) != size:
            raise IndexError(complaint("index", f"{size} bools along axis {axis}", str(len(array))))
        return array
    raise IndexError(complaint("index", _EXPECTED, described(index)))


def _slice(index: slice, size: int) -> slice:
    try:
        index.indices(size)
    except (TypeError, ValueError):  # bounds that are no whole numbers, or steps of 0
        raise IndexError(
            complaint("index", "a slice of whole numbers, its step not 0", described(index))
        ) from None
    return index


def _kept(index: Any) -> Any:
    """An index that keeps its axis."""
    return [index] if isinstance(index, int) else index
