"""Rules of products: brackets, numbers and transposes."""

from __future__ import annotations

from typing import Any

from sympy import Integer, MatMul, Mul, Transpose

from ovlearn.symbolic.expressions import add, factors, flat_factors, product, rewrite, terms, transpose
from ovlearn.symbolic.functions import is_matrix
from ovlearn.symbolic.steps import RuleError, rule

__all__ = [
    "gather_transposes",
    "group",
    "scalars_first",
    "transposes",
    "ungroup",
]


@rule("ungroup", "(AB)C = ABC")
def ungroup(expr: Any) -> Any:
    """Remove the brackets of products within products.

    E.g. (A (X W_V)) W_O becomes A X W_V W_O.
    """
    return rewrite(expr, lambda node: product(*flat_factors([node])) if isinstance(node, MatMul) else node)


@rule("group", "ABC = A(BC)")
def group(expr: Any, *parts: Any) -> Any:
    """Put brackets round neighbouring factors, wherever they stand.

    E.g. grouping W_V, W_O: A X W_V W_O becomes A X (W_V W_O).
    """
    size = len(parts)
    if size < 2:
        raise RuleError(f"group: expected at least two factors, got {size}")

    def bracket(node: Any) -> Any:
        found = factors(node)
        for place in range(len(found) - size + 1):
            if found[place : place + size] == parts and size < len(found):
                return product(*found[:place], product(*parts), *found[place + size :])
        return node

    return rewrite(expr, bracket)


@rule("scalars first", "A(cB) = c(AB)")
def scalars_first(expr: Any) -> Any:
    """Bring numbers to the front of every product, multiplied together.

    E.g. Q (Kᵀ/√d_h) becomes Q Kᵀ/√d_h.
    """
    return rewrite(
        expr,
        lambda node: product(*scalars_merged(flat_factors([node]))) if isinstance(node, MatMul) else node,
    )


@rule("transpose", "(AB)ᵀ = BᵀAᵀ, (X + Y)ᵀ = Xᵀ + Yᵀ")
def transposes(expr: Any) -> Any:
    """Push transposes down to the symbols.

    E.g. (X W_K)ᵀ becomes W_Kᵀ Xᵀ.
    """

    def push(node: Any) -> Any:
        return turned(node.arg) if isinstance(node, Transpose) else node

    def turned(node: Any) -> Any:
        if isinstance(node, MatMul):
            numbers = [factor for factor in node.args if not is_matrix(factor)]
            matrices = [factor for factor in node.args if is_matrix(factor)]
            return product(*numbers, *(turned(factor) for factor in reversed(matrices)))
        if len(terms(node)) > 1:
            return add(*(turned(term) for term in terms(node)))
        return transpose(node)

    return rewrite(expr, push)


@rule("gather transposes", "BᵀAᵀ = (AB)ᵀ")
def gather_transposes(expr: Any, *parts: Any) -> Any:
    """Write neighbouring transposed factors as the transpose of one product: the converse of transpose.

    E.g. gathering Kᵀ, e_jᵀ: Q Kᵀ e_jᵀ becomes Q (e_j K)ᵀ. `parts` are the factors as they stand.
    """
    if not all(map(is_matrix, parts)):
        raise RuleError(f"gather transposes: expected matrices, got {', '.join(map(str, parts))}")
    gathered = transpose(product(*(transpose(part) for part in reversed(parts))))
    grouped = group.function(expr, *parts)
    return rewrite(grouped, lambda node: gathered if factors(node) == parts else node)


def scalars_merged(word: Any) -> list[Any]:
    """The factors of a product with its numbers multiplied into one, in front; a 1 is left out."""
    matrices = [factor for factor in word if is_matrix(factor)]
    if len(matrices) == len(word):
        return matrices
    number = Mul(*(factor for factor in word if not is_matrix(factor)))
    return matrices if number == Integer(1) else [number, *matrices]
