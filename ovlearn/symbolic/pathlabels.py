"""Read off which heads a term of an expansion passes through."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sympy import Identity, MatrixSymbol, OneMatrix, Transpose, ZeroMatrix

from ovlearn.symbolic.expressions import factors, flat_factors, flat_terms
from ovlearn.symbolic.functions import is_matrix
from ovlearn.symbolic.notation import GLOSSARY, is_of_the_course, parse

Path = tuple[tuple[int, int], ...]


def path_of(term: Any) -> Path:
    """The heads whose patterns stand in a term, first layer first; `()` is the direct path.

    >>> from ovlearn.symbolic import Network, product
    >>> net = Network(layers=2)
    >>> path_of(product(net.head("A", 1, 0), net.head("A", 0, 0), net.stream(0)))
    ((0, 0), (1, 0))
    """
    return tuple(sorted(head for factor in flat_factors(factors(term)) for head in _heads(factor)))


def hidden_in(term: Any) -> Any:
    """A factor of a term in which paths may hide, as the sum in A_1 (E W_E + Δ_0) W_OV; None where none is.

    A term of an expansion is a product of patterns, weights and tokens. What the network computes with
    heads of its own (a later stream, a layer's output) stands for many paths, and so may a sum or a function.
    """
    matrices = filter(is_matrix, flat_factors([term]))
    return next((factor for factor in matrices if not _is_plain(factor)), None)


def holds_paths(expr: Any) -> bool:
    """Whether an expression, brackets and all, goes through heads of its own."""
    return any(path_of(term) or hidden_in(term) for term in flat_terms([expr]))


def _is_plain(factor: Any) -> bool:
    if isinstance(factor, (Identity, ZeroMatrix, OneMatrix)):
        return True
    if isinstance(factor, Transpose):
        return _is_plain(factor.arg) and not _heads(factor.arg)
    return isinstance(factor, MatrixSymbol) and not (is_of_the_course(factor) and _is_computed(factor.name))


def _is_computed(name: str) -> bool:
    """Whether heads wrote part of a matrix of the course: it is recorded, and no pattern, or a row."""
    base, indices = parse(name)
    first = base == "X" and indices == (0,)
    part = GLOSSARY[base].shape[0] == 1 or base == "S_direct"
    return part or (GLOSSARY[base].recorded.startswith("run.") and base != "A" and not first)


@lru_cache(maxsize=4096)
def _heads(factor: Any) -> Path:
    """The heads that a pattern's name holds; other factors name none."""
    base, indices = parse(factor.name) if isinstance(factor, MatrixSymbol) else ("", ())
    pairs = base == "A" and len(indices) % 2 == 0
    return tuple(zip(indices[::2], indices[1::2], strict=True)) if pairs else ()


def by_order(path: Path) -> tuple[int, Path]:
    """The sort key of the course: fewer heads first, then layer by layer."""
    return (len(path), path)
