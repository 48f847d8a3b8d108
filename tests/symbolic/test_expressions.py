"""Building and walking expressions: nothing moves on its own, and shapes must fit."""

import re
from typing import Any

import pytest
from hypothesis import given
from sympy import Identity, Integer, Inverse, MatAdd, MatMul, MatrixSymbol, OneMatrix, Transpose, ZeroMatrix

from ovlearn.symbolic import (
    At,
    Diagonal,
    Kronecker,
    Layer,
    OneHot,
    Rank,
    RowSoftmax,
    ShapeError,
    SumBelow,
    TokenSum,
    Vec,
    add,
    check_shapes,
    d,
    d_h,
    factors,
    product,
    s,
    subtract,
    symbols,
    terms,
    transpose,
    v,
)
from ovlearn.symbolic.expressions import (
    MATRICES,
    children,
    flat_factors,
    flat_terms,
    nodes,
    product_as_checked,
    rebuild,
    rewrite,
)
from ovlearn.symbolic.functions import KINDS, is_matrix

from .oracle import free_index, mul, plus, t
from .test_normal import expressions, quick

A, B = MatrixSymbol("A_0_0", s, s), MatrixSymbol("A_1_0", s, s)
X, Y = MatrixSymbol("X_0", s, d), MatrixSymbol("Delta_0", s, d)
W_V, W_O = MatrixSymbol("W_V_0_0", d, d_h), MatrixSymbol("W_O_0_0", d_h, d)
J, N = free_index("j"), free_index("n")


def test_products_stay_as_written() -> None:
    assert product(A, X, W_V) == mul(A, X, W_V)
    assert product(product(A, X), W_V) == mul(mul(A, X), W_V) != product(A, product(X, W_V))
    assert product(2, A).args == (Integer(2), A)
    assert product(A) is A
    assert product(A, 2, X).args == (A, Integer(2), X)
    assert product(Identity(s), X).args == (Identity(s), X)
    assert product(X, transpose(X)).shape == (s, s)
    assert product_as_checked([A]) is A
    assert product_as_checked([A, X]) == mul(A, X)
    assert product_as_checked([mul(A, B), X]) == mul(mul(A, B), X)


def test_sums_stay_as_written() -> None:
    assert add(Y, X) == plus(Y, X) != add(X, Y)
    assert add(X) is X
    assert add(add(X, Y), X) == plus(plus(X, Y), X)
    assert add(X, X).args == (X, X)
    assert subtract(X, Y) == plus(X, mul(-1, Y))
    assert subtract(X, mul(A, Y), X) == plus(X, mul(-1, A, Y), mul(-1, X))
    assert subtract(X, plus(X, Y)) == plus(X, mul(-1, plus(X, Y)))
    assert subtract(X) is X


def test_transposes() -> None:
    assert transpose(mul(A, X)) == t(mul(A, X))
    assert transpose(mul(A, X)).args == (mul(A, X),)
    assert transpose(X).shape == (d, s)
    assert transpose(transpose(X)) is X
    assert isinstance(transpose(plus(X, Y)).args[0], MatAdd)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((X, W_O), "d rows after X_0 [s, d], got W_O_0_0 [d_h, d]"),
        ((A, 2, W_V), "s rows after A_0_0 [s, s], got W_V_0_0 [d, d_h]"),
        ((A, X, A), "d rows after X_0 [s, d], got A_0_0 [s, s]"),
        ((X, X), "d rows after X_0 [s, d], got X_0 [s, d]"),
    ],
)
def test_products_that_do_not_fit(parts: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=f"^product: .*{re.escape(message)}$"):
        product(*parts)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((X, A), ", got A_0_0 [s, s]"),
        ((X, Y, A), ", got A_0_0 [s, s]"),
        ((X, W_V), ", got W_V_0_0 [d, d_h]"),
    ],
)
def test_sums_that_do_not_fit(parts: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=f"^sum: .*{re.escape(message)}$"):
        add(*parts)


def test_a_shape_error_is_a_value_error() -> None:
    assert issubclass(ShapeError, ValueError)


@pytest.mark.parametrize(
    "expr",
    [
        mul(A, plus(X, mul(X, W_O))),
        RowSoftmax(mul(X, W_O)),
        t(plus(X, A)),
        Rank(mul(W_O, W_V, W_V)),
        Kronecker(A, mul(X, X)),
        Layer(plus(X, A), 0),
        mul(Diagonal(X), X),
        Diagonal(t(MatrixSymbol("r_norm_0", s, 1))),
        Vec(mul(mul(A, A), W_O)),
        TokenSum(mul(OneHot(J, s), W_V), J),
    ],
    ids=str,
)
def test_shapes_are_checked_in_deep_places(expr: Any) -> None:
    with pytest.raises(ShapeError):
        check_shapes(expr)


@pytest.mark.parametrize(
    "expr",
    [
        X, mul(2, A, X), plus(X, mul(A, Y)), t(X), Identity(s), ZeroMatrix(s, d), OneMatrix(s, 1),
        RowSoftmax(A), Layer(X, 0), OneHot(J, s), TokenSum(mul(t(OneHot(J, s)), OneHot(J, s)), J),
        Vec(X), Kronecker(A, X), At("X", N, s, d), SumBelow("X", N, s, d), Rank(mul(W_V, W_O)), Integer(3),
    ],
    ids=str,
)  # fmt: skip
def test_what_fits_passes(expr: Any) -> None:
    check_shapes(expr)
    check_shapes(Rank(expr)) if is_matrix(expr) else None


