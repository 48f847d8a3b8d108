"""The two kinds of numbers that an expression is evaluated in: floats, and whole numbers modulo a prime."""

from __future__ import annotations

import math
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Sizes = dict[Any, int]

PRIME = 268_435_399  # the largest below 2²⁸: a product of two residues stays below 2⁵⁶
_INNER = 100  # so many products of residues add up to less than 2⁶³


class CannotJudge(Exception):
    """A route has no way to evaluate this expression; the message is the reason that the report gives."""


class Arithmetic(Protocol):
    """What an evaluator needs of its numbers. Matrices are 2-D arrays."""

    def matmul(self, left: Array, right: Array) -> Array:
        """The matrix product."""

    def add(self, left: Array, right: Array) -> Array:
        """The sum of two matrices."""

    def scale(self, number: Any, matrix: Array, sizes: Sizes) -> Array:
        """A number times a matrix, sizes put into the number."""

    def constant(self, matrix: Array) -> Array:
        """A matrix of small whole numbers, in these numbers."""

    def kron(self, left: Array, right: Array) -> Array:
        """The Kronecker product: block ij is left_ij · right."""

    def mask(self, scores: Array) -> Array:
        """Scores [query, key] with −∞ above the diagonal."""

    def row_softmax(self, scores: Array, *, causal: bool) -> Array:
        """A pattern [query, key] for these scores: rows sum to 1; causal ones are zero above the diagonal."""

    def rank(self, matrix: Array) -> int:
        """The rank of a matrix."""


class Floats:
    """Double precision, with the real softmax."""

    def matmul(self, left: Array, right: Array) -> Array:
        """The matrix product."""
        return left @ right

    def add(self, left: Array, right: Array) -> Array:
        """The sum of two matrices."""
        return left + right

    def scale(self, number: Any, matrix: Array, sizes: Sizes) -> Array:
        """A number times a matrix, sizes put into the number."""
        return float(number.subs(sizes)) * matrix

    def constant(self, matrix: Array) -> Array:
        """A matrix of small whole numbers in these numbers."""
        return matrix.astype(np.float64)

    def kron(self, left: Array, right: Array) -> Array:
        """The Kronecker product."""
        return np.kron(left, right)

    def mask(self, scores: Array) -> Array:
        """Scores with −∞ above the diagonal."""
        return np.where(np.tri(*scores.shape) > 0, scores, -np.inf)  # [query, key]

    def row_softmax(self, scores: Array, *, causal: bool) -> Array:
        """A pattern for these scores: rows that sum to 1, zero above the diagonal where causal."""
        masked = self.mask(scores) if causal else scores  # [query, key]
        weights = np.exp(masked - masked.max(axis=-1, keepdims=True))  # [query, key]
        return np.asarray(weights / weights.sum(axis=-1, keepdims=True))

    def rank(self, matrix: Array) -> int:
        """The rank of a matrix."""
        return int(np.linalg.matrix_rank(matrix))


class Modular:
    """Whole numbers modulo PRIME. A softmax is one random matrix for each value of its argument.

    That is all that a proof by rules may know of a softmax: equal arguments give equal patterns, rows sum
    to 1, and a causal one is zero above the diagonal.
    """

    def matmul(self, left: Array, right: Array) -> Array:
        """The matrix product."""
        total = np.zeros((left.shape[0], right.shape[1]), dtype=np.int64)  # [rows, columns]
        for start in range(0, left.shape[1], _INNER):
            part = slice(start, start + _INNER)
            total = (total + left[:, part] @ right[part] % PRIME) % PRIME
        return total

    def add(self, left: Array, right: Array) -> Array:
        """The sum of two matrices."""
        return (left + right) % PRIME

    def scale(self, number: Any, matrix: Array, sizes: Sizes) -> Array:
        """A number times a matrix, sizes put into the number."""
        return matrix * self.residue(number, sizes) % PRIME

    def residue(self, number: Any, sizes: Sizes) -> int:
        """A number such as 1/√d_h as a residue: sizes are put in, and d_h is a perfect square."""
        value = number.subs(sizes)
        if not value.is_Rational:
            raise CannotJudge(f"{number} is not a fraction at these sizes, so it has no residue")
        return int(value.p) * pow(int(value.q), -1, PRIME) % PRIME

    def constant(self, matrix: Array) -> Array:
        """A matrix of small whole numbers in these numbers."""
        return matrix.astype(np.int64)

    def kron(self, left: Array, right: Array) -> Array:
        """The Kronecker product."""
        return np.kron(left, right) % PRIME

    def mask(self, scores: Array) -> Array:
        """Scores with −∞ above the diagonal."""
        raise CannotJudge("a mask holds −∞, which no residue stands for")

    def row_softmax(self, scores: Array, *, causal: bool) -> Array:
        """A pattern for these scores: rows that sum to 1, zero above the diagonal where causal."""
        seen = np.tril(scores) if causal else scores  # [query, key]
        digest = blake2b(seen.tobytes() + bytes([causal]), digest_size=8).digest()
        random = np.random.default_rng(int.from_bytes(digest, "big"))
        pattern = random.integers(PRIME, size=scores.shape)  # [query, key]
        pattern = np.tril(pattern) if causal else pattern
        diagonal = np.arange(min(scores.shape))
        pattern[diagonal, diagonal] += 1 - pattern.sum(axis=1)  # rows sum to 1
        return np.asarray(pattern % PRIME)

    def rank(self, matrix: Array) -> int:
        """The rank of a matrix."""
        return _rank(matrix.copy())


def _rank(matrix: Array) -> int:
    """Gaussian elimination modulo PRIME, in place."""
    rank = 0
    for column in range(matrix.shape[1]):
        candidates = np.flatnonzero(matrix[rank:, column])
        if candidates.size == 0:
            continue
        pivot = rank + int(candidates[0])
        matrix[[rank, pivot]] = matrix[[pivot, rank]]
        matrix[rank] = matrix[rank] * pow(int(matrix[rank, column]), -1, PRIME) % PRIME
        below = matrix[rank + 1 :]  # [rows left, columns]
        below -= below[:, [column]] * matrix[rank] % PRIME
        below %= PRIME
        rank += 1
        if rank == matrix.shape[0]:
            break
    return rank


def sizes_above(degree: int, names: tuple[Any, Any, Any, Any]) -> Sizes:
    """Sizes for s, d, d_h, v: all above the degree, no two alike, d_h a perfect square and the smallest.

    Matrices no larger than half the degree satisfy identities that larger ones do not.
    """
    s, d, d_h, v = names
    smallest = math.isqrt(degree) + 1
    inner = smallest * smallest
    return {d_h: inner, d: inner + 1, s: inner + 2, v: inner + 3}
