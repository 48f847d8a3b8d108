"""Checks of array arguments: each returns an array that the numeric floor can trust."""

from mmap import mmap
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ovlearn.arguments import complaint
from ovlearn.numeric.config import Config

Array = NDArray[np.floating[Any]]
Tokens = NDArray[np.intp]
A = TypeVar("A", bound=NDArray[Any])


def real_array(name: str, value: object, dtype: DTypeLike | None = None) -> Array:
    """Return finite real numbers as a floating array, without a copy where none is needed.

    dtype: what to convert to; by default float32 stays and everything else becomes float64.
    Raises TypeError for complex numbers, bools or objects, ValueError for a ragged list, NaN or infinity.
    """
    given = any_array(name, value)
    if given.dtype.kind not in "iuf":
        raise TypeError(complaint(name, "real numbers", f"dtype {given.dtype}"))
    if dtype is None:
        dtype = np.float32 if given.dtype == np.float32 else np.float64
    with np.errstate(over="ignore"):  # a number too large for float32 becomes inf, reported below
        array: Array = given.astype(dtype, copy=False)
    bad = _first(~np.isfinite(array))
    if bad is not None:
        raise ValueError(
            complaint(name, f"finite numbers in {array.dtype}", f"{given[bad]} at {_place(name, bad)}")
        )
    return array


def shaped_array(name: str, value: object, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """Return a read-only copy of exactly this shape, as it lies in memory; what nobody can write to is not
    copied.

    Raises what `real_array` raises, and ValueError for another shape.
    """
    array = real_array(name, value, dtype)
    if array.shape != shape:
        raise ValueError(complaint(name, f"shape {shape}", f"shape {array.shape}"))
    return array if _is_fixed(array) else read_only(array.copy(order="K"))


def _is_fixed(array: NDArray[Any]) -> bool:
    """Whether no one can write to an array: not through it, nor through what it is a view of."""
    base: object = array
    while isinstance(base, np.ndarray):
        if base.flags.writeable:
            return False
        base = base.base
    return base is None or isinstance(base, bytes | mmap)


def token_ids(value: ArrayLike, config: Config) -> Tokens:
    """Return token ids [pos] or [batch, pos] as a read-only copy, each known to be in the vocabulary.

    Raises TypeError for ids that are not integers, ValueError for any other misfit.
    """
    ids = vocabulary_ids(value, config)
    if ids.shape[-1] > config.n_ctx:
        raise ValueError(complaint("tokens", f"at most n_ctx = {config.n_ctx} tokens", str(ids.shape[-1])))
    return ids


def vocabulary_ids(value: ArrayLike, config: Config) -> Tokens:
    """Return token ids as `token_ids` does, however many: they are no text that the model reads."""
    given = any_array("tokens", value)
    if given.ndim not in (1, 2):
        raise ValueError(complaint("tokens", "shape [pos] or [batch, pos]", f"shape {given.shape}"))
    return _ids("tokens", given, config)


def listed_ids(name: str, value: ArrayLike, config: Config) -> Tokens:
    """Return one token id, or any number of them in whatever shape, as a list [token], each checked.

    Raises as `token_ids` does, under this name.
    """
    return _ids(name, np.atleast_1d(any_array(name, value)).ravel(), config)


def read_only(array: A) -> A:
    """Forbid writing to an array, and return it."""
    array.setflags(write=False)
    return array


def _ids(name: str, given: NDArray[Any], config: Config) -> Tokens:
    if given.size == 0:
        raise ValueError(complaint(name, "at least one token", f"shape {given.shape}"))
    if given.dtype.kind not in "iu":
        raise TypeError(complaint(name, "integers", f"dtype {given.dtype}"))
    bad = _first((given < 0) | (given >= config.d_vocab))
    if bad is not None:
        where = f"{given[bad]} at {_place(name, bad)}"
        raise ValueError(complaint(name, f"ids from 0 to {config.d_vocab - 1}", where))
    return read_only(given.astype(np.intp))


def any_array(name: str, value: object) -> NDArray[Any]:
    """Return a value as an array of whatever numbers it has.

    Raises ValueError for a ragged list, and for a masked array that masks something: the mask would be lost.
    """
    parts = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(part, np.ma.MaskedArray) and np.ma.getmaskarray(part).any() for part in parts):
        raise ValueError(complaint(name, "numbers, none of them masked", "a masked array"))
    try:
        return np.asarray(value)
    except ValueError:  # what numpy raises for rows of different lengths
        raise ValueError(complaint(name, "rows of equal length", "a ragged list")) from None


def _first(wrong: NDArray[np.bool]) -> tuple[int, ...] | None:
    """Return the index of the first True, or None."""
    if not wrong.any():
        return None
    return tuple(int(i) for i in np.unravel_index(np.argmax(wrong), wrong.shape))


def _place(name: str, index: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, index))}]"
