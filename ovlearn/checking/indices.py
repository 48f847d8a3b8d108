"""Make symbolic indices numbers: X_n and Σ_{j<n} become plain symbols and sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from ovlearn.checking.arithmetic import CannotJudge
from ovlearn.symbolic.expressions import nodes, rewrite
from ovlearn.symbolic.functions import At, SumBelow, TokenSum

INDEXED = (At, SumBelow)
_DRAWS = 50  # far more than it takes to find numbers for one or two indices

# A number for each symbolic index, as pairs that can be hashed.
Numbers = tuple[tuple[Any, int], ...]


@lru_cache(maxsize=10_000)
def at_numbers(expr: Any, numbers: Numbers) -> Any:
    """`expr` with its symbolic indices made numbers.

    Raises: CannotJudge where a sum runs over one of them.
    """
    sums = (node for node in nodes(expr) if isinstance(node, TokenSum)) if numbers else ()
    for body, index in (total.args for total in sums):
        if any(index in node.args[1].free_symbols for node in indexed_in([body])):
            raise CannotJudge(f"a sum runs over {index}, the index of another symbol")

    def change(node: Any) -> Any:
        if not isinstance(node, INDEXED):
            return node
        base, index, rows, columns = node.args
        return node.func(base, index.subs(numbers), rows, columns)

    return rewrite(expr, change) if numbers else expr


def sums_nothing(expressions: Iterable[Any], numbers: Numbers) -> bool:
    """Whether a sum below an index has no term at these numbers: then it shows nothing of its terms."""
    found = (node for node in indexed_in(expressions) if isinstance(node, SumBelow))
    return any(node.args[1].subs(numbers) == 0 for node in found)


def definitions_at(table: Mapping[Any, Any], numbers: Numbers) -> dict[Any, Any]:
    """Definitions with their indices made numbers; what then says X = X + 0 is left out."""
    numbered = {at_numbers(lhs, numbers): at_numbers(rhs, numbers) for lhs, rhs in table.items()}
    return {lhs: rhs for lhs, rhs in numbered.items() if lhs not in nodes(rhs)}


def indexed_in(expressions: Iterable[Any]) -> frozenset[Any]:
    """The symbols with an index that is no number yet, and the sums over such an index."""
    return frozenset(node for expr in expressions for node in nodes(expr) if isinstance(node, INDEXED))


def drawn(indexed: frozenset[Any], seed: int, *, layers: int | None, first: int = 0) -> Numbers:
    """A number for each symbolic index, at which every indexed symbol exists.

    `layers`: how many the network has; None where there is no end to them, and numbers from `first` on are
    drawn: a symbol of one number, as X_0, may be a special one.
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
    draws = [tuple((symbol, first + int(random.integers(limit))) for symbol in free) for _ in range(_DRAWS)]
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
