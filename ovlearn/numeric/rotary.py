"""Rotary positions: queries and keys are turned by an angle that grows with their position."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ovlearn.arguments import complaint, positive_number, whole_number
from ovlearn.numeric.arrays import Array, read_only


@dataclass(frozen=True)
class Rotary:
    """Rotary positions: pairs of a query's or key's entries are points of a plane, and position i turns them.

    width: how many entries are turned, an even number; entry m goes with entry m + width/2, and what lies
    beyond stays. Pair m turns by i · base^(−2m/width) radians at position i. slowed: what the speed of each
    pair is divided by, as `slowed_as_llama3` says, or nothing.

    So a score depends on how far a key lies back, and not on where both are: R_i R_jᵀ = R_{i−j}.

    Raises TypeError or ValueError for a width that is not even and above 0, for a base or a divisor that is
    not above 0, and for another number of divisors than there are pairs.

    >>> rotary = Rotary(width=4, base=100.0)
    >>> there, back = rotary.matrix(5, d_head=6), rotary.matrix(-5, d_head=6)
    >>> bool(np.allclose(there @ back, np.eye(6))), bool(np.allclose(there.T, back))
    (True, True)

    Source: Su et al. (2021), 'RoFormer'.
    """

    width: int
    base: float = 10_000.0
    slowed: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check the width and the base."""
        object.__setattr__(self, "width", whole_number("width", self.width, minimum=2))
        if self.width % 2:
            raise ValueError(complaint("width", "an even number", str(self.width)))
        object.__setattr__(self, "base", positive_number("base", self.base))
        divisors = tuple(positive_number("slowed", one) for one in self.slowed)
        if divisors and len(divisors) != self.width // 2:
            raise ValueError(complaint("slowed", f"{self.width // 2} numbers", str(len(divisors))))
        object.__setattr__(self, "slowed", divisors)

    @property
    def speeds(self) -> Array:
        """By how many radians each pair turns a position, [pair], in float64."""
        plain = self.base ** (-np.arange(0, self.width, 2) / self.width)  # [pair]
        return plain / np.array(self.slowed) if self.slowed else plain

    def turned(self, x: Array) -> Array:
        """Queries or keys [..., pos, d_head], each turned as far as its position says."""
        cos, sin = _turns(self, x.shape[-2], x.dtype)  # [pos, pair] each
        half = self.width // 2
        first, second = x[..., :half], x[..., half : self.width]  # [..., pos, pair] each
        turned = np.empty_like(x)
        turned[..., :half] = first * cos - second * sin
        turned[..., half : self.width] = second * cos + first * sin
        turned[..., self.width :] = x[..., self.width :]
        return turned

    def matrix(self, distance: int, d_head: int) -> Array:
        """R [d_head, d_head] of a distance, for row vectors: the q_i R_{i−j} k_jᵀ is the score of q_i, k_j.

        Raises ValueError for a d_head that is narrower than what is turned.
        """
        if d_head < self.width:
            raise ValueError(complaint("d_head", f"at least width = {self.width}", str(d_head)))
        angles, half = distance * self.speeds, self.width // 2  # [pair]
        R = np.eye(d_head)  # [d_head, d_head]
        first, second = np.arange(half), np.arange(half, self.width)
        R[first, first] = R[second, second] = np.cos(angles)
        R[first, second], R[second, first] = np.sin(angles), -np.sin(angles)
        return R


def slowed_as_llama3(
    rotary: Rotary, *, factor: float, low: float, high: float, original: float
) -> tuple[float, ...]:
    """Return what Llama 3 divides the speeds by, so that a text may be longer than it was trained on.

    A turn that takes longer than `original / low` positions is slowed by `factor`, one that takes less than
    `original / high` is left as it is, and those between are slowed in part.

    Raises TypeError or ValueError for a number that is not above 0, and for a low that is not below high.

    >>> slowed_as_llama3(Rotary(width=4, base=100.0), factor=8.0, low=1.0, high=4.0, original=32)
    (1.0, 8.0)

    Source: the Llama 3.1 release (2024), its reference code.
    """
    for name, one in (("factor", factor), ("low", low), ("high", high), ("original", original)):
        positive_number(name, one)
    if low >= high:
        raise ValueError(complaint("low", f"a number below high = {high}", str(low)))
    turns = original * rotary.speeds / (2 * math.pi)  # [pair], in a text as long as before
    kept = np.clip((turns - low) / (high - low), 0, 1)  # [pair]
    return tuple((1 / (kept + (1 - kept) / factor)).tolist())


@lru_cache(maxsize=8)
def _turns(rotary: Rotary, length: int, dtype: np.dtype[np.floating]) -> tuple[Array, Array]:
    """The cosine and the sine of every angle, [pos, pair], worked out in float64."""
    angles = np.arange(length)[:, None] * rotary.speeds  # [pos, pair]
    return read_only(np.cos(angles).astype(dtype)), read_only(np.sin(angles).astype(dtype))
