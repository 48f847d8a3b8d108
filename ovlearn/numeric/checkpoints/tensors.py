"""Named tensors of a file or a state dict, each checked when it is taken, and none left over."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ovlearn.arguments import complaint
from ovlearn.numeric.arrays import Array, any_array


@dataclass
class Tensors:
    """Tensors by name: `read` returns one as it is; `where` names their origin in errors.

    `taken`: the names that were asked for; `ignored`: patterns of names that nobody need ask for.
    """

    where: str
    names: set[str]
    read: Callable[[str], Any]
    taken: set[str] = field(default_factory=set)
    ignored: list[str] = field(default_factory=list)

    def take(self, name: str, *shape: int) -> Array:
        """Return a tensor of this shape as float32 or float64.

        Raises ValueError where it is missing, has another shape, holds other than real numbers, NaN or
        infinity: the message names the origin, the tensor, what was expected and what came.
        """
        if name not in self.names:
            raise ValueError(complaint(self.where, f"a tensor {name} of shape {shape}", "none"))
        self.taken.add(name)
        called = f"{self.where}, {name}"
        value = as_array(called, self.read(name))
        if value.shape != shape:
            transposed = value.shape == shape[::-1] or value.shape == (*shape[:-2], *shape[-2:][::-1])
            came = f"{value.shape}: it looks transposed" if transposed else str(value.shape)
            raise ValueError(complaint(called, f"shape {shape}", came))
        if value.dtype.kind != "f":
            raise ValueError(complaint(called, "floating-point numbers", f"dtype {value.dtype}"))
        _check_finite(called, value)
        return value.astype(np.float32, copy=False) if value.dtype == np.float16 else value

    def stack(self, name: str, count: int, *shape: int) -> Array:
        """Return the tensors `name`, with {} replaced by 0, 1, …, as one array [count, *shape]."""
        return np.stack([self.take(name.format(layer), *shape) for layer in range(count)])

    def has(self, name: str) -> bool:
        """Whether there is a tensor of this name."""
        return name in self.names

    def ignore(self, pattern: str) -> None:
        """Let nobody ask for the tensors whose whole name this pattern finds."""
        self.ignored.append(pattern)

    def nothing_else(self) -> None:
        """Raise ValueError where a tensor was neither taken nor is ignored."""
        left = self.names - self.taken
        rest = sorted(name for name in left if not any(re.fullmatch(one, name) for one in self.ignored))
        if rest:
            raise ValueError(complaint(self.where, "no other tensor", f"{rest[0]} ({len(rest)} in all)"))


def as_array(called: str, value: Any) -> np.ndarray[Any, Any]:
    """Return a tensor as an array; one of torch is let go of its gradient first.

    Raises ValueError for ragged lists and for masked arrays.
    """
    for step in ("detach", "cpu"):
        value = getattr(value, step, lambda kept=value: kept)()
    if "bfloat16" in str(getattr(value, "dtype", "")) and hasattr(value, "float"):
        value = value.float()  # numpy has no such numbers
    return any_array(called, value)


def _check_finite(called: str, value: np.ndarray[Any, Any]) -> None:
    finite = np.isfinite(value)
    if not finite.all():
        place = tuple(int(i) for i in np.unravel_index(int(np.argmin(finite)), value.shape))
        raise ValueError(complaint(called, "finite numbers", f"{value[place]} at {list(place)}"))
