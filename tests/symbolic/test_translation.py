"""Rows to columns and back: every matrix its transpose, every product from right to left."""

from typing import Any

import numpy as np
import pytest
from sympy import MatAdd, MatMul, MatrixSymbol, Transpose, ZeroMatrix, sqrt

from ovlearn.symbolic import (
    Network,
    Relation,
    RowSoftmax,
    d,
    d_h,
    derivations,
    derive,
    s,
    symbol,
    symbols,
    to_columns,
    to_rows,
    to_text,
    v,
)
from ovlearn.symbolic.translation import column_symbol, columns

from .oracle import Scene, mul, plus, t

A, E, W_E, W_U = symbol("A", 1, 0), symbol("E"), symbol("W_E"), symbol("W_U")
W_OV, X = symbol("W_OV", 1, 0), symbol("X", 1)


def col(name: str, *shape: Any) -> MatrixSymbol:
    return MatrixSymbol(name, *shape)


def test_column_symbols() -> None:
    assert column_symbol(W_E) == col("W_E_col", d, v)
    assert column_symbol(W_OV) == col("W_OV_col_1_0", d, d)
    assert column_symbol(symbol("W_V", 1, 2)) == col("W_V_col_1_2", d_h, d)
    assert column_symbol(E).shape == (v, s)


def test_the_convention_defines_every_symbol() -> None:
    convention = columns(mul(A, E, W_E))
    assert (convention.name, convention.kind) == ("column convention", "definition")
    assert convention.equations == (
        Relation(A, t(col("A_col_1_0", s, s))),
        Relation(E, t(col("E_col", v, s))),
        Relation(W_E, t(col("W_E_col", d, v))),
    )
    assert columns(mul(W_E, t(W_E))).equations == (Relation(W_E, t(col("W_E_col", d, v))),)


def test_the_circuit_in_columns() -> None:
    derivation = to_columns(mul(W_E, W_OV, W_U), network=Network(2, 1), title="a title")
    assert derivation.here == mul(col("W_U_col", v, d), col("W_OV_col_1_0", d, d), col("W_E_col", d, v))
    assert derivation.result.lhs == t(mul(W_E, W_OV, W_U))
    assert [step.rule.name for step in derivation.steps] == ["transpose", "unfold"]
    assert (derivation.network, derivation.title) == (Network(2, 1), "a title")
    assert derivation.assumptions == (columns(mul(W_E, W_OV, W_U)),)
    assert (to_columns(W_E).network, to_columns(W_E).title) == (None, "")


def test_a_symbol_alone() -> None:
    derivation = to_columns(W_E)
    assert derivation.result == Relation(t(W_E), col("W_E_col", d, v))
    assert [step.rule.name for step in derivation.steps] == ["unfold"]


ROWS = [
    W_E,
    mul(W_E, W_U),
    mul(A, E, W_E, W_OV, W_U),
    plus(mul(E, W_E), mul(A, X)),
    mul(2, A, X),
    mul(1 / sqrt(d_h), X, symbol("W_QK", 1, 0), t(X)),
    mul(A, plus(X, mul(-1, E, W_E))),
    mul(X, t(mul(A, X))),
    plus(X, mul(A, plus(X, X))),
]


@pytest.mark.parametrize("rows", ROWS, ids=to_text)
def test_the_value_is_the_transpose(rows: Any) -> None:
    derivation = to_columns(rows)
    assert derivation.here.shape == rows.shape[::-1]
    assert all("_col" in each.name for each in symbols(derivation.here))
    scene = Scene()
    assert np.allclose(scene(derivation.here), scene(rows).T)
    for step in derivation.steps:
        assert np.allclose(scene(step.before), scene(step.after))
    back = to_rows(derivation.here)
    assert back.shape == rows.shape
    assert symbols(back) == symbols(rows)
    assert np.allclose(scene(back), scene(rows))


@pytest.mark.parametrize("rows", ROWS[:7], ids=to_text)
def test_there_and_back(rows: Any) -> None:
    assert to_rows(to_columns(rows).here) == rows


def plain(expr: Any) -> bool:
    """A sum of products of symbols, with numbers and transposes."""
    if isinstance(expr, (MatAdd, MatMul)):
        return all(plain(part) for part in expr.args)
    return not expr.is_Matrix or isinstance(
        expr.args[0] if isinstance(expr, Transpose) else expr, MatrixSymbol
    )


def results() -> list[Any]:
    found = []
    for slug in derivations():
        derivation = derive(slug, layers=2, heads=2, layer=1, head=1)
        for each in (derivation, *derivation.lemmas):
            for side in (each.result.lhs, each.result.rhs):
                if side.is_Matrix and plain(side) and not isinstance(side, (ZeroMatrix, Transpose)):
                    found.append(pytest.param(side, id=f"{slug}-{to_text(side)[:40]}"))
    return found


@pytest.mark.parametrize("rows", results())
def test_every_result_of_the_course_there_and_back(rows: Any) -> None:
    if any("_col" in each.name for each in symbols(rows)):  # it is in columns already
        rows = to_rows(rows)
    there = to_columns(rows).here
    assert there.shape == rows.shape[::-1]
    assert to_rows(there) == rows
    scene = Scene(4)
    assert np.allclose(scene(there), scene(rows).T)


def test_functions_stay_transposed() -> None:
    derivation = to_columns(mul(RowSoftmax(A), X))
    assert to_text(derivation.here) == "X_col_1 (softmax(A_col_1_0ᵀ))ᵀ"
    assert to_rows(derivation.here) == mul(RowSoftmax(A), X)


def test_to_rows_leaves_row_symbols_alone() -> None:
    assert to_rows(mul(col("W_U_col", v, d), t(X))) == mul(X, W_U)
    assert to_rows(col("A_col_0_1_2_3", s, s)) == symbol("A", 0, 1, 2, 3)
