"""Translate between row vectors (this course, the article) and column vectors (the paper).

In columns every matrix is the transpose of its row form, and products are written from right to left.
A symbol's column form has `_col` after its base: `W_E_col` is the transpose of `W_E`, printed with a bar.
"""

from __future__ import annotations

from typing import Any

from sympy import MatrixSymbol

from ovlearn.symbolic import rules
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import rewrite, symbols, transpose
from ovlearn.symbolic.notation import Network, parse
from ovlearn.symbolic.statements import Assumption, definition


def column_symbol(row: Any) -> Any:
    """The column form of a symbol, of transposed shape.

    >>> from ovlearn.symbolic import symbol
    >>> column_symbol(symbol("W_OV", 1, 0)), column_symbol(symbol("W_E")).shape
    (W_OV_col_1_0, (d, v))
    """
    base, indices = parse(row.name)
    return MatrixSymbol("_".join([f"{base}_col", *map(str, indices)]), *reversed(row.shape))


def columns(expr: Any) -> Assumption:
    """The definition of the column form of every symbol in an expression."""
    found = sorted(symbols(expr), key=lambda each: each.name)
    return definition(
        "column convention",
        "a bar marks the transpose: a matrix that acts on column vectors from the left",
        *((row, transpose(column_symbol(row))) for row in found),
    )


def to_columns(expr: Any, *, network: Network | None = None, title: str = "") -> Derivation:
    """Derive the column form of a row expression: its transpose, in the column symbols.

    Works on any expression of the course whose functions (softmax, masks) stand inside no transpose of a
    product; those stay as transposed functions.

    >>> from ovlearn.symbolic import product, symbol
    >>> print(to_columns(product(symbol("W_E"), symbol("W_U"))).result)
    (W_E W_U)ᵀ = W_U_col W_E_col
    """
    convention = columns(expr)
    start = Derivation.start(transpose(expr), [convention], network=network, title=title)
    if rules.transposes.function(start.here) != start.here:
        start = start.apply(rules.transposes)
    return start.apply(rules.unfold, convention)


def to_rows(expr: Any) -> Any:
    """The row form of a column expression: the converse of `to_columns`.

    >>> from ovlearn.symbolic import product, symbol, to_text
    >>> rows = product(symbol("W_E"), symbol("W_U"))
    >>> to_rows(to_columns(rows).result.rhs) == rows
    True
    """

    def back(node: Any) -> Any:
        if not isinstance(node, MatrixSymbol):
            return node
        base, indices = parse(node.name)
        row = "_".join([base.removesuffix("_col"), *map(str, indices)])
        return transpose(MatrixSymbol(row, *reversed(node.shape))) if base.endswith("_col") else node

    whole = transpose(rewrite(expr, back))
    return rules.transposes.function(whole)
