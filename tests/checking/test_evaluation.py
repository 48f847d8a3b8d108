"""Every kind of node against a computation written out by hand, in both kinds of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Identity, Integer, MatrixSymbol, OneMatrix, Symbol, ZeroMatrix, sqrt

from ovlearn.checking.arithmetic import PRIME, CannotJudge, Floats, Modular
from ovlearn.checking.evaluation import Evaluator
from ovlearn.symbolic import (
    At,
    CausalMask,
    Kronecker,
    Layer,
    OneHot,
    Rank,
    RowSoftmax,
    TokenSum,
    Vec,
    add,
    d,
    d_h,
    product,
    s,
    transpose,
    v,
)

from .cases import assert_close

SIZES = {s: 4, d: 5, d_h: 9, v: 3}
II, J = Symbol("i", integer=True), Symbol("j", integer=True)
A, B, C = MatrixSymbol("A", s, d), MatrixSymbol("B", d, s), MatrixSymbol("C", s, s)
DEFINED = MatrixSymbol("D", s, s)
PLACES = {II: 2, J: 1}

draw = np.random.default_rng(0)
FLOATS = {A: draw.normal(size=(4, 5)), B: draw.normal(size=(5, 4)), C: draw.normal(size=(4, 4))}
WHOLE = {symbol: draw.integers(PRIME, size=value.shape) for symbol, value in FLOATS.items()}
a, b, c = FLOATS.values()


def floats(expr: Any, definitions: dict[Any, Any] | None = None) -> Any:
    return Evaluator(Floats(), SIZES, FLOATS.get, definitions or {}, PLACES.__getitem__).value(expr)


def whole(expr: Any, definitions: dict[Any, Any] | None = None) -> Any:
    return Evaluator(Modular(), SIZES, WHOLE.get, definitions or {}, PLACES.__getitem__).value(expr)


def softmax(scores: Any) -> Any:
    weights = np.exp(scores)
    return weights / weights.sum(axis=1, keepdims=True)


SPELLED_OUT = [
    (A, a),
    (add(product(A, B), C, C), np.einsum("ij,jk->ik", a, b) + 2 * c),
    (product(1 / sqrt(d_h), A, product(B, C)), a @ (b @ c) / 3),
    (product(Integer(-2), A), -2 * a),
    (transpose(product(A, B)), b.T @ a.T),
    (ZeroMatrix(s, v), np.zeros((4, 3))),
    (Identity(d), np.eye(5)),
    (OneMatrix(v, 1), np.ones((3, 1))),
    (RowSoftmax(C), softmax(c)),
    (RowSoftmax(CausalMask(C)), np.tril(np.exp(c)) / np.tril(np.exp(c)).sum(axis=1, keepdims=True)),
    (product(OneHot(II, s), A), a[2:3]),
    (product(A, transpose(OneHot(J, d))), a[:, 1:2]),
    (OneHot(J, s), np.array([[0, 1, 0, 0]])),
    (Vec(A), np.array([[a[i, j]] for j in range(5) for i in range(4)])),
    (Kronecker(A, C), np.block([[entry * c for entry in row] for row in a])),
    (TokenSum(product(product(A, transpose(OneHot(II, d))), product(OneHot(II, d), B)), II), a @ b),
    (TokenSum(product(OneHot(II, s), C, transpose(OneHot(II, s))), II), np.array([[np.trace(c)]])),
    (TokenSum(product(OneHot(II, s), C, transpose(OneHot(J, s))), II), np.array([[c[:, 1].sum()]])),
]


@pytest.mark.parametrize(("expr", "expected"), SPELLED_OUT, ids=map(str, range(len(SPELLED_OUT))))
def test_in_floats(expr: Any, expected: Any) -> None:
    assert_close(floats(expr), expected)


def test_a_mask_in_floats() -> None:
    value = floats(CausalMask(C))
    assert np.array_equal(np.tril(value), np.tril(c))
    assert np.isneginf(value[np.triu_indices(4, 1)]).all()


def test_ranks_and_sizes() -> None:
    for value in (floats, whole):
        assert value(Rank(A)) == 4
        assert value(Rank(product(transpose(OneHot(II, s)), OneHot(J, s)))) == 1
        assert value(Rank(ZeroMatrix(s, s))) == 0
        assert value(d * 2 + 1) == 11
        assert value(Integer(7)) == 7


POLYNOMIALS = [
    (add(product(A, B), C), lambda a, b, c: a @ b + c),
    (product(1 / sqrt(d_h), transpose(B), transpose(A)), lambda a, b, c: b.T @ a.T * pow(3, -1, PRIME)),
    (Vec(A), lambda a, b, c: a.T.reshape(-1, 1)),
    (product(OneHot(II, s), C), lambda a, b, c: c[2:3]),
    (
        add(C, Identity(s), product(Integer(-1), OneMatrix(s, s))),
        lambda a, b, c: c + np.eye(4, dtype=int) - 1,
    ),
    (TokenSum(product(C, transpose(OneHot(II, s)), OneHot(II, s), A), II), lambda a, b, c: c @ a),
]


@pytest.mark.parametrize(("expr", "expected"), POLYNOMIALS, ids=map(str, range(len(POLYNOMIALS))))
def test_in_residues(expr: Any, expected: Any) -> None:
    big = (value.astype(object) for value in WHOLE.values())
    assert np.array_equal(whole(expr), expected(*big) % PRIME)


def test_definitions_are_followed_where_nothing_is_recorded() -> None:
    table = {DEFINED: product(A, B), A: ZeroMatrix(s, d)}
    assert_close(floats(product(DEFINED, C), table), a @ b @ c)  # A has a value: its definition is not asked


def test_a_definition_inside_a_sum_over_positions() -> None:
    """v_j is e_j V: its value changes with j, also where it is defined through another name."""
    row, named = MatrixSymbol("r", 1, s), MatrixSymbol("n", 1, s)
    body = TokenSum(product(transpose(OneHot(II, s)), row), II)
    assert_close(floats(body, {row: product(OneHot(II, s), C)}), c)
    twice = {row: product(named, C), named: OneHot(II, s)}
    assert_close(floats(add(C, TokenSum(product(transpose(OneHot(II, s)), row), II)), twice), 2 * c)


def test_a_value_is_computed_once() -> None:
    asked: list[Any] = []

    def lookup(symbol: Any) -> Any:
        asked.append(symbol)
        return FLOATS[symbol]

    Evaluator(Floats(), SIZES, lookup, {}, PLACES.__getitem__).value(add(product(A, B), product(A, B), C))
    assert sorted(map(str, asked)) == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        (DEFINED, "nothing recorded is called D"),
        (product(C, DEFINED), "nothing recorded is called D"),
        (Layer(A, 0), "Layer has no value of its own"),
        (At("X", Symbol("n", integer=True), s, d), "At has no value of its own"),
    ],
)
def test_what_has_no_value(expr: Any, reason: str) -> None:
    for value in (floats, whole):
        with pytest.raises(CannotJudge, match=reason):
            value(expr)


def test_a_mask_has_no_residue() -> None:
    with pytest.raises(CannotJudge, match="a mask holds −∞"):
        whole(CausalMask(C))
    assert (whole(RowSoftmax(CausalMask(C))).sum(axis=1) % PRIME == 1).all()
