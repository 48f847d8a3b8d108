"""The rotation of a position in both kinds of numbers: each pair of coordinates turns by its own angle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ovlearn.numeric.rotary import Rotary

_BASE = 10.0  # about how much more slowly the last pair turns than the first; models have 10,000 or more


def rotary(size: int) -> Rotary | None:
    """The rotary positions of a tiny network whose heads are this wide; None where there is no pair to turn.

    An odd coordinate is left over; it does not turn.
    """
    return Rotary(width=size - size % 2, base=_BASE) if size > 1 else None


def in_floats(position: int, size: int) -> NDArray[np.float64]:
    """The rotation of a position, or of a distance, which may be negative [size, size].

    >>> turned = in_floats(3, 4) @ in_floats(1, 4).T
    >>> np.allclose(turned, in_floats(2, 4))
    True
    """
    turns = rotary(size)
    return np.eye(size) if turns is None else np.asarray(turns.matrix(position, size), np.float64)


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
    for pair, t in enumerate(drawn):
        first, second = 2 * pair, 2 * pair + 1
        cos, sin = _power(_point(int(t), prime), position, prime)
        matrix[first, first] = matrix[second, second] = cos
        matrix[first, second], matrix[second, first] = sin, -sin
    return matrix % prime


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
