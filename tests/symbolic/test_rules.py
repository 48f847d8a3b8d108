"""One harness and one table cover every rule: where it fires, that no value changes, where not."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import numpy as np
import pytest
from sympy import Identity, ImmutableMatrix, Integer, MatrixSymbol, OneMatrix, Rational, ZeroMatrix, sqrt

from ovlearn.symbolic import (
    Assumption,
    At,
    Bound,
    CausalMask,
    Counterexample,
    Derivation,
    Diagonal,
    Kronecker,
    Layer,
    OneHot,
    Rank,
    Relation,
    Rotation,
    RowSoftmax,
    Rule,
    RuleError,
    Selection,
    Step,
    SumBelow,
    TokenSum,
    Vec,
    d,
    d_h,
    definition,
    rule,
    rules,
    s,
    terms,
    v,
)
from ovlearn.symbolic.expressions import add

from .oracle import SIZES, Scene, free_index, mul, plus, t

A, B = MatrixSymbol("A_0_0", s, s), MatrixSymbol("A_1_0", s, s)
B1, C = MatrixSymbol("A_1_1", s, s), MatrixSymbol("A_2_0", s, s)
X, Y, Z = (MatrixSymbol(name, s, d) for name in ("X_0", "Delta_0", "Delta_1"))
W, V = MatrixSymbol("W_OV_0_0", d, d), MatrixSymbol("W_OV_1_0", d, d)
W_V, W_O = MatrixSymbol("W_V_0_0", d, d_h), MatrixSymbol("W_O_0_0", d_h, d)
E, M = MatrixSymbol("E", s, v), MatrixSymbol("M", v, v)
Q, K = MatrixSymbol("Q_0_0", s, d_h), MatrixSymbol("K_0_0", s, d_h)
ROW, J, N, PLACE = free_index("i"), free_index("j"), free_index("n"), free_index("m")
R, R_J = MatrixSymbol("r_norm_0", s, 1), MatrixSymbol("r_norm_1", s, 1)
ROW_J = MatrixSymbol("k_j", 1, d_h)
ONE = OneMatrix(s, 1)
MASK = CausalMask(A)
NOTHING, NONE_SQUARE = ZeroMatrix(s, d), ZeroMatrix(s, s)
NAME = MatrixSymbol("Delta_0_0", s, d)
ROOT = 1 / sqrt(d_h)
SOFT = RowSoftmax(plus(A, B))
OWN = MatrixSymbol("T", s, s)  # of one's own, with no path in it


def e(index: Any) -> Any:
    return OneHot(index, s)


def through(*patterns: Any) -> Any:
    """A term that passes these heads."""
    return mul(*patterns, X) if patterns else X


STREAM = definition("stream", "", (X, plus(Y, Z)), (Y, mul(A, Z)))
PRODUCT = definition("OV", "", (W, mul(W_V, W_O)))
MEANING = Assumption("meaning", "no equations")
LAYER = definition(
    "layer", "", (Layer(MatrixSymbol("X", s, d), 0), mul(RowSoftmax(A), MatrixSymbol("X", s, d), W))
)
SQUARED = definition(  # each row weighs itself and the rows before it
    "layer",
    "",
    (
        Layer(MatrixSymbol("X", s, d), 1),
        mul(
            RowSoftmax(CausalMask(mul(MatrixSymbol("X", s, d), t(MatrixSymbol("X", s, d))))),
            MatrixSymbol("X", s, d),
        ),
    ),
)
COLUMN = ImmutableMatrix([[0], [1]])


@dataclass(frozen=True)
class Fires:
    """A rule turns `before` into `after`; `more` is whatever else it says."""

    before: Any
    arguments: tuple[Any, ...]
    after: Any
    more: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Refuses:
    """A rule does not apply."""

    before: Any
    arguments: tuple[Any, ...] = ()
    says: str = "expected"


TABLE: dict[str, list[Fires | Refuses]] = {
    "ungroup": [
        Fires(mul(mul(A, mul(X, W_V)), W_O), (), mul(A, X, W_V, W_O)),
        Fires(plus(mul(A, mul(B, X)), Y), (), plus(mul(A, B, X), Y)),
        Fires(mul(2, mul(3, A), X), (), mul(2, 3, A, X)),
        Fires(RowSoftmax(mul(mul(X, W), t(Y))), (), RowSoftmax(mul(X, W, t(Y)))),
        Fires(t(mul(mul(A, B), X)), (), t(mul(A, B, X))),
        Refuses(mul(A, X, W)),
        Refuses(mul(A, plus(X, Y))),
        Refuses(X),
    ],
    "group": [
        Fires(mul(A, X, W_V, W_O), (W_V, W_O), mul(A, X, mul(W_V, W_O))),
        Fires(mul(A, X, W, V), (X, W, V), mul(A, mul(X, W, V))),
        Fires(mul(A, B, X), (A, B), mul(mul(A, B), X)),
        Fires(mul(A, A, A, X), (A, A), mul(mul(A, A), A, X)),
        Fires(plus(mul(A, X, W), mul(B, X, W)), (X, W), plus(mul(A, mul(X, W)), mul(B, mul(X, W)))),
        Fires(mul(B, mul(A, X, W)), (A, X), mul(B, mul(mul(A, X), W))),
        Refuses(mul(A, X, W), (X,), "at least two factors, got 1"),
        Refuses(mul(A, X, W), (), "at least two factors, got 0"),
        Refuses(mul(A, X), (A, X)),  # all there is: nothing to set apart
        Refuses(mul(A, X, W), (B, X)),
        Refuses(mul(A, B, X), (A, X)),  # not neighbours
        Refuses(mul(A, B, X), (B, A)),
        Refuses(X, (A, X)),
    ],
    "scalars_first": [
        Fires(mul(Q, mul(ROOT, t(K))), (), mul(ROOT, Q, t(K))),
        Fires(mul(A, 2, X), (), mul(2, A, X)),
        Fires(mul(2, mul(3, A), X), (), mul(6, A, X)),
        Fires(mul(2, A, Rational(1, 2), X), (), mul(A, X)),
        Fires(plus(Y, mul(A, mul(-1, X))), (), plus(Y, mul(-1, A, X))),
        Fires(mul(A, mul(B, X)), (), mul(A, B, X)),
        Refuses(mul(2, A, X)),
        Refuses(mul(A, X)),
        Refuses(X),
    ],
    "transposes": [
        Fires(t(mul(A, X, W)), (), mul(t(W), t(X), t(A))),
        Fires(t(plus(X, Y, Z)), (), plus(t(X), t(Y), t(Z))),
        Fires(t(mul(3, A, X)), (), mul(3, t(X), t(A))),
        Fires(t(mul(A, t(B), X)), (), mul(t(X), B, t(A))),
        Fires(t(mul(A, plus(X, mul(B, Y)))), (), mul(plus(t(X), mul(t(Y), t(B))), t(A))),
        Fires(mul(X, t(mul(A, Y))), (), mul(X, mul(t(Y), t(A)))),
        Fires(t(mul(RowSoftmax(A), X)), (), mul(t(X), t(RowSoftmax(A)))),
        Fires(Vec(t(mul(A, E))), (), Vec(mul(t(E), t(A)))),
        Refuses(mul(X, t(Y))),
        Refuses(t(X)),
        Refuses(mul(A, X)),
        Refuses(t(RowSoftmax(A))),
    ],
    "gather_transposes": [
        Fires(mul(Q, t(K), t(e(J))), (t(K), t(e(J))), mul(Q, t(mul(e(J), K)))),
        Fires(mul(t(X), t(A)), (t(X), t(A)), t(mul(A, X))),
        Fires(mul(t(X), t(A), t(B)), (t(X), t(A), t(B)), t(mul(B, A, X))),
        Fires(mul(t(X), A), (t(X), A), t(mul(t(A), X))),
        Fires(plus(mul(X, t(Y), t(A)), B), (t(Y), t(A)), plus(mul(X, t(mul(A, Y))), B)),
        Refuses(mul(Q, t(K)), (t(Q), t(A))),
        Refuses(mul(t(X), t(A)), (t(X),), "at least two factors, got 1"),
        Refuses(X, (t(X), t(A))),
    ],
    "flatten": [
        Fires(plus(plus(X, Y), Z), (), plus(X, Y, Z)),
        Fires(plus(X, plus(Y, plus(X, Z))), (), plus(X, Y, X, Z)),
        Fires(mul(A, plus(plus(X, Y), Z)), (), mul(A, plus(X, Y, Z))),
        Refuses(plus(X, Y)),
        Refuses(plus(X, mul(A, plus(X, Y)))),
        Refuses(X),
        Refuses(NOTHING),
    ],
    "distribute": [
        Refuses(mul(plus(MASK, B), X), (), "masks inside a softmax alone"),
        Fires(mul(A, plus(X, Y), W), (), plus(mul(A, X, W), mul(A, Y, W))),
        Fires(
            mul(plus(A, B), plus(X, mul(2, Y))),
            (),
            plus(mul(A, X), mul(2, A, Y), mul(B, X), mul(2, B, Y)),
        ),
        Fires(mul(A, mul(X, W)), (), mul(A, X, W)),
        Fires(plus(X, plus(Y, Z)), (), plus(X, Y, Z)),
        Fires(mul(-1, plus(mul(-1, X), Y)), (), plus(X, mul(-1, Y))),
        Fires(plus(X, mul(A, mul(B, plus(X, Y)))), (), plus(X, mul(A, B, X), mul(A, B, Y))),
        Fires(mul(SOFT, plus(X, Y)), (), plus(mul(SOFT, X), mul(SOFT, Y))),
        Refuses(RowSoftmax(mul(A, plus(A, B)))),
        Refuses(t(plus(X, Y))),
        Refuses(plus(mul(A, X), Y)),
        Refuses(X),
    ],
    "factor_out": [
        Fires(plus(mul(A, X), mul(A, Y)), (), mul(A, plus(X, Y))),
        Fires(plus(mul(A, X, W), mul(A, X, V), mul(A, X)), (), mul(A, X, plus(W, V, Identity(d)))),
        Fires(plus(X, mul(-1, X, W)), (), mul(X, plus(Identity(d), mul(-1, W)))),
        Fires(plus(mul(2, A, X), mul(ROOT, A, mul(B, X))), (), mul(A, plus(mul(2, X), mul(ROOT, mul(B, X))))),
        Fires(Rank(plus(mul(W_V, W_O), mul(W_V, W_O, W))), (), Rank(mul(W_V, W_O, plus(Identity(d), W)))),
        Fires(mul(B, plus(mul(A, X), mul(A, Y)), W), (), mul(B, mul(A, plus(X, Y)), W)),
        Refuses(plus(mul(A, X), mul(B, X))),  # what they end with
        Refuses(plus(mul(A, X), Y)),
        Refuses(plus(mul(mul(A, B), X), mul(A, Y))),  # not without its brackets
        Refuses(mul(A, X)),
        Refuses(NOTHING),
        Refuses(plus(mul(MASK, X), mul(MASK, Y)), (), "masks inside a softmax alone"),
    ],
    "reorder": [
        Fires(plus(through(A), through()), (), plus(through(), through(A))),
        Fires(
            plus(through(C, A), through(B1), through(B), X, through(B, A), through(C)),
            (),
            plus(X, through(B), through(B1), through(C), through(B, A), through(C, A)),
        ),
        Fires(plus(through(A), X, Y), (), plus(X, Y, through(A))),
        Refuses(plus(through(), through(A), through(B, A))),
        Refuses(plus(Y, X)),
        Refuses(X),
    ],
    "cancel": [
        Fires(plus(X, mul(-1, X)), (), NOTHING),
        Fires(plus(mul(A, plus(X, Y)), mul(-1, A, X), mul(-1, A, Y)), (), NOTHING),
        Fires(plus(mul(A, B), mul(-1, A, B)), (), NONE_SQUARE),
        Fires(plus(Layer(plus(X, Y), 0), mul(-1, Layer(plus(Y, X), 0))), (), NOTHING),
        Refuses(plus(X, mul(-2, X))),
        Refuses(plus(mul(A, B), mul(-1, B, A))),
        Refuses(NOTHING),
        Refuses(mul(0, X)),
        Refuses(mul(A, plus(X, mul(-1, X)))),  # no sum, though it is zero
        Fires(plus(RowSoftmax(MASK), mul(-1, RowSoftmax(MASK))), (), NONE_SQUARE),
        Refuses(plus(MASK, mul(-1, MASK)), (), "masks inside a softmax alone"),  # −∞ − (−∞) is no number
        Refuses(plus(mul(MASK, X), mul(-1, MASK, X)), (), "masks inside a softmax alone"),
        Refuses(plus(RowSoftmax(plus(MASK, B)), mul(-1, RowSoftmax(plus(B, MASK)))), (), "masks inside"),
    ],
    "zero": [
        Fires(plus(X, NOTHING), (), X),
        Fires(plus(NOTHING, X, NOTHING, Y), (), plus(X, Y)),
        Fires(mul(A, NOTHING, W_V), (), ZeroMatrix(s, d_h)),
        Fires(plus(NOTHING, NOTHING), (), NOTHING),
        Fires(plus(mul(A, NOTHING, W), Layer(plus(X, NOTHING), 0)), (), Layer(X, 0)),
        Fires(mul(A, plus(NOTHING, NOTHING)), (), NOTHING),
        Fires(plus(mul(A, mul(B, NOTHING)), mul(-1, X)), (), mul(-1, X)),
        Fires(plus(RowSoftmax(MASK), NONE_SQUARE), (), RowSoftmax(MASK)),
        Refuses(mul(MASK, NOTHING), (), "masks inside a softmax alone"),  # 0 · (−∞) is no number
        Refuses(plus(MASK, NONE_SQUARE), (), "masks inside a softmax alone"),
        Refuses(NOTHING),
        Refuses(Layer(NOTHING, 0)),
        Refuses(mul(A, X)),
        Refuses(plus(X, Y)),
    ],
    "join_sum": [
        Fires(
            plus(X, SumBelow("Delta", N, s, d), At("Delta", N, s, d), Y),
            (),
            plus(X, SumBelow("Delta", N + 1, s, d), Y),
        ),
        Fires(
            plus(SumBelow("Delta", N - 1, s, d), At("Delta", N - 1, s, d)), (), SumBelow("Delta", N, s, d)
        ),
        Refuses(plus(SumBelow("Delta", N, s, d), At("Delta", N + 1, s, d)), (), "a sum and its next term"),
        Refuses(plus(SumBelow("Delta", N, s, d), At("X", N, s, d))),
        Refuses(plus(At("Delta", N, s, d), SumBelow("Delta", N, s, d))),
        Refuses(plus(SumBelow("Delta", N, s, d), X, At("Delta", N, s, d))),
        Refuses(SumBelow("Delta", N, s, d)),
        Refuses(plus(X, Y)),
    ],
    "rows_sum_to_one": [
        Fires(mul(RowSoftmax(A), ONE), (), ONE),
        Fires(mul(A, RowSoftmax(CausalMask(B)), ONE), (), mul(A, ONE)),
        Fires(mul(RowSoftmax(A), RowSoftmax(B), ONE), (), mul(RowSoftmax(A), ONE)),
        Fires(mul(RowSoftmax(A), ONE, t(ONE), X), (), mul(ONE, t(ONE), X)),
        Fires(plus(mul(RowSoftmax(A), ONE), mul(A, ONE)), (), plus(ONE, mul(A, ONE))),
        Refuses(mul(A, ONE)),
        Refuses(mul(RowSoftmax(A), X)),
        Refuses(mul(t(ONE), RowSoftmax(A))),  # columns do not sum to one
        Refuses(mul(t(RowSoftmax(A)), ONE)),
        Refuses(mul(RowSoftmax(A), B, ONE)),
        Refuses(RowSoftmax(A)),
    ],
    "sum_over_positions": [
        Fires(mul(A, X), (J,), TokenSum(mul(mul(A, t(e(J))), mul(e(J), X)), J)),
        Fires(mul(mul(e(ROW), A), X), (J,), TokenSum(mul(mul(mul(e(ROW), A), t(e(J))), mul(e(J), X)), J)),
        Fires(mul(t(X), A), (ROW,), TokenSum(mul(mul(t(X), t(e(ROW))), mul(e(ROW), A)), ROW)),
        Refuses(mul(mul(ROW_J, t(K)), K), (J,), "an index that"),  # k_j stands for e_j K: it has a j already
        Refuses(mul(t(mul(e(J), A)), mul(e(J), X)), (J,), "an index that"),
        Refuses(mul(MatrixSymbol("T_ij", s, s), X), (J,), "an index that"),
        Refuses(mul(A, X, W), (J,), "a product of two factors"),
        Refuses(X, (J,), "a product of two factors"),
        Refuses(plus(X, Y), (J,), "a product of two factors"),
    ],
    "row_of_a_sum": [
        Fires(mul(e(ROW), TokenSum(mul(t(e(PLACE)), e(PLACE), X), PLACE), W), (), mul(mul(e(ROW), X), W)),
        Fires(
            mul(A, t(e(J)), e(J), TokenSum(mul(t(e(PLACE)), mul(e(PLACE), Q), Rotation(PLACE)), PLACE)),
            (),
            mul(A, t(e(J)), mul(mul(e(J), Q), Rotation(J))),
        ),
        Fires(
            mul(e(2), TokenSum(mul(t(e(PLACE)), e(PLACE), Q, Rotation(PLACE - J)), PLACE)),
            (),
            mul(e(2), Q, Rotation(2 - J)),
        ),
        Fires(mul(e(J), TokenSum(mul(t(e(J)), ROW_J), J)), (), ROW_J),
        Refuses(mul(e(ROW), TokenSum(mul(t(e(J)), ROW_J), J)), (), "rows e_j and rotations R_j alone"),
        Refuses(mul(e(ROW), TokenSum(mul(t(e(N)), e(N), At("X", N, s, d)), N)), (), "rows e_n and"),
        Refuses(
            mul(e(J), TokenSum(mul(t(e(PLACE)), e(PLACE), TokenSum(mul(A, t(e(J)), e(J), X), J)), PLACE)),
            (),
            "rows e_m and rotations R_m alone",
        ),  # its sum would catch the j
        Refuses(mul(e(ROW), TokenSum(mul(A, t(e(J)), e(J), X), J))),  # not row by row
        Refuses(mul(A, TokenSum(mul(t(e(J)), e(J), X), J))),
        Refuses(mul(OneHot(ROW, d), TokenSum(mul(t(e(J)), e(J), X), J))),
        Refuses(TokenSum(mul(t(e(J)), e(J), X), J)),
    ],
    "diagonal": [
        Fires(mul(e(ROW), Diagonal(R), A), (), mul(mul(e(ROW), R), e(ROW), A)),
        Fires(mul(A, Diagonal(R), t(e(J))), (), mul(A, t(e(J)), mul(e(J), R))),
        Fires(
            mul(e(ROW), Diagonal(R), A, Diagonal(R_J), t(e(J)), e(J), X),
            (),
            mul(mul(e(ROW), R), e(ROW), A, t(e(J)), mul(e(J), R_J), e(J), X),
        ),
        Fires(plus(mul(e(1), Diagonal(R)), e(2)), (), plus(mul(mul(e(1), R), e(1)), e(2))),
        Refuses(mul(Diagonal(R), A)),
        Refuses(mul(e(ROW), A, Diagonal(R))),
        Refuses(mul(Diagonal(R), t(A))),
        Refuses(Diagonal(R)),
    ],
    "rotations": [
        Fires(mul(Q, Rotation(ROW), t(Rotation(J)), t(K)), (), mul(Q, Rotation(ROW - J), t(K))),
        Fires(mul(t(Rotation(J)), Rotation(ROW)), (), Rotation(ROW - J)),
        Fires(mul(Q, Rotation(ROW), Rotation(J), Rotation(1)), (), mul(Q, Rotation(ROW + J + 1))),
        Fires(mul(Q, Rotation(ROW), t(Rotation(ROW)), t(K)), (), mul(Q, t(K))),
        Fires(mul(3, t(Rotation(J)), Rotation(J)), (), mul(3, Identity(d_h))),
        Fires(plus(mul(Q, Rotation(2), t(Rotation(1))), Q), (), plus(mul(Q, Rotation(1)), Q)),
        Refuses(mul(Q, Rotation(ROW), t(K))),
        Refuses(mul(Rotation(ROW), t(K), K, t(Rotation(J)))),
        Refuses(mul(mul(Q, Rotation(ROW)), t(Rotation(J)))),  # not through brackets
        Refuses(Rotation(ROW)),
    ],
    "vectorise": [
        Fires(Vec(mul(A, E, M)), (), mul(Kronecker(t(M), A), Vec(E))),
        Fires(Vec(mul(t(M), t(E), t(A))), (), mul(Kronecker(A, t(M)), Vec(t(E)))),
        Fires(Vec(mul(A, X, plus(W, V))), (), mul(Kronecker(t(plus(W, V)), A), Vec(X))),
        Refuses(Vec(mul(A, E)), (), "vec of three factors"),
        Refuses(Vec(E), (), "vec of three factors"),
        Refuses(Vec(mul(A, X, W, V)), (), "vec of three factors"),
        Refuses(mul(A, E, M), (), "vec of three factors"),
        Refuses(RowSoftmax(mul(A, B, C)), (), "vec of three factors"),
    ],
    "unfold": [
        Fires(mul(A, X, W), (STREAM,), mul(A, plus(Y, Z), W)),
        Fires(plus(X, mul(A, Y), X), (STREAM,), plus(plus(Y, Z), mul(A, mul(A, Z)), plus(Y, Z))),
        Fires(RowSoftmax(mul(X, t(Y))), (STREAM,), RowSoftmax(mul(plus(Y, Z), t(mul(A, Z))))),
        Fires(mul(X, W), (PRODUCT,), mul(X, mul(W_V, W_O))),
        Fires(Layer(plus(X, Y), 0), (LAYER,), mul(RowSoftmax(A), plus(X, Y), W)),
        Fires(
            Layer(Layer(X, 0), 0), (LAYER,), mul(RowSoftmax(A), mul(RowSoftmax(A), X, W), W)
        ),
        Fires(plus(Layer(X, 0), Layer(X, 3)), (LAYER,), plus(mul(RowSoftmax(A), X, W), Layer(X, 3))),
        Refuses(mul(A, Z), (STREAM,), "a symbol that 'stream' defines"),
        Refuses(mul(W_V, W_O), (PRODUCT,), "a symbol that 'OV' defines"),
        Refuses(X, (MEANING,), "a symbol that 'meaning' defines"),
        Refuses(Layer(X, 1), (LAYER,), "a symbol that 'layer' defines"),
    ],
    "fold": [
        Fires(mul(A, X, mul(W_V, W_O)), (PRODUCT,), mul(A, X, W)),
        Fires(mul(W_V, W_O), (PRODUCT,), W),
        Fires(plus(mul(A, Z), plus(Y, Z)), (STREAM,), plus(Y, X)),
        Fires(RowSoftmax(mul(X, t(mul(A, Z)))), (STREAM,), RowSoftmax(mul(X, t(Y)))),
        Refuses(mul(X, W_V, W_O), (PRODUCT,)),  # not grouped
        Refuses(W, (PRODUCT,)),
        Refuses(X, (MEANING,)),
    ],
    "select": [
        Fires(plus(X, Y, Z), (Y, NAME), Y, {"remainder": plus(X, Z), "name": NAME}),
        Fires(plus(X, mul(A, Y)), (mul(A, Y), NAME), mul(A, Y), {"remainder": X, "name": NAME}),
        Refuses(plus(X, Y), (Z, NAME), "exactly one such term, got 0"),
        Refuses(plus(X, Y, X), (X, NAME), "exactly one such term, got 2"),
        Refuses(X, (X, NAME)),
        Refuses(NOTHING, (NOTHING, NAME), "exactly one such term, got 0"),
    ],
    "select_path": [
        Fires(
            plus(X, through(A), through(B), through(B, A)),
            (((1, 0),), NAME),
            through(B),
            {"remainder": plus(X, through(A), through(B, A)), "name": NAME, "path": ((1, 0),)},
        ),
        Fires(
            plus(through(B, A), through(A)),
            (((0, 0), (1, 0)), NAME),
            through(B, A),
            {"remainder": through(A), "name": NAME, "path": ((0, 0), (1, 0))},
        ),
        Fires(plus(X, through(A)), ((), NAME), X, {"remainder": through(A), "name": NAME, "path": ()}),
        Refuses(plus(X, through(A)), (((1, 0),), NAME), "exactly one such term, got 0"),
        Refuses(plus(X, mul(OWN, X)), ((), NAME), "exactly one such term, got 2"),
        *(
            Refuses(plus(X, mul(B, hidden, V)), (((1, 0),), NAME), "terms of one path each")
            for hidden in (plus(X, Y), Y, MatrixSymbol("X_1", s, d), Layer(X, 0), mul(K, t(W_V)))
        ),
        Refuses(plus(Y, mul(B, X, V)), (((1, 0),), NAME), "terms of one path each"),  # in the remainder too
        Refuses(plus(X, mul(t(B), X, V)), (((1, 0),), NAME), "terms of one path each"),
    ],
    "inner_size": [
        Fires(Rank(mul(W_V, W_O)), (), d_h),
        Fires(Rank(mul(X, t(Y))), (), d),
        Refuses(Rank(W), (), "the rank of a product of two factors"),
        Refuses(Rank(mul(X, W_V, W_O)), (), "the rank of a product of two factors"),
        Refuses(mul(W_V, W_O), (), "the rank of a product of two factors"),
    ],
    "counterexample": [
        Fires(mul(X, W), (mul(2, X), ((X, COLUMN), (W, ImmutableMatrix([[3]])))), mul(2, X),
              {"witness": ((X, COLUMN), (W, ImmutableMatrix([[3]])))}),
        Fires(Layer(plus(X, Y), 1), (plus(Layer(X, 1), Layer(Y, 1)), ((X, COLUMN), (Y, COLUMN)), SQUARED),
              plus(Layer(X, 1), Layer(Y, 1)), {"witness": ((X, COLUMN), (Y, COLUMN))}),
        Refuses(mul(X, W), (mul(2, X), ((X, COLUMN), (W, ImmutableMatrix([[2]])))), "is not"),
        Refuses(plus(X, Y), (plus(Y, X), ((X, COLUMN), (Y, COLUMN))), "is not"),
        Refuses(Layer(plus(X, Y), 1),
                (plus(Layer(X, 1), Layer(Y, 1)), ((X, COLUMN), (Y, 0 * COLUMN)), SQUARED), "is not"),
    ],
}  # fmt: skip


def cases(kind: type) -> list[Any]:
    return [
        pytest.param(name, case, id=f"{name}-{number}")
        for name, row in TABLE.items()
        for number, case in enumerate(row)
        if isinstance(case, kind)
    ]


def assumptions_of(case: Fires | Refuses) -> list[Assumption]:
    return [argument for argument in case.arguments if isinstance(argument, Assumption)]


def scene_for(case: Fires, seed: int) -> Scene:
    scene = Scene(seed)
    for assumption in assumptions_of(case):
        for equation in reversed(assumption.equations):  # Y is defined before X, which needs it
            scene.assume(definition("one", "", (equation.lhs, equation.rhs)))
    return scene


def test_every_rule_has_a_row_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    assert sorted(set(rules.__all__) - set(TABLE)) == [], "a rule without a row"
    assert sorted(set(TABLE) - set(rules.__all__)) == [], "a row without a rule: is it in its file's __all__?"
    for name, row in TABLE.items():
        assert {type(case) for case in row} == {Fires, Refuses}, name


def test_every_rule_of_a_file_is_in_its_list() -> None:
    for info in iter_modules(rules.__path__):
        file = import_module(f"{rules.__name__}.{info.name}")
        made = {name for name, value in vars(file).items() if isinstance(value, Rule)}
        here = {name for name in made if getattr(file, name).function.__module__ == file.__name__}
        assert here <= set(file.__all__), f"{info.name}.py has rules that its __all__ does not name"


def test_the_names_of_rules_differ() -> None:
    assert len({getattr(rules, name).name for name in rules.__all__}) == len(rules.__all__)


@pytest.mark.parametrize("name", rules.__all__)
def test_every_rule_is_named_and_says_its_law_and_an_example(name: str) -> None:
    made = getattr(rules, name)
    assert isinstance(made, Rule)
    assert str(made) == made.name
    assert made.name.replace(" ", "_") in (name, name.removesuffix("s"), name.removesuffix("_sum"))
    assert made.law
    assert made.__doc__.strip().endswith(".")


@pytest.mark.parametrize(("name", "case"), cases(Fires))
def test_it_fires(name: str, case: Fires) -> None:
    fields = getattr(rules, name).apply(case.before, *case.arguments)
    assert fields == {"after": case.after} | dict(case.more or {})
    assert fields["after"] != case.before
    assert getattr(fields["after"], "shape", None) == getattr(case.after, "shape", None)


@pytest.mark.parametrize(("name", "case"), cases(Fires))
def test_it_keeps_the_value(name: str, case: Fires) -> None:
    fields = getattr(rules, name).apply(case.before, *case.arguments)
    kind = getattr(rules, name).makes
    for seed in range(2):
        scene = scene_for(case, seed)
        before, after = scene(case.before), scene(fields["after"])
        if kind is Bound:
            assert before <= after
        elif kind is Counterexample:
            assert not np.allclose(before, after)
        elif kind is Selection:
            assert np.allclose(before, after + scene(fields["remainder"]))
        else:
            assert np.allclose(before, after)


@pytest.mark.parametrize(("name", "case"), cases(Fires))
def test_a_derivation_takes_it(name: str, case: Fires) -> None:
    derivation = Derivation.start(case.before, assumptions_of(case)).apply(
        getattr(rules, name), *case.arguments
    )
    (step,) = derivation.steps
    assert type(step) is getattr(rules, name).makes
    assert (step.before, step.after, step.arguments) == (case.before, case.after, case.arguments)
    assert step.sources == tuple(assumptions_of(case))


@pytest.mark.parametrize(("name", "case"), cases(Refuses))
def test_it_refuses(name: str, case: Refuses) -> None:
    made = getattr(rules, name)
    with pytest.raises(RuleError, match=case.says) as caught:
        made.apply(case.before, *case.arguments)
    assert str(caught.value).startswith(("group: ", f"{made.name}: "))


def test_the_bound_is_the_size_that_the_factors_share() -> None:
    (step,) = Derivation.start(Rank(mul(W_V, W_O))).apply(rules.inner_size).steps
    assert (step.sign, SIZES[step.after]) == ("≤", 2)


# Rules of one's own


@rule("swap", "X + Y = Y + X")
def swap(expr: Any) -> Any:
    """Let two terms change places."""
    if len(terms(expr)) != 2:
        raise RuleError("swap: expected two terms")
    return add(*reversed(terms(expr)))


@rule("keep first", "the first of two", makes=Selection)
def keep_first(expr: Any, name: Any) -> Any:
    """Keep the first of two terms."""
    first, second = terms(expr)
    return {"after": first, "remainder": second, "name": name}


@rule("same", "X = X")
def same(expr: Any) -> Any:
    """Do nothing."""
    return expr


def test_a_rule_of_ones_own() -> None:
    assert (swap.name, swap.law, swap.makes, swap.__doc__) == (
        "swap", "X + Y = Y + X", Step, "Let two terms change places.",
    )  # fmt: skip
    derivation = Derivation.start(plus(X, Y)).apply(swap).apply(swap)
    assert [step.after for step in derivation.steps] == [plus(Y, X), plus(X, Y)]
    with pytest.raises(RuleError, match="expected two terms"):
        swap.apply(X)


def test_a_selection_of_ones_own() -> None:
    derivation = Derivation.start(plus(X, Y)).apply(keep_first, NAME)
    assert isinstance(derivation.steps[0], Selection)
    assert derivation.steps[0].remainder == Y
    assert derivation.result == Relation(NAME, X)


def test_a_rule_that_does_nothing_is_refused() -> None:
    with pytest.raises(RuleError, match=r"^same: expected an expression that the rule changes, got X_0$"):
        same.apply(X)


def test_a_rule_works_on_numbers_of_any_kind() -> None:
    assert rules.scalars_first.apply(mul(A, Integer(2), mul(Rational(1, 4), X)))["after"] == mul(
        Rational(1, 2), A, X
    )
    assert rules.ungroup.apply(mul(A, mul(Identity(s), X)))["after"] == mul(A, Identity(s), X)
