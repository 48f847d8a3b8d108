"""Rules of sums: multiply out, order, cancel, take together."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from sympy import Identity, MatMul, ZeroMatrix

from ovlearn.symbolic.expressions import (
    add,
    bare_mask,
    factors,
    flat_terms,
    product,
    product_as_checked,
    rewrite,
    terms,
)
from ovlearn.symbolic.functions import At, SumBelow, is_matrix
from ovlearn.symbolic.normal import NormalForm
from ovlearn.symbolic.pathlabels import by_order, path_of
from ovlearn.symbolic.rules.products import scalars_merged
from ovlearn.symbolic.steps import RuleError, rule, shortened

__all__ = [
    "cancel",
    "distribute",
    "factor_out",
    "flatten",
    "join_sum",
    "reorder",
    "zero",
]


@rule("flatten", "(X + Y) + Z = X + Y + Z")
def flatten(expr: Any) -> Any:
    """Remove the brackets of sums within sums.

    E.g. (X_0 + Δ_0) + Δ_1 becomes X_0 + Δ_0 + Δ_1.
    """
    return rewrite(expr, lambda node: add(*flat_terms([node])) if len(terms(node)) > 1 else node)


@rule("distribute", "A(X + Y)W = AXW + AYW")
def distribute(expr: Any) -> Any:
    """Multiply every sum out, until one flat sum of flat products is left.

    E.g. A (X_0 + Δ_0) W becomes A X_0 W + A Δ_0 W. Softmax and the other functions are not entered.
    """
    refuse_masks("distribute", expr)
    known: dict[Any, list[tuple[Any, ...]]] = {}

    def words(node: Any) -> list[tuple[Any, ...]]:
        if node not in known:
            known[node] = multiplied(node)
        return known[node]

    def multiplied(node: Any) -> list[tuple[Any, ...]]:
        if isinstance(node, MatMul):
            partial: list[tuple[Any, ...]] = [()]
            for factor in node.args:
                partial = [left + right for left in partial for right in words(factor)]
            return partial
        if len(terms(node)) > 1:
            return [word for term in terms(node) for word in words(term)]
        return [(node,)]

    return add(*(product_as_checked(scalars_merged(word)) for word in words(expr)))


@rule("factor out", "AX + AY = A(X + Y)")
def factor_out(expr: Any) -> Any:
    """Take the factors that all terms of a sum begin with out of it; numbers stay where they are.

    E.g. A X W_V W_O + A X W_V W_O' becomes A X W_V (W_O + W_O'), and X − X M becomes X (I − M).
    """
    refuse_masks("factor out", expr)

    def take(node: Any) -> Any:
        split = [_split(term) for term in terms(node)] if len(terms(node)) > 1 else []
        shared = _beginning([matrices for _, matrices in split])
        if not shared:
            return node
        unit, size = Identity(shared[-1].shape[1]), len(shared)
        return product(*shared, add(*(product(*n, *(rest[size:] or [unit])) for n, rest in split)))

    return rewrite(expr, take)


def _split(term: Any) -> tuple[list[Any], list[Any]]:
    """The numbers and the matrices among the factors of a term."""
    found = factors(term)
    return [each for each in found if not is_matrix(each)], [each for each in found if is_matrix(each)]


def _beginning(lists: list[list[Any]]) -> list[Any]:
    """What all lists begin with."""
    alike = takewhile(lambda found: all(each == found[0] for each in found), zip(*lists, strict=False))
    return [found[0] for found in alike]


@rule("reorder", "X + Y = Y + X")
def reorder(expr: Any) -> Any:
    """Order the terms of an expansion by how many heads they pass, then layer by layer.

    E.g. A_1 A_0 … + A_0 … + E … becomes E … + A_0 … + A_1 A_0 ….
    """
    if len(terms(expr)) < 2:
        raise RuleError(f"reorder: expected a sum, got {shortened(expr)}")
    return add(*sorted(terms(expr), key=lambda term: by_order(path_of(term))))


@rule("cancel", "X − X = 0")
def cancel(expr: Any) -> Any:
    """A sum whose terms cancel is zero.

    E.g. A X W + A Y W − A X W − A Y W becomes 0.
    """
    refuse_masks("cancel", expr)
    if len(terms(expr)) < 2 or NormalForm().of(expr):
        raise RuleError(f"cancel: expected terms that cancel, got {shortened(expr)}")
    return ZeroMatrix(*expr.shape)


@rule("zero", "0 X = 0, X + 0 = X")
def zero(expr: Any) -> Any:
    """Drop products with a zero matrix, and zero terms of sums.

    E.g. layer(X + 0) + S 0 W becomes layer(X).
    """

    refuse_masks("zero", expr)

    def drop(node: Any) -> Any:
        if isinstance(node, MatMul) and any(isinstance(factor, ZeroMatrix) for factor in node.args):
            return ZeroMatrix(*node.shape)
        if len(terms(node)) > 1:
            kept = [term for term in terms(node) if not isinstance(term, ZeroMatrix)]
            return add(*kept) if kept else ZeroMatrix(*node.shape)
        return node

    return rewrite(expr, drop)


@rule("join", "Σ_{j<n} Δ_j + Δ_n = Σ_{j<n+1} Δ_j")
def join_sum(expr: Any) -> Any:
    """Take the next term into a sum that ends just before it.

    E.g. X_0 + Σ_{j<n} Δ_j + Δ_n becomes X_0 + Σ_{j<n+1} Δ_j.
    """
    found = terms(expr)
    for place in range(len(found) - 1):
        below, last = found[place], found[place + 1]
        if isinstance(below, SumBelow) and last == At(*below.args):
            base, stop, rows, columns = below.args
            return add(*found[:place], SumBelow(base, stop + 1, rows, columns), *found[place + 2 :])
    raise RuleError(f"join: expected a sum and its next term, got {shortened(expr)}")


def refuse_masks(name: str, expr: Any) -> None:
    """Raise where −∞ stands in the open: neither −∞ − (−∞) nor 0 · (−∞) is a number."""
    if (mask := bare_mask(expr)) is not None:
        raise RuleError(
            f"{name}: expected masks inside a softmax alone, since they hold −∞, got {shortened(mask)}"
        )
