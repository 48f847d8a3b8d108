"""Layer norm and its kin: what a stream is divided by before it is read."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ovlearn.numeric.arrays import Array

# "LN" subtracts the mean and divides by the standard deviation, "RMS" divides by the root of the mean square;
# then comes the gain, and for "LN" a shift. "Pre" does without gain and shift, as after folding.
Normalization = Literal["LN", "LNPre", "RMS", "RMSPre"] | None
KINDS = ("LN", "LNPre", "RMS", "RMSPre", None)


def centres(kind: Normalization) -> bool:
    """Whether this norm takes the mean over d_model away."""
    return kind in ("LN", "LNPre")


def has_gains(kind: Normalization) -> bool:
    """Whether this norm multiplies by gains."""
    return kind in ("LN", "RMS")


def scale_of(x: Array, kind: Normalization, eps: float) -> Array:
    """Return what the norm divides x [..., d_model] by, [..., 1]; 1 where there is none.

    >>> scale_of(np.array([[3.0, 4, 0, 0]]), "RMS", 0.0)
    array([[2.5]])
    """
    if kind is None:
        return np.ones_like(x[..., :1])
    return _root_mean_square(centred(x, kind), eps)


def centred(x: Array, kind: Normalization) -> Array:
    """Return x [..., d_model] less its mean over d_model, where this norm takes it away."""
    return x - x.mean(axis=-1, keepdims=True) if centres(kind) else x


def normed(
    x: Array, kind: Normalization, eps: float, gain: Array | None = None, shift: Array | None = None
) -> Array:
    """Return the norm of x [..., d_model], with its gain and shift [d_model] where it has them."""
    if kind is None:
        return x
    x = centred(x, kind)
    made: Array = x / _root_mean_square(x, eps)  # [..., d_model]
    if gain is not None:
        made = made * gain
    return made if shift is None else made + shift


def _root_mean_square(x: Array, eps: float) -> Array:
    squares = np.einsum("...d,...d->...", x, x)[..., None] / x.shape[-1]  # [..., 1]
    root: Array = np.sqrt(squares + eps)
    return root
