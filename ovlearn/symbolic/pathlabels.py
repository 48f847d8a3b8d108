"""Read off which heads a term of an expansion passes through."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sympy import MatrixSymbol

from ovlearn.symbolic.expressions import factors, flat_factors
from ovlearn.symbolic.notation import parse

Path = tuple[tuple[int, int], ...]


def path_of(term: Any) -> Path:
    """The heads whose patterns stand in a term, first layer first; `()` is the direct path.

    >>> from ovlearn.symbolic import Network, product
    >>> net = Network(layers=2)
    >>> path_of(product(net.head("A", 1, 0), net.head("A", 0, 0), net.stream(0)))
    ((0, 0), (1, 0))
    """
    return tuple(sorted(head for factor in flat_factors(factors(term)) for head in _heads(factor)))


@lru_cache(maxsize=4096)
def _heads(factor: Any) -> Path:
    """The heads that a pattern's name holds; other factors name none."""
    base, indices = parse(factor.name) if isinstance(factor, MatrixSymbol) else ("", ())
    pairs = base == "A" and len(indices) % 2 == 0
    return tuple(zip(indices[::2], indices[1::2], strict=True)) if pairs else ()


def by_order(path: Path) -> tuple[int, Path]:
    """The sort key of the course: fewer heads first, then layer by layer."""
    return (len(path), path)
