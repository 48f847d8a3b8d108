"""Weights over a power of 2: no product of them is too large or too small, and none is rounded by it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ovlearn.numeric.arrays import Array

_ORDINARY = (
    8  # a power of 2: four such factors, and a sum over any vocabulary, are far from the largest float
)


def up_to_one(weight: Array) -> tuple[Array, NDArray[np.intp]]:
    """Return matrices [..., n, m], each over the power of 2 by which its largest entry is ½ to 1; and powers.

    Where all are of ordinary size they come back as they are: no large vocabulary is copied for nothing.

    >>> scaled, exponents = up_to_one(np.array([[3 * 2.0**100, 2.0**99]]))
    >>> scaled, int(exponents)
    (array([[0.75 , 0.125]]), 102)
    """
    largest = np.maximum(weight.max(axis=(-2, -1), initial=0), -weight.min(axis=(-2, -1), initial=0))  # [...]
    exponents = np.frexp(largest)[1]  # [...]
    if (np.abs(exponents) <= _ORDINARY).all():
        return weight, np.zeros_like(exponents, dtype=np.intp)
    half = exponents[..., None, None] // 2  # in two steps, of which none is too large a number
    first, second = (
        np.ldexp(weight.dtype.type(1), -part) for part in (half, exponents[..., None, None] - half)
    )
    scaled: Array = weight * first * second
    return scaled, exponents.astype(np.intp)
