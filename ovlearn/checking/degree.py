"""The degree of an expression, as a polynomial in the entries of its free symbols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Identity, MatMul, MatrixSymbol, OneMatrix, ZeroMatrix

from ovlearn.symbolic.expressions import children
from ovlearn.symbolic.functions import Kronecker, OneHot, Rank, RowSoftmax, is_matrix


def degree(expr: Any, definitions: Mapping[Any, Any]) -> int:
    """An upper bound on the degree, definitions unfolded; a softmax adds one to its argument's.

    A softmax's stand-in is no polynomial: with one, the bound that follows from the degree takes it that the
    stand-in behaves like a random function.

    >>> from ovlearn.symbolic import Network, product
    >>> net = Network(layers=1)
    >>> folded = {net.head("W_OV", 0, 0): product(net.head("W_V", 0, 0), net.head("W_O", 0, 0))}
    >>> degree(product(net.head("A", 0, 0), net.stream(0), net.head("W_OV", 0, 0)), folded)
    4
    """
    known: dict[Any, int] = {}

    def of(node: Any) -> int:
        if node not in known:
            known[node] = measured(node)
        return known[node]

    def measured(node: Any) -> int:
        if node in definitions:
            return of(definitions[node])
        if isinstance(node, MatrixSymbol):
            return 1
        if not is_matrix(node) and not isinstance(node, Rank):
            return 0
        if isinstance(node, (ZeroMatrix, Identity, OneMatrix, OneHot)):
            return 0
        parts = [of(part) for part in children(node)]
        if isinstance(node, (MatMul, Kronecker)):
            return sum(parts)
        if isinstance(node, RowSoftmax):
            return 1 + max(parts)
        return max(parts, default=0)

    return of(expr)
