"""Rules of the functions: row softmax, sums over positions, vec."""

from __future__ import annotations

from typing import Any

from sympy import OneMatrix, Symbol

from ovlearn.symbolic.expressions import factors, indices, product, rewrite, transpose
from ovlearn.symbolic.functions import Kronecker, OneHot, RowSoftmax, TokenSum, Vec, is_matrix
from ovlearn.symbolic.notation import MEANINGS
from ovlearn.symbolic.rules.sums import refuse_masks
from ovlearn.symbolic.steps import RuleError, rule, shortened

__all__ = [
    "rows_sum_to_one",
    "sum_over_positions",
    "vectorise",
]


@rule("rows sum to one", "softmax(S) 1 = 1")
def rows_sum_to_one(expr: Any) -> Any:
    """A row softmax times the column of ones is the column of ones.

    E.g. softmax(S) 1 becomes 1, whatever S is.
    """

    refuse_masks("rows sum to one", expr)

    def collapse(node: Any) -> Any:
        found = factors(node)
        for place in range(len(found) - 1):
            if isinstance(found[place], RowSoftmax) and isinstance(found[place + 1], OneMatrix):
                ones = OneMatrix(found[place].shape[0], found[place + 1].shape[1])
                return product(*found[:place], ones, *found[place + 2 :])
        return node

    return rewrite(expr, collapse)


@rule("sum over positions", "AV = Σ_j (A e_jᵀ)(e_j V)")
def sum_over_positions(expr: Any, index: Any) -> Any:
    """Write a product of two factors as a sum over the positions between them.

    E.g. a_i V becomes Σ_j (a_i e_jᵀ)(e_j V): each value v_j weighted by a_ij.
    """
    found = factors(expr)
    if len(found) != 2 or not all(map(is_matrix, found)):
        raise RuleError(f"sum over positions: expected a product of two factors, got {shortened(expr)}")
    if not isinstance(index, Symbol) or index in MEANINGS:
        raise RuleError(f"sum over positions: expected a symbol that is no size as an index, got {index}")
    if str(index) in indices(expr):
        raise RuleError(
            f"sum over positions: expected an index that {shortened(expr)} does not have, got {index}"
        )
    left, right = found
    row = OneHot(index, right.shape[0])
    return TokenSum(product(product(left, transpose(row)), product(row, right)), index)


@rule("vectorise", "vec(AEM) = (Mᵀ ⊗ A) vec(E)")
def vectorise(expr: Any) -> Any:
    """Write a product of three as one matrix that acts on the middle one, its columns stacked.

    E.g. vec(A E M) becomes (Mᵀ ⊗ A) vec(E).
    """
    found = factors(expr.args[0]) if isinstance(expr, Vec) else ()
    if len(found) != 3 or not all(map(is_matrix, found)):
        raise RuleError(f"vectorise: expected vec of three factors, got {shortened(expr)}")
    left, middle, right = found
    return product(Kronecker(transpose(right), left), Vec(middle))
