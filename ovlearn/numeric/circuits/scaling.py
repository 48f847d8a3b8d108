"""Weights over a power of 2: no product of them is too large or too small, and none is rounded by it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ovlearn.numeric.arrays import Array


def up_to_one(weight: Array) -> tuple[Array, NDArray[np.intp]]:
    """Return matrices [..., n, m], each over the power of 2 by which its largest entry is ½ to 1; and powers.

    >>> scaled, exponents = up_to_one(np.array([[3.0, 0.5]]))
    >>> scaled, int(exponents)
    (array([[0.75 , 0.125]]), 2)
    """
    largest = np.abs(weight).max(axis=(-2, -1), initial=0)  # [...]
    exponents = np.frexp(largest)[1]  # [...]
    half = exponents[..., None, None] // 2  # in two steps, of which none is too large a number
    first, second = (
        np.ldexp(weight.dtype.type(1), -part) for part in (half, exponents[..., None, None] - half)
    )
    scaled: Array = weight * first * second
    return scaled, exponents.astype(np.intp)
