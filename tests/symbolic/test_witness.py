"""Exact values with e as a symbol: what differs is told from what is equal, without a float."""

from typing import Any

import pytest
from sympy import (
    E,
    Float,
    I,
    Identity,
    ImmutableMatrix,
    Integer,
    MatrixSymbol,
    Rational,
    Symbol,
    ZeroMatrix,
    log,
    nan,
    oo,
    pi,
    sqrt,
)
from sympy import exp as real_exp

from ovlearn.symbolic import CausalMask, Layer, RowSoftmax, d, d_h, s, v
from ovlearn.symbolic.witness import EULER, differ_at, exact

from .oracle import mul, plus, softmax, t

S, T = MatrixSymbol("S_0_0", s, s), MatrixSymbol("S_1_0", s, s)
X, Q = MatrixSymbol("X_0", s, d), MatrixSymbol("Q_0_0", s, d_h)
HALF, THIRD = Rational(1, 2), Rational(1, 3)


def matrix(*rows: Any) -> ImmutableMatrix:
    return ImmutableMatrix([list(row) for row in rows])


TWO, ONES = matrix((1, 2), (3, 4)), matrix((1, 1), (1, 1))
TALL = matrix((1, 2, 3), (0, 5, 0))


def test_values_by_heart() -> None:
    values = {S: TWO, T: ONES, X: TALL}
    assert exact(S, values) == TWO
    assert exact(plus(S, T, T), values) == matrix((3, 4), (5, 6))
    assert exact(mul(S, T), values) == matrix((3, 3), (7, 7))
    assert exact(mul(T, S), values) == matrix((4, 6), (4, 6))
    assert exact(mul(2, S, HALF, T, X), values) == matrix((3, 3), (7, 7)) * TALL
    assert exact(mul(S, -1, T), values) == matrix((-3, -3), (-7, -7))
    assert exact(t(X), values) == TALL.T
    assert exact(ZeroMatrix(s, d), values) == ImmutableMatrix.zeros(2, 3)
    assert exact(ZeroMatrix(d, 1), values) == ImmutableMatrix.zeros(3, 1)
    assert exact(ZeroMatrix(2, s), values) == ImmutableMatrix.zeros(2, 2)


def test_the_scale_is_read_off_the_matrices() -> None:
    assert exact(mul(1 / sqrt(d_h), Q), {Q: matrix((1, 2, 3, 4))}) == matrix((1, 2, 3, 4)) / 2
    assert exact(mul(1 / sqrt(d_h), Q, t(Q)), {Q: matrix((1, 2))}) == matrix([5 / sqrt(2)])
    assert exact(mul(1 / d_h, t(Q)), {Q: matrix((6, 0, 0))}) == matrix([2], [0], [0])


def test_softmax_by_heart() -> None:
    e = EULER
    assert exact(RowSoftmax(S), {S: matrix((0, 1), (2, 2))}) == matrix(
        (1 / (1 + e), e / (1 + e)), (HALF, HALF)
    )
    assert exact(RowSoftmax(CausalMask(S)), {S: matrix((5, 1), (0, 1))}) == matrix(
        (1, 0), (1 / (1 + e), e / (1 + e))
    )
    three = exact(RowSoftmax(CausalMask(S)), {S: ImmutableMatrix.zeros(3, 3)})
    assert three == matrix((1, 0, 0), (HALF, HALF, 0), (THIRD, THIRD, THIRD))


def test_softmax_agrees_with_numbers() -> None:
    table = matrix((HALF, -1, THIRD), (2, Rational(-5, 7), 0), (0, 0, 9))
    found = exact(RowSoftmax(S), {S: table}).subs(EULER, real_exp(1))
    for row, scores in zip(found.tolist(), table.tolist(), strict=True):
        assert [float(x) for x in row] == pytest.approx(softmax([float(x) for x in scores]))