def test_foreign_matrices_are_refused() -> None:
    with pytest.raises(TypeError, match=r"^expression: expected matrix symbols, .* got Inverse$"):
        check_shapes(mul(A, Inverse(B)))
    with pytest.raises(TypeError, match="got Inverse"):
        product(Inverse(B))
    assert set(KINDS) <= set(MATRICES)


def test_parts() -> None:
    assert factors(mul(2, A, mul(B, X))) == (2, A, mul(B, X))
    assert factors(X) == (X,)
    assert factors(plus(X, Y)) == (plus(X, Y),)
    assert terms(plus(X, mul(A, Y))) == (X, mul(A, Y))
    assert terms(X) == (X,)
    assert terms(mul(A, X)) == (mul(A, X),)
    assert terms(ZeroMatrix(s, d)) == ()
    assert flat_factors([mul(2, mul(A, mul(B, X))), W_V]) == [2, A, B, X, W_V]
    assert flat_factors([plus(X, Y)]) == [plus(X, Y)]
    assert flat_terms([plus(X, plus(Y, X)), Y]) == [X, Y, X, Y]
    assert flat_terms([mul(A, plus(X, Y))]) == [mul(A, plus(X, Y))]
    assert is_matrix(X)
    assert is_matrix(mul(2, X))
    assert not is_matrix(d)
    assert not is_matrix(Rank(X))


def test_children_are_what_can_be_rewritten() -> None:
    assert children(mul(2, A, X)) == (2, A, X)
    assert children(plus(X, Y)) == (X, Y)
    assert children(t(X)) == (X,)
    assert children(Layer(X, 0)) == (X, 0)
    assert children(Rank(X)) == (X,)
    assert children(X) == children(d) == children(ZeroMatrix(s, d)) == ()


def test_nodes_and_symbols() -> None:
    expr = plus(mul(2, A, X), RowSoftmax(mul(X, t(Y))))
    assert symbols(expr) == {A, X, Y}
    assert symbols(Rank(mul(W_V, W_O))) == {W_V, W_O}
    assert nodes(mul(2, A, t(X))) == {mul(2, A, t(X)), Integer(2), A, t(X), X}
    assert symbols(Integer(2)) == set()
    assert nodes(X) == {X}


@pytest.mark.parametrize(
    "node", [mul(A, B), plus(A, B), t(A), RowSoftmax(A), Kronecker(A, B), Rank(A)], ids=str
)
def test_rebuild_makes_the_same_kind(node: Any) -> None:
    other = tuple(MatrixSymbol(f"N{number}", s, s) for number, _ in enumerate(node.args))
    again = rebuild(node, other)
    assert type(again) is type(node)
    assert again.args == other
    assert rebuild(node, node.args) == node


def test_rebuild_evaluates_nothing() -> None:
    assert rebuild(mul(A, B), (A, Identity(s))).args == (A, Identity(s))
    assert rebuild(plus(A, B), (B, A)).args == (B, A)
    assert rebuild(plus(A, B), (A, A)).args == (A, A)
    assert rebuild(t(A), (t(B),)) is B


def test_rewrite_goes_leaves_first_and_visits_equal_nodes_once() -> None:
    seen = []

    def change(node: Any) -> Any:
        seen.append(node)
        return {X: Y, mul(A, Y): Y}.get(node, node)

    assert rewrite(plus(mul(A, X), X), change) == plus(Y, Y)
    assert seen == [A, X, mul(A, Y), plus(Y, Y)]
    swapped = rewrite(mul(A, B), {A: B, B: A}.get)
    assert swapped is None  # whatever `change` says


def test_rewrite_keeps_what_it_need_not_touch() -> None:
    expr = plus(mul(A, X), t(Y))
    assert rewrite(expr, lambda node: node) is expr
    changed = rewrite(expr, lambda node: B if node == A else node)
    assert changed == plus(mul(B, X), t(Y))
    assert changed.args[1] is expr.args[1]
    assert rewrite(mul(A, B), lambda node: {A: B, B: A}.get(node, node)) == mul(B, A)


@quick
@given(expressions(depth=2))
def test_expressions_of_every_form_have_shapes_that_fit(expr: Any) -> None:
    check_shapes(expr)
    assert expr.shape == (s, d)
    found = nodes(expr)
    assert expr in found
    assert all(child in found for node in found for child in children(node))
    assert isinstance(transpose(expr), Transpose) or isinstance(expr, Transpose)
    assert isinstance(product(A, expr), MatMul)
    with pytest.raises(ShapeError):
        product(expr, MatrixSymbol("M", v, v))


def test_of_many_mistakes_the_first_that_is_written_is_told() -> None:
    """A set of nodes has another order in each run: six mistakes would rarely come in this one by chance."""
    wrong = [
        MatMul(MatrixSymbol(f"A_{i}", s, d), MatrixSymbol(f"B_{i}", s, d), evaluate=False) for i in range(6)
    ]
    for first in range(6):
        turned = wrong[first:] + wrong[:first]
        with pytest.raises(ShapeError, match=f"after A_{first} "):
            check_shapes(MatAdd(*turned, evaluate=False))
