"""What an MLP does to its hidden numbers, by the names that configs have for it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ovlearn.numeric.arrays import Array

# erf by the rational approximation of W. J. Cody (1969), whose error is below rounding: numpy has none.
_NEAR = (
    (3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02, 3.20937758913846947e03,
     1.85777706184603153e-1),
    (2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03),
)  # fmt: skip
_FAR = (
    (5.64188496988670089e-1, 8.88314979438837594e00, 6.61191906371416295e01, 2.98635138197400131e02,
     8.81952221241769090e02, 1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03,
     2.15311535474403846e-8),
    (1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03,
     3.29079923573345963e03, 4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03),
)  # fmt: skip
_BEYOND = 6.0  # from here on erf is 1, in float64


def gelu_new(x: Array) -> Array:
    """GPT-2's smooth ramp, x Φ(x) by its approximation with tanh."""
    inner: Array = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
    ramp: Array = 0.5 * x * (1 + np.tanh(inner))
    return ramp


def gelu(x: Array) -> Array:
    """The smooth ramp x Φ(x), Φ the normal distribution's: exact, with erf.

    >>> [round(float(y), 6) for y in gelu(np.array([-1.0, 0, 1]))]
    [-0.158655, 0.0, 0.841345]
    """
    ramp: Array = 0.5 * x * (1 + erf(x * math.sqrt(0.5)).astype(x.dtype))
    return ramp


def relu(x: Array) -> Array:
    """The ramp max(x, 0)."""
    return np.maximum(x, 0)


def silu(x: Array) -> Array:
    """The smooth ramp x / (1 + exp(−x)); through tanh, which cannot overflow."""
    ramp: Array = 0.5 * x * (1 + np.tanh(0.5 * x))
    return ramp


def erf(x: Array) -> Array:
    """The error function of each number, in float64.

    >>> bool(abs(erf(np.linspace(-7, 7, 99)) - np.vectorize(math.erf)(np.linspace(-7, 7, 99))).max() < 1e-15)
    True

    Source: W. J. Cody (1969), 'Rational Chebyshev approximations for the error function'.
    """
    size = np.minimum(np.abs(x.astype(np.float64)), _BEYOND)
    near = size <= 0.46875
    square = np.where(near, size * size, 0)
    inner = size * _ratio(square, *_NEAR)
    far = np.where(near, 1, size)
    outer = 1 - np.exp(-far * far) * _ratio(far, *_FAR)
    return np.asarray(np.sign(x) * np.where(near, inner, outer))


def _ratio(x: Array, above: tuple[float, ...], below: tuple[float, ...]) -> Array:
    """Two polynomials' quotient, as Cody writes them: the last number above goes with the highest power."""
    top, bottom = above[-1] * x, x
    for up, down in zip(above[:-2], below[:-1], strict=True):
        top, bottom = (top + up) * x, (bottom + down) * x
    quotient: Array = (top + above[-2]) / (bottom + below[-1])
    return quotient


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "gelu_new": gelu_new,
    "gelu": gelu,
    "relu": relu,
    "silu": silu,
}