def test_scores_inside_a_softmax_are_evaluated_first() -> None:
    values = {S: TWO, T: matrix((0, 1), (1, 0)), Q: matrix((1, 0, 0, 1), (0, 2, 0, 0))}
    assert exact(RowSoftmax(mul(S, T)), values) == exact(RowSoftmax(S), {S: TWO * values[T]})
    scores = mul(1 / sqrt(d_h), Q, t(Q))
    assert exact(RowSoftmax(CausalMask(scores)), values)[1, 1] == EULER**2 / (1 + EULER**2)


SAME = [
    # equal scores: no exponential is left
    (RowSoftmax(S), mul(HALF, T), {S: matrix((3, 3), (THIRD, THIRD)), T: ONES}),
    # a shift of a row changes nothing
    (RowSoftmax(plus(S, T)), RowSoftmax(S), {S: matrix((HALF, 2), (0, THIRD)), T: matrix((5, 5), (-1, -1))}),
    (RowSoftmax(plus(S, T)), RowSoftmax(S), {S: TWO, T: matrix((HALF, HALF), (THIRD, THIRD))}),
    # roots of different order: e^(1/2) e^(1/3) = e^(5/6)
    (
        RowSoftmax(plus(S, T)),
        RowSoftmax(S),
        {S: matrix((0, THIRD), (HALF, 0)), T: matrix((HALF, HALF), (THIRD, THIRD))},
    ),
    # the first row of a causal pattern sees itself alone
    (
        RowSoftmax(CausalMask(S)),
        RowSoftmax(CausalMask(T)),
        {S: matrix((0, 7), (1, 1)), T: matrix((3, -7), (2, 2))},
    ),
    # rows sum to one
    (mul(RowSoftmax(S), T), T, {S: matrix((0, HALF), (THIRD, 1)), T: ONES}),
    (mul(RowSoftmax(CausalMask(S)), T), T, {S: matrix((0, HALF), (THIRD, 1)), T: ONES}),
    # e^(1/2) e^(1/2) = e
    (mul(S, T), mul(T, S), {S: matrix((1, 2), (0, 1)), T: matrix((1, 5), (0, 1))}),
    (plus(S, mul(-1, S)), ZeroMatrix(s, s), {S: TWO}),
    (mul(1 / sqrt(d_h), Q), mul(HALF, Q), {Q: matrix((1, 2, 3, 4))}),
    (mul(mul(1 / sqrt(d_h), Q), t(mul(1 / sqrt(d_h), Q))), mul(HALF, Q, t(Q)), {Q: matrix((1, 2))}),
]
APART = [
    (RowSoftmax(S), mul(HALF, T), {S: matrix((3, 3), (THIRD, HALF)), T: ONES}),
    (RowSoftmax(S), RowSoftmax(T), {S: matrix((0, HALF), (0, 0)), T: matrix((0, THIRD), (0, 0))}),
    (RowSoftmax(CausalMask(S)), RowSoftmax(S), {S: matrix((0, 0), (0, 0))}),
    (RowSoftmax(CausalMask(S)), RowSoftmax(CausalMask(T)),
     {S: matrix((0, 7), (1, 1)), T: matrix((0, 7), (1, 2))}),
    (mul(RowSoftmax(S), T), mul(T, RowSoftmax(S)), {S: matrix((0, 1), (0, 0)), T: TWO}),
    # only the last entry differs
    (S, T, {S: TWO, T: matrix((1, 2), (3, 5))}),
    (S, t(S), {S: TWO}),
    # e^(10^-30) is close to 1, and is not 1
    (RowSoftmax(S), mul(HALF, T), {S: matrix((0, Rational(1, 10**30)), (0, 0)), T: ONES}),
    (mul(1 / sqrt(d_h), Q), Q, {Q: matrix((1, 2, 3, 4))}),
    (mul(1 / sqrt(d_h), Q), mul(HALF, Q), {Q: matrix((1, 2, 3))}),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "values"), SAME)
def test_what_is_equal_does_not_differ(left: Any, right: Any, values: Any) -> None:
    assert differ_at(left, right, values) is False
    assert differ_at(right, left, values) is False


