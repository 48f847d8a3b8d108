"""Eigenvalues of products that were rounded: those that rounding alone could have made are 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ovlearn.numeric.arrays import Array

Complex = NDArray[np.complexfloating[Any]]
_SAFETY = 16.0  # between the rounding that is to be expected and what is taken for it
_ILL = 300.0  # a condition that random matrices do not have: of 64 × 64, one eigenvalue in a million
_SURE = 1e8  # a condition up to which the inverse tells it to half of its digits
_SAME = 1e-11  # of eigenvectors of length 1: they depend on each other, as far as float64 can tell


def eigenvalues_beyond_rounding(matrices: Array, error: Array) -> Complex:
    """Return the eigenvalues [..., n] of matrices [..., n, n]: 0 for those that rounding could have made.

    error: how far rounding is to be expected to have moved each matrix, a Frobenius norm [...].

    To first order an eigenvalue moves by at most ‖error‖ κ. κ = ‖x‖ ‖y‖ / |y x| is its condition, of its
    right and left eigenvectors x and y: 1 for symmetric matrices, and without bound near one with too few
    eigenvectors, where a small error makes large eigenvalues. One of n that a block of size n makes of an
    error is about n times as large as its κ tells. So one within that reach becomes 0 if its κ is large; the
    others, which stay small, do so only where all are within reach, and nothing larger is there. And only as
    many become 0, the smallest first, as leave the sums of powers of all eigenvalues what they are: these are
    traces of powers, and known well where single eigenvalues are not.

    >>> turned = np.array([[1.0, -1], [1, -1]])
    >>> eigenvalues_beyond_rounding(turned, np.array(2e-16))
    array([0.+0.j, 0.+0.j])

    Source: Golub & Van Loan, Matrix Computations, 7.2, on the condition of an eigenvalue.
    """
    values, vectors = np.linalg.eig(matrices.astype(np.float64))  # [..., n], [..., n, n]: columns of length 1
    conditions = _conditions(vectors)  # [..., n]
    within = np.abs(values) <= _SAFETY * values.shape[-1] * error[..., None] * conditions  # [..., n]
    made = within & ((conditions > _ILL) | within.all(axis=-1, keepdims=True))  # [..., n]
    some = made.any(axis=-1)  # [...]: most heads have none, and are spared the powers
    made[some] = _unnoticed(values[some], made[some], matrices[some], error[some])
    return np.where(made, 0, values).astype(np.complex128)


def _unnoticed(values: Complex, made: NDArray[np.bool], matrices: Array, error: Array) -> NDArray[np.bool]:
    """Which of those that are marked [head, n] can be 0 without a trace of any power that tells.

    An error E changes the trace of Mᵏ by at most k ‖Mᵏ⁻¹‖ ‖E‖, to first order, whatever its eigenvectors are.
    """
    order = np.argsort(np.where(made, np.abs(values), np.inf), axis=-1)  # [head, n]
    marked = np.take_along_axis(np.where(made, values, 0), order, axis=-1)  # [head, n]
    scale = np.maximum(np.linalg.norm(matrices, axis=(-2, -1)), np.finfo(np.float64).tiny)  # [head]
    matrix, marked = matrices / scale[:, None, None], marked / scale[:, None]
    power, powers, kept = np.eye(values.shape[-1]), np.ones_like(marked), np.ones(marked.shape, bool)
    for k in range(1, values.shape[-1] + 1):
        powers = powers * marked
        reach = _SAFETY * k * error / scale * np.linalg.norm(power, axis=(-2, -1))  # [head]
        kept &= np.abs(powers.cumsum(axis=-1)) <= reach[:, None]
        power = power @ matrix
    kept = np.flip(np.logical_or.accumulate(np.flip(kept, -1), axis=-1), -1)  # all up to the last that may
    found = np.zeros_like(made)
    np.put_along_axis(found, order, kept, axis=-1)
    return found & made


def _conditions(vectors: Complex) -> Array:
    """κ [..., n]: the lengths of the rows of the inverse; of what has hardly one, by singular values."""
    try:
        lengths: Array = np.linalg.norm(np.linalg.inv(vectors), axis=-1)  # [..., n]
    except np.linalg.LinAlgError:  # one of them has none
        return _by_singular_values(vectors)
    doubtful = ~(lengths.max(axis=-1, initial=0) < _SURE)  # [...]
    lengths[doubtful] = _by_singular_values(vectors[doubtful])
    return lengths


def _by_singular_values(vectors: Complex) -> Array:
    """κ [..., n], very large where there is no inverse: some thirty times slower than by the inverse."""
    _, sizes, turned = np.linalg.svd(vectors)
    sizes = np.where(sizes > _SAME, sizes, np.finfo(np.float64).eps ** 1.5)  # [..., n]
    lengths: Array = np.sqrt((np.abs(turned) ** 2 / sizes[..., :, None] ** 2).sum(axis=-2))
    return lengths
