"""Rules of the functions: row softmax, sums over positions, diagonals, rotations, vec."""

from __future__ import annotations

from typing import Any

from sympy import Identity, MatMul, OneMatrix, Symbol, Transpose

from ovlearn.symbolic.expressions import factors, indices, nodes, product, rewrite, transpose
from ovlearn.symbolic.functions import (
    Diagonal,
    Kronecker,
    OneHot,
    Rotation,
    RowSoftmax,
    TokenSum,
    Vec,
    is_matrix,
)
from ovlearn.symbolic.notation import MEANINGS
from ovlearn.symbolic.rules.sums import refuse_masks
from ovlearn.symbolic.steps import RuleError, rule, shortened

__all__ = [
    "diagonal",
    "rotations",
    "row_of_a_sum",
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


@rule("row of a sum", "e_i Σ_m e_mᵀ X_m = X_i")
def row_of_a_sum(expr: Any) -> Any:
    """Take row i of a matrix that is given row by row, wherever it stands.

    E.g. e_i Σ_m e_mᵀ (e_m X W_Q R_m) becomes e_i X W_Q R_i.
    """

    def take(node: Any) -> Any:
        found = factors(node)
        for place in range(len(found) - 1):
            row, total = found[place : place + 2]
            if isinstance(row, OneHot) and isinstance(total, TokenSum) and _is_by_rows(total, row.args[1]):
                return product(*found[:place], _row_at(total, row.args[0]), *found[place + 2 :])
        return node

    return rewrite(expr, take)


def _is_by_rows(total: TokenSum, size: Any) -> bool:
    """Whether a sum is Σ_m e_mᵀ …, over so many rows."""
    body, index = total.args
    return len(factors(body)) > 1 and factors(body)[0] == transpose(OneHot(index, size))


def _row_at(total: TokenSum, index: Any) -> Any:
    """The summand of Σ_m e_mᵀ … without its e_mᵀ, with another index for m.

    Raises: RuleError where more depends on m than rows e_m and rotations R_m, or a sum could catch the index.
    """
    body, summed = total.args
    row = product(*factors(body)[1:])

    def change(node: Any) -> Any:
        if isinstance(node, (OneHot, Rotation)):
            return node.func(node.args[0].subs(summed, index), *node.args[1:])
        return node

    made = rewrite(row, change)
    bound = any(isinstance(node, TokenSum) for node in nodes(row))
    if bound or (summed != index and str(summed) in indices(made)):
        raise RuleError(
            f"row of a sum: expected rows e_{summed} and rotations R_{summed} alone to depend on {summed}, "
            f"got {shortened(row)}"
        )
    return made


@rule("diagonal", "e_i diag(r) = (e_i r) e_i, diag(r) e_jᵀ = e_jᵀ (e_j r)")
def diagonal(expr: Any) -> Any:
    """Row i of a diagonal matrix is its entry i times e_i, and so is its column i.

    E.g. e_i diag(r) A diag(t) e_jᵀ becomes (e_i r) e_i A e_jᵀ (e_j t).
    """

    def scale(node: Any) -> Any:
        if not isinstance(node, MatMul):
            return node
        found = list(node.args)
        for place in range(len(found) - 1):
            left, right = found[place : place + 2]
            if isinstance(left, OneHot) and isinstance(right, Diagonal):
                found[place : place + 2] = [product(left, right.args[0]), left]
            elif isinstance(left, Diagonal) and _is_column(right):
                found[place : place + 2] = [right, product(right.arg, left.args[0])]
        return product(*found)

    return rewrite(expr, scale)


def _is_column(factor: Any) -> bool:
    """Whether a factor is e_jᵀ, which picks a column."""
    return isinstance(factor, Transpose) and isinstance(factor.arg, OneHot)


@rule("rotations", "R_i R_jᵀ = R_{i−j}")
def rotations(expr: Any) -> Any:
    """Write neighbouring rotations as one; a rotation and its transpose leave nothing.

    E.g. W_Q R_i R_jᵀ W_Kᵀ becomes W_Q R_{i−j} W_Kᵀ.
    """

    def join(node: Any) -> Any:
        if not isinstance(node, MatMul):
            return node
        found: list[Any] = []
        for factor in node.args:
            turn, last = _position(factor), _position(found[-1]) if found else None
            if turn is None or last is None:
                found.append(factor)
            else:
                found[-1] = Rotation(last + turn)
        if len(found) == len(node.args):
            return node
        kept = [factor for factor in found if _position(factor) != 0]
        return product(*kept) if any(map(is_matrix, kept)) else product(*kept, Identity(node.shape[0]))

    return rewrite(expr, join)


def _position(factor: Any) -> Any:
    """The position that a factor turns by, backwards where it is transposed; None for no rotation."""
    if isinstance(factor, Transpose):
        inner = _position(factor.arg)
        return None if inner is None else -inner
    return factor.args[0] if isinstance(factor, Rotation) else None


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