@pytest.mark.parametrize(("left", "right", "values"), APART)
def test_what_differs_differs(left: Any, right: Any, values: Any) -> None:
    assert differ_at(left, right, values) is True
    assert differ_at(right, left, values) is True


def test_a_sum_of_two_softmaxes_cancels_across_denominators() -> None:
    """1/(1 + e^(1/2)) + e^(1/2)/(1 + e^(1/2)) = 1, entry by entry, in another order of columns."""
    values = {S: matrix((0, HALF), (THIRD, 0)), T: matrix((0, 1), (1, 0)), X: ONES}
    assert not differ_at(plus(RowSoftmax(S), mul(RowSoftmax(S), T)), X, values)
    assert differ_at(plus(RowSoftmax(S), mul(RowSoftmax(T), T)), X, values)


@pytest.mark.parametrize(
    ("expr", "values", "message"),
    [
        (S, {S: matrix((sqrt(2), 1), (1, 1))}, "rational entries"),
        (S, {S: matrix((Float(0.5), 1), (1, 1))}, "rational entries"),
        (S, {S: TWO, T: matrix((EULER, 1), (1, 1))}, "rational entries"),
        (T, {S: TWO}, "a value for S_1_0, got none"),
        (Layer(X, 0), {X: TALL}, "an expression with an exact value, got Layer"),
        (CausalMask(S), {S: TWO}, "an expression with an exact value, got CausalMask"),
        (Identity(s), {S: TWO}, "an expression with an exact value, got Identity"),
        (RowSoftmax(mul(1 / sqrt(d_h), Q, t(Q))), {Q: matrix((1, 2))}, "rational scores"),
        (RowSoftmax(RowSoftmax(S)), {S: TWO}, "rational scores"),
        # beside the e of a softmax, e itself would count as another number, and so might these
        *(
            (mul(number, S), {S: TWO}, "factors that are fractions or roots of them")
            for number in (
                E,
                E**2,
                pi,
                log(2),
                1 + sqrt(2),
                Rational(2) ** Rational(1, 3),
                Float(0.5),
                I,
                oo,
                nan,
                Symbol("c"),
                Symbol("e", positive=True),
            )
        ),
    ],
)
def test_what_has_no_exact_value_is_refused(expr: Any, values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^witness: expected {message}"):
        differ_at(expr, expr, values)


def test_a_false_difference_by_e_itself_is_refused() -> None:
    """At scores (1, 0), e times the weight of the second is the weight of the first: they do not differ."""
    up, down = MatrixSymbol("U_0", s, 1), MatrixSymbol("U_1", s, 1)
    values = {S: matrix((1, 0), (1, 0)), up: matrix([1], [0]), down: matrix([0], [1])}
    with pytest.raises(ValueError, match="fractions or roots"):
        differ_at(mul(RowSoftmax(S), up), mul(E, RowSoftmax(S), down), values)


def test_sizes_need_not_be_numbers() -> None:
    assert exact(
        mul(Integer(3), ZeroMatrix(s, v)), {S: TWO, MatrixSymbol("E", s, v): matrix((1,), (0,))}
    ) == (ImmutableMatrix.zeros(2, 1))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({S: TWO, T: ImmutableMatrix.eye(3)}, "s = 2 in S_1_0, got 3"),
        ({S: matrix((1, 2))}, "s = 1 in S_0_0, got 2"),
        ({S: TWO, X: matrix((1, 2, 3))}, "s = 2 in X_0, got 1"),
        ({X: TALL, Q: TWO, MatrixSymbol("W_V_0_0", d, d_h): TWO}, "d = 3 in W_V_0_0, got 2"),
        ({MatrixSymbol("N", 2, 3): TWO}, "3 = 3 in N, got 2"),
    ],
)
def test_matrices_must_agree_on_sizes(values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^witness: expected {message}$"):
        differ_at(S, S, values)


def test_sizes_that_are_numbers() -> None:
    row = MatrixSymbol("N", 1, 2)
    assert differ_at(row, mul(2, row), {row: matrix((1, 0)), S: ImmutableMatrix.eye(3)})
