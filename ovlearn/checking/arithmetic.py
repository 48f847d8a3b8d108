"""The two kinds of numbers that an expression is evaluated in: floats, and whole numbers modulo a prime."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sympy import Integer

from ovlearn.checking import rotations
from ovlearn.symbolic.notation import d_h

Array = NDArray[Any]
Sizes = dict[Any, int]

# The largest below 2²⁸: a product of two residues stays below 2⁵⁶. It is 3 modulo 4, which rotations need.
PRIME = 268_435_399
_INNER = 100  # so many products of residues add up to less than 2⁶³


_LARGEST = 1e6  # a factor beyond this leaves too few digits to the other terms
_FAINT = 1e-8  # a weight below this changes nothing that a comparison in floats would see


class CannotJudge(Exception):
    """A route has no way to evaluate this expression; the message is the reason that the report gives."""


def at_sizes(number: Any, sizes: Sizes) -> Any:
    """A number with its sizes put in.

    Raises: CannotJudge where it is no rational function of the sizes and their roots, as min(d_h, s): what it
    is at the sizes drawn says nothing about others.
    """
    if number.is_Number:
        return number
    if number in sizes:
        return Integer(sizes[number])
    if not is_plain(number):
        raise CannotJudge(
            f"{number} is no rational function of the sizes, so other sizes could tell another tale"
        )
    return _put(number, tuple(sizes.items()))


@lru_cache(maxsize=100_000)
def _in_floats(number: Any, sizes: tuple[tuple[Any, int], ...]) -> float:
    """A number in double precision, sizes put in.

    Raises: CannotJudge where it is none, or too large.
    """
    value = at_sizes(number, dict(sizes))
    if not value.is_real:
        raise CannotJudge(f"{number} is not a number at these sizes")
    if abs(value) > _LARGEST:
        raise CannotJudge(f"{number} is so large that rounding it hides everything else")
    return float(value)


@lru_cache(maxsize=100_000)
def _put(number: Any, sizes: tuple[tuple[Any, int], ...]) -> Any:
    return number.subs(sizes)


@lru_cache(maxsize=10_000)
def is_plain(number: Any) -> bool:
    """Whether a number is made of numbers, sizes and their roots by sums, products and fixed powers."""
    if number.is_Number or number.is_Symbol or not number.free_symbols:
        return True
    if number.is_Pow:
        base, power = number.args
        return bool(is_plain(base) and (power.is_Integer or (power.is_Rational and base.is_Symbol)))
    return (number.is_Add or number.is_Mul) and all(map(is_plain, number.args))


class Saturated(CannotJudge):
    """A try in which every softmax row keeps one key: it shows nothing, though another try may."""


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

    def rotation(self, position: int, size: int) -> Array:
        """The rotation of a position, or of a distance [size, size]: orthogonal, and R_i R_jᵀ = R_{i−j}."""

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
        return _in_floats(number, tuple(sizes.items())) * matrix

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
        if _saturated(weights):
            raise Saturated("the scores are so large that the softmax keeps one key and shows no more")
        return np.asarray(weights / weights.sum(axis=-1, keepdims=True))

    def rotation(self, position: int, size: int) -> Array:
        """The rotation by the angles of a tiny network [size, size]."""
        return rotations.in_floats(position, size)

    def rank(self, matrix: Array) -> int:
        """The rank of a matrix."""
        return int(np.linalg.matrix_rank(matrix))


class Modular:
    """Whole numbers modulo PRIME, where a softmax is a random function that keeps the laws of one.

    It works row by row; rows sum to 1; a number added to a whole row changes nothing; equal scores get
    equal weights; a causal one sees no later key. Beyond that its weights are as good as random. `seed`: of
    the angles of rotations.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

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
        value = at_sizes(number, sizes)
        if not value.is_Rational:
            raise CannotJudge(f"{number} is not a fraction at these sizes, so it has no residue")
        if value != 0 and (value.p % PRIME == 0 or value.q % PRIME == 0):
            raise CannotJudge(f"{number} is a multiple of the prime, so it has no residue to judge by")
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
        shape = scores.shape
        seen = np.tri(*shape, dtype=np.int64) if causal else np.ones(shape, dtype=np.int64)  # [query, key]
        kept = scores * seen  # [query, key]
        count, total = seen.sum(axis=1, keepdims=True), kept.sum(axis=1, keepdims=True) % PRIME  # [query, 1]
        weights = _mixed((count * kept - total) % PRIME) * seen  # [query, key]
        norms = weights.sum(axis=1) % PRIME  # [query]
        if not norms.all():
            raise CannotJudge("the weights of a row add up to zero modulo the prime")
        inverses = np.array([[pow(int(norm), -1, PRIME)] for norm in norms])  # [query, 1]
        return np.asarray(weights * inverses % PRIME)

    def rotation(self, position: int, size: int) -> Array:
        """The rotation by random angles, as good as any [size, size]."""
        return rotations.in_residues(position, size, PRIME, self.seed)

    def rank(self, matrix: Array) -> int:
        """The rank of a matrix."""
        return _rank(matrix.copy())


def _saturated(weights: Array) -> bool:
    """Whether every row that sees two keys gives the second all but nothing: then no score matters."""
    if weights.shape[-1] < 2:
        return False
    second = np.sort(weights, axis=-1)[:, -2]  # [query], of a largest that is 1
    seen = (weights > 0).sum(axis=-1) > 1  # [query]
    return bool(seen.any() and not (second[seen] > _FAINT).any())


def _mixed(keys: Array) -> Array:
    """A residue other than zero for each residue, with no pattern to it (the finalizer of splitmix64)."""
    bits = keys.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((bits ^ (bits >> np.uint64(31))) % np.uint64(PRIME - 1), dtype=np.int64) + 1


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


def sizes_above(least: int, names: Sequence[Any], seed: int = 0) -> Sizes:
    """A size for each name, all above `least`, no two alike, d_h a perfect square.

    Matrices no larger than half a polynomial's degree satisfy identities that larger ones do not. The
    sizes change with the seed, in their order and in how far they lie apart, so that no relation between
    them can pass for a law. At seeds 0, 4, 8 … d_h is the smallest, so that a bound by it says something.
    """
    random = np.random.default_rng(seed)
    others = [name for name in names if name != d_h]
    below, spread = d_h_rank(seed, len(others)), _SPREADS[seed // 4 % 4]
    root = math.isqrt(least + below) + 1 + int(random.integers(2))
    smaller = least + 1 + random.choice(root * root - least - 1, size=below, replace=False)  # [below]
    larger = root * root + 1 + random.choice(len(others) + spread, len(others) - below, replace=False)
    around = random.permutation(np.concatenate([smaller, larger]))  # [others]
    return {d_h: root * root} | {name: int(size) for name, size in zip(others, around, strict=True)}


def d_h_rank(seed: int, others: int) -> int:
    """How many of the other sizes are smaller than d_h: none, all, one, then half or more, seed by seed."""
    return (0, others, min(1, others), (others + 1) // 2)[seed % 4]


_SPREADS = (20, 4, 10, 36)  # how far the sizes may lie apart, beside what it takes to be different
