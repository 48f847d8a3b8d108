"""Make symbolic indices numbers: X_n and Σ_{j<n} become plain symbols and sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from ovlearn.checking.arithmetic import CannotJudge
from ovlearn.symbolic.expressions import nodes, rewrite
from ovlearn.symbolic.functions import At, SumBelow

INDEXED = (At, SumBelow)
_DRAWS = 50  # far more than it takes to find numbers for one or two indices

# A number for each symbolic index, as pairs that can be hashed.
Numbers = tuple[tuple[Any, int], ...]


@lru_cache(maxsize=10_000)
def at_numbers(expr: Any, numbers: Numbers) -> Any:
    """`expr` with its symbolic indices made numbers."""

    def change(node: Any) -> Any:
        if not isinstance(node, INDEXED):
            return node
        base, index, rows, columns = node.args
        return node.func(base, index.subs(numbers), rows, columns)

    return rewrite(expr, change) if numbers else expr


def definitions_at(table: Mapping[Any, Any], numbers: Numbers) -> dict[Any, Any]:
    """Definitions with their indices made numbers; what then says X = X + 0 is left out."""
    numbered = {at_numbers(lhs, numbers): at_numbers(rhs, numbers) for lhs, rhs in table.items()}
    return {lhs: rhs for lhs, rhs in numbered.items() if lhs not in nodes(rhs)}


def indexed_in(expressions: Iterable[Any]) -> frozenset[Any]:
    """The symbols with an index that is no number yet, and the sums over such an index."""
    return frozenset(node for expr in expressions for node in nodes(expr) if isinstance(node, INDEXED))


def drawn(indexed: frozenset[Any], seed: int, *, layers: int | None) -> Numbers:
    """A number for each symbolic index, at which every indexed symbol exists.

    `layers`: how many the network has; None where there is no end to them.
    Raises: CannotJudge where no such numbers were found.
    """
    for index in (node.args[1] for node in indexed):
        if any(index.diff(symbol).free_symbols for symbol in index.free_symbols):
            raise CannotJudge(f"a few numbers do not tell the index {index} from another that agrees there")
    free = sorted({symbol for node in indexed for symbol in node.args[1].free_symbols}, key=str)
    if not free:
        return ()
    random = np.random.default_rng(seed)
    limit = 12 if layers is None else layers + 1
    draws = [tuple((symbol, int(random.integers(limit))) for symbol in free) for _ in range(_DRAWS)]
    there = [draw for draw in draws if all(_exists(node, draw, layers) for node in indexed)]
    if there:
        return max(there, key=lambda draw: len({number for _, number in draw}))  # apart, where they can be
    raise CannotJudge("no layers were found at which every indexed symbol exists")


def _exists(node: Any, numbers: Numbers, layers: int | None) -> bool:
    """Whether an indexed symbol is one of the network's: X_0 … X_n, or another's 0 … n − 1."""
    index = node.args[1].subs(numbers)
    if not index.is_Integer or index < 0:
        return False
    last = isinstance(node, SumBelow) or str(node.args[0]) == "X"
    return layers is None or bool(index < layers + last)
