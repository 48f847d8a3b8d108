"""Which value is named as the largest."""

from __future__ import annotations

import numpy as np

from ovlearn.numeric.arrays import Array

_ROUNDING = 1e-9  # of the largest magnitude


def first_largest(values: Array) -> int:
    """Return where the largest value stands, row by row: the first of those that only rounding parts.

    Rounding depends on the machine, and a picture should say the same on all.

    >>> first_largest(np.array([0.5, 1.0, 1.0 + 1e-15]))
    1
    """
    near = values >= values.max() - _ROUNDING * np.abs(values).max()
    return int(near.argmax())
