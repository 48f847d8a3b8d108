"""The functions: shapes, indices, and that nothing evaluates on its own."""

from typing import Any

import pytest
from sympy import Integer, MatAdd, MatrixSymbol, Symbol, ZeroMatrix

from ovlearn.symbolic import (
    At,
    CausalMask,
    Diagonal,
    Kronecker,
    Layer,
    OneHot,
    Rank,
    Rotation,
    RowSoftmax,
    SumBelow,
    TokenSum,
    Vec,
    d,
    d_h,
    s,
    to_text,
    v,
)
from ovlearn.symbolic.changes import Marked
from ovlearn.symbolic.functions import KINDS, Function, MatrixFunction
from ovlearn.symbolic.notation import MEANINGS

from .oracle import free_index, mul, plus, t

A, X, W = MatrixSymbol("A_0_0", s, s), MatrixSymbol("X_0", s, d), MatrixSymbol("W_V_0_0", d, d_h)
E = MatrixSymbol("E", s, v)
J, N = free_index("j"), free_index("n")


@pytest.mark.parametrize(
    ("expr", "shape"),
    [
        (RowSoftmax(E), (s, v)),
        (CausalMask(A), (s, s)),
        (Layer(X, 2), (s, d)),
        (OneHot(J, s), (1, s)),
        (OneHot(3, v), (1, v)),
        (Rotation(J - N + 1), (d_h, d_h)),
        (Diagonal(MatrixSymbol("r_norm_0", s, 1)), (s, s)),
        (TokenSum(mul(X, W), J), (s, d_h)),
        (Vec(X), (s * d, 1)),
        (Kronecker(X, W), (s * d, d * d_h)),
        (Kronecker(E, t(X)), (s * d, v * s)),
        (At("X", N, s, d), (s, d)),
        (SumBelow("X", N, s, d), (s, d)),
        (t(Layer(X, 0)), (d, s)),
    ],
    ids=str,
)
def test_shapes(expr: Any, shape: Any) -> None:
    assert expr.shape == shape
    assert (expr.rows, expr.cols) == shape
    assert expr.func(*expr.args) == expr


def test_arguments_become_sympys() -> None:
    assert Layer(X, 2).args == (X, Integer(2))
    assert OneHot(1, s).args == (Integer(1), s)
    assert Rank(X).args == (X,)
    assert not getattr(Rank(X), "is_Matrix", False)
    assert TokenSum(X, J).args == (X, J)


@pytest.mark.parametrize("position", [J / 2, J * N, J**2, s, J - s, Integer(1) / 2, 0.5])
def test_a_rotation_is_of_a_position(position: Any) -> None:
    with pytest.raises(ValueError, match=r"^position: expected indices and whole numbers"):
        Rotation(position)
    assert Rotation(0).args == (Integer(0),)
    assert Rotation(J) != Rotation(N)
    assert t(Rotation(J)) != Rotation(-J)  # a rule says so, nothing else


def test_nothing_evaluates_on_its_own() -> None:
    assert RowSoftmax(ZeroMatrix(s, s)).args == (ZeroMatrix(s, s),)
    assert Kronecker(ZeroMatrix(s, s), A) != ZeroMatrix(s * s, s * s)
    assert Vec(plus(X, X)).args == (plus(X, X),)
    assert RowSoftmax(A) != CausalMask(A)


def test_doit_evaluates_the_arguments() -> None:
    assert RowSoftmax(plus(A, A)).doit() == RowSoftmax(2 * A)
    assert Kronecker(plus(A, A), mul(X, mul(2, W))).doit() == Kronecker(2 * A, 2 * X * W)
    assert Vec(plus(X, plus(X, X))).doit(deep=True) == Vec(3 * X)
    assert Vec(plus(X, plus(X, X))).doit(deep=False) == Vec(plus(X, plus(X, X)).doit(deep=False))


def test_a_symbol_with_an_index() -> None:
    assert At("X", N, s, d).args == (Symbol("X"), N, s, d)
    assert At("X", N + 1, s, d) != At("X", N, s, d)
    assert At(Symbol("X"), N, s, d) == At("X", N, s, d)
    assert At("X", 3, s, d) == At("X", Integer(3), s, d) == MatrixSymbol("X_3", s, d)
    assert At("X", N + 1, s, d).subs(N, 1) == MatrixSymbol("X_2", s, d)
    assert type(At("X", N, s, d)) is At


def test_a_sum_below_an_index() -> None:
    first, second, third = (MatrixSymbol(f"Delta_{j}", s, d) for j in range(3))
    assert SumBelow("Delta", N, s, d).args == (Symbol("Delta"), N, s, d)
    assert SumBelow("Delta", 3, s, d).args == (first, second, third)
    assert type(SumBelow("Delta", 3, s, d)) is MatAdd
    assert SumBelow("Delta", 1, s, d).args == (first,)
    assert SumBelow("Delta", 0, s, d) == ZeroMatrix(s, d)
    assert SumBelow("Delta", N + 1, s, d).subs(N, 1) == plus(first, second)
    assert SumBelow(Symbol("Delta"), N, s, d) == SumBelow("Delta", N, s, d)


def test_every_function_is_listed() -> None:
    def below(kind: type) -> set[type]:
        return {kind} | {deeper for sub in kind.__subclasses__() for deeper in below(sub)}

    assert set(KINDS) == below(Function) - {Function, MatrixFunction, Marked}  # which is only printed


def test_the_four_sizes() -> None:
    assert [str(size) for size in (s, d, d_h, v)] == ["s", "d", "d_h", "v"]
    assert set(MEANINGS) == {s, d, d_h, v}
    assert all(MEANINGS.values())
    assert all(size.is_integer and size.is_positive for size in MEANINGS)


def test_each_kind_has_an_example_that_prints_and_some_are_the_articles() -> None:
    written = {kind: to_text(example) for kind, example in KINDS.items()}
    assert all(written.values())
    assert {
        RowSoftmax: "softmax(S_1_0)",
        TokenSum: "Σ_j a_ij v_j",
        SumBelow: "Σ_j=0..n-1 Delta_j",
        At: "X_n",
        Kronecker: "A_1_0 ⊗ M",
    }.items() <= written.items()
    assert all(type(example) is kind for kind, example in KINDS.items())


def test_a_kind_is_as_high_in_degree_as_its_highest_part_unless_it_multiplies() -> None:
    assert Vec(E).degree([3, 2]) == 3
    assert OneHot(Symbol("i"), s).degree([]) == 0
    assert Kronecker(A, X).degree([3, 2]) == 5
    assert RowSoftmax(A).degree([3]) == 4
