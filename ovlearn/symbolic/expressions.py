"""Build and walk matrix expressions without letting sympy rearrange them.

sympy flattens products, distributes transposes and reorders sums on its own, and it does not check
symbolic shapes. Here grouping and order stay as written, and every shape is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, KeysView
from itertools import pairwise
from typing import Any

from sympy import (
    Basic,
    Expr,
    Identity,
    Integer,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
    nan,
    oo,
    sympify,
    zoo,
)

from ovlearn.symbolic.functions import KINDS, CausalMask, Diagonal, Function, RowSoftmax, is_matrix
from ovlearn.symbolic.printing import to_text

MATRICES = (MatrixSymbol, MatMul, MatAdd, Transpose, Identity, ZeroMatrix, OneMatrix, *KINDS)


class ShapeError(ValueError):
    """Two matrices that do not fit; the message names both and their shapes."""


def product(*factors: Any) -> Any:
    """The product of the factors, grouped as written and shape-checked; a nested product keeps its brackets.

    Raises: ShapeError where two neighbours do not fit; TypeError for a factor that is no finite number.

    >>> from sympy import MatrixSymbol
    >>> from ovlearn.symbolic import d, d_h, s
    >>> X, W_V, W_O = MatrixSymbol("X", s, d), MatrixSymbol("W_V", d, d_h), MatrixSymbol("W_O", d_h, d)
    >>> product(product(X, W_V), W_O) == product(X, product(W_V, W_O))
    False
    >>> product(X, W_O)
    Traceback (most recent call last):
    ...
    ovlearn.symbolic.expressions.ShapeError: product: expected d rows after X [s, d], got W_O [d_h, d]
    """
    _check_numbers([sympify(factor) for factor in factors if not is_matrix(factor)])
    result = factors[0] if len(factors) == 1 else MatMul(*factors, evaluate=False)
    _check_node(result)
    return result


def product_as_checked(parts: list[Any]) -> Any:
    """A product whose shapes are known to fit, as after multiplying out: built without checking again."""
    return parts[0] if len(parts) == 1 else MatMul(*parts, evaluate=False)


def add(*terms: Any) -> Any:
    """The sum of the terms in the order given, shape-checked; a nested sum keeps its brackets.

    Raises: ShapeError where two terms differ in shape.
    """
    result = terms[0] if len(terms) == 1 else MatAdd(*terms, evaluate=False)
    _check_node(result)
    return result


def subtract(left: Any, *rights: Any) -> Any:
    """`left` minus each of `rights`, unevaluated."""
    return add(left, *(product(Integer(-1), *factors(right)) for right in rights))


def transpose(matrix: Any) -> Any:
    """The transpose, as an unevaluated node; transposing twice gives the matrix back."""
    return matrix.arg if isinstance(matrix, Transpose) else Basic.__new__(Transpose, matrix)


def factors(expr: Any) -> tuple[Any, ...]:
    """The factors of a product (scalars too), or the expression alone."""
    return tuple(expr.args) if isinstance(expr, MatMul) else (expr,)


def terms(expr: Any) -> tuple[Any, ...]:
    """The terms of a sum in their order; of a zero matrix none; else the expression alone."""
    if isinstance(expr, ZeroMatrix):
        return ()
    return tuple(expr.args) if isinstance(expr, MatAdd) else (expr,)


def flat_factors(parts: Iterable[Any]) -> list[Any]:
    """The factors of a product of products, brackets removed."""
    flat: list[Any] = []
    for part in parts:
        flat.extend(flat_factors(part.args) if isinstance(part, MatMul) else (part,))
    return flat


def flat_terms(parts: Iterable[Any]) -> list[Any]:
    """The terms of a sum of sums, brackets removed."""
    flat: list[Any] = []
    for part in parts:
        flat.extend(flat_terms(part.args) if isinstance(part, MatAdd) else (part,))
    return flat


def rebuild(node: Any, arguments: tuple[Any, ...]) -> Any:
    """The same kind of node with other arguments, unevaluated."""
    if isinstance(node, MatMul):
        return MatMul(*arguments, evaluate=False)
    if isinstance(node, MatAdd):
        return MatAdd(*arguments, evaluate=False)
    if isinstance(node, Transpose):
        return transpose(arguments[0])
    return node.func(*arguments)


def children(node: Any) -> tuple[Any, ...]:
    """The arguments of a node that are themselves expressions to walk; symbols and sizes are leaves."""
    if isinstance(node, (MatMul, MatAdd, Transpose, Function)):
        return tuple(node.args)
    return ()


def rewrite(expr: Any, change: Callable[[Any], Any]) -> Any:
    """`expr` with `change` applied to every node, leaves first; equal nodes are visited once."""
    seen: dict[Any, Any] = {}

    def visit(node: Any) -> Any:
        if node not in seen:
            parts = children(node)
            new = tuple(visit(part) for part in parts)
            same = all(old is part for old, part in zip(parts, new, strict=True))
            seen[node] = change(node if same else rebuild(node, new))
        return seen[node]

    return visit(expr)


def nodes(expr: Any) -> KeysView[Any]:
    """Every node of an expression, once each, in the order in which they are written."""
    found: dict[
        Any, None
    ] = {}  # a set's order, and with it which mistake is told, would change from run to run
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = None
            waiting.extend(reversed(children(node)))
    return found.keys()


def symbols(expr: Any) -> set[Any]:
    """The matrix symbols in an expression."""
    return {node for node in nodes(expr) if isinstance(node, MatrixSymbol)}


def indices(expr: Any) -> set[str]:
    """The names of the indices on which an expression depends: of e_j K and of the row k_j, "j" among them.

    A symbol that stands for a row says so below its letter, as k_j and a_ij do.
    """
    matrices = symbols(expr)
    below = {part for symbol in matrices for part in symbol.name.split("_")[1:]}
    letters = {letter for part in below if set(part) <= set("ijklmn") for letter in part}
    return below | letters | {str(free) for free in expr.free_symbols - matrices}


def bare_mask(expr: Any) -> Any:
    """A mask that no softmax takes: its −∞ obeys no law of sums and products; None where there is none."""
    parents = (node for node in nodes(expr) if not isinstance(node, RowSoftmax))
    bare = {expr, *(part for parent in parents for part in children(parent))}
    return next((node for node in nodes(expr) if isinstance(node, CausalMask) and node in bare), None)


def check_shapes(expr: Any) -> None:
    """Raise ShapeError where factors or terms anywhere in `expr` do not fit, TypeError where it is no matrix.

    sympy accepts `X[s, d] * W_O[d_h, d]` without a word, since it cannot tell d from d_h.
    """
    if not isinstance(expr, Basic):
        raise TypeError(f"expression: expected a sympy expression, got {type(expr).__name__}")
    for node in nodes(expr):
        _check_node(node)


def _check_node(node: Any) -> None:
    if isinstance(node, MatMul):
        _check_product([factor for factor in node.args if is_matrix(factor)])
        _check_numbers([factor for factor in node.args if not is_matrix(factor)])
    elif isinstance(node, MatAdd):
        _check_sum(node.args)
    elif isinstance(node, Diagonal) and (not is_matrix(node.args[0]) or node.args[0].shape[1] != 1):
        raise ShapeError(f"diagonal: expected a matrix of one column, got {_named(node.args[0])}")
    if isinstance(node, MatrixExpr) and type(node) not in MATRICES:  # another class could print as it likes
        raise TypeError(
            f"expression: expected matrix symbols, products, sums, transposes and the functions of "
            f"ovlearn.symbolic, got {type(node).__name__}"
        )


def _check_product(matrices: list[Any]) -> None:
    for left, right in pairwise(matrices):
        if left.shape[1] != right.shape[0]:
            raise ShapeError(
                f"product: expected {left.shape[1]} rows after {_named(left)}, got {_named(right)}"
            )


def _check_numbers(numbers: list[Any]) -> None:
    for number in numbers:
        if not isinstance(number, Expr) or not number.is_commutative or number.has(nan, oo, -oo, zoo):
            raise TypeError(f"product: expected finite numbers and matrices as factors, got {number}")


def _check_sum(parts: tuple[Any, ...]) -> None:
    for part in parts[1:]:
        if not is_matrix(part) or part.shape != parts[0].shape:
            raise ShapeError(f"sum: expected terms of one shape, as {_named(parts[0])}, got {_named(part)}")


def _named(matrix: Any) -> str:
    shape = f" [{', '.join(map(str, matrix.shape))}]" if is_matrix(matrix) else ""
    return f"{to_text(matrix)}{shape}"
