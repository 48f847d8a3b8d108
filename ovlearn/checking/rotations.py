"""The rotation of a position in both kinds of numbers: each pair of coordinates turns by its own angle."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_BASE = 10.0  # about how much more slowly the last pair turns than the first; models have 10,000 or more


def angles(size: int) -> NDArray[np.float64]:
    """By how much each pair of coordinates turns from one position to the next [size // 2].

    An odd coordinate is left over; it does not turn.
    """
    pairs = np.arange(size // 2)  # [pair]
    return np.asarray(_BASE ** (-2 * pairs / size))


def in_floats(position: int, size: int) -> NDArray[np.float64]:
    """The rotation of a position, or of a distance, which may be negative [size, size].

    >>> turned = in_floats(3, 4) @ in_floats(1, 4).T
    >>> np.allclose(turned, in_floats(2, 4))
    True
    """
    matrix = np.eye(size)  # [size, size]
    _fill(matrix, ((np.cos(position * angle), np.sin(position * angle)) for angle in angles(size)))
    return matrix


def in_residues(position: int, size: int, prime: int, seed: int) -> NDArray[np.int64]:
    """The same modulo a prime, with angles drawn anew for each seed [size, size].

    A residue t gives a point of the circle, c = (1 − t²)/(1 + t²) and s = 2t/(1 + t²). The prime is 3 modulo
    4: then −1 is no square, and 1 + t² is never 0. An entry is a polynomial of degree 2 |position| in its t,
    over a power of 1 + t² of that degree.

    >>> three, one, two = (in_residues(position, size=4, prime=103, seed=0) for position in (3, 1, 2))
    >>> np.array_equal(three @ one.T % 103, two)
    True
    """
    matrix = np.eye(size, dtype=np.int64)  # [size, size]
    drawn = np.random.default_rng([seed, size]).integers(prime, size=size // 2)  # [pair]
    _fill(matrix, (_power(_point(int(t), prime), position, prime) for t in drawn))
    return matrix % prime


def _fill(matrix: NDArray[np.generic], points: Iterable[tuple[float, float]]) -> None:
    """Put a turn by each point (cos, sin) of a circle on the diagonal of a matrix, pair by pair."""
    for pair, (cos, sin) in enumerate(points):
        first, second = 2 * pair, 2 * pair + 1
        matrix[first, first] = matrix[second, second] = cos
        matrix[first, second], matrix[second, first] = sin, -sin


def _point(t: int, prime: int) -> tuple[int, int]:
    below = pow(1 + t * t, -1, prime)
    return (1 - t * t) * below % prime, 2 * t * below % prime


def _power(point: tuple[int, int], times: int, prime: int) -> tuple[int, int]:
    """A point of the circle turned on so many times; backwards where that is negative."""
    cos, sin = point if times >= 0 else (point[0], -point[1])
    total = 1, 0
    for _ in range(abs(times)):
        total = (total[0] * cos - total[1] * sin) % prime, (total[0] * sin + total[1] * cos) % prime
    return total
