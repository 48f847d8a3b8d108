"""The normal form: equal tables exactly where random matrices give equal values."""

import random
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Identity,
    Integer,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Rational,
    Symbol,
    Transpose,
    ZeroMatrix,
    sqrt,
)

from ovlearn.symbolic import (
    At,
    CausalMask,
    Diagonal,
    Kronecker,
    Layer,
    NormalForm,
    OneHot,
    Rotation,
    RowSoftmax,
    SumBelow,
    TokenSum,
    Vec,
    d,
    d_h,
    s,
    v,
)
from ovlearn.symbolic.functions import KINDS, is_matrix
from ovlearn.symbolic.normal import holds_opaque, turn

from .oracle import Scene, free_index, mul, plus, t

quick = settings(max_examples=80, derandomize=True, database=None)

A, B = MatrixSymbol("A_0_0", s, s), MatrixSymbol("A_1_0", s, s)
X, Y = MatrixSymbol("X_0", s, d), MatrixSymbol("Delta_0", s, d)
W, U = MatrixSymbol("W_OV_0_0", d, d), MatrixSymbol("W_QK_0_0", d, d)
SYMBOLS = {(s, s): (A, B), (s, d): (X, Y), (d, d): (W, U), (d, s): ()}
ROW, J, N = free_index("i"), free_index("j"), free_index("n")
NUMBERS = [Integer(-2), Integer(-1), Integer(3), Rational(1, 2), 1 / sqrt(d_h)]
ROOT = 1 / sqrt(d_h)


def e(index: Any) -> Any:
    return OneHot(index, s)


def form(expr: Any, definitions: Any = None) -> Any:
    return NormalForm(definitions).of(expr)


@st.composite
def expressions(draw: st.DrawFn, rows: Any = s, columns: Any = d, depth: int = 3) -> Any:
    """A matrix polynomial of this shape, nested."""

    def inner(rows: Any, columns: Any) -> Any:
        return draw(expressions(rows, columns, depth - 1))

    kinds = ["sum", "product", "transpose", "number", "zero"] if depth else []
    kinds += ["symbol"] if SYMBOLS[rows, columns] else ["transposed symbol"]
    kinds += ["identity"] if rows == columns else []
    match draw(st.sampled_from(kinds)):
        case "sum":
            return plus(*(inner(rows, columns) for _ in range(draw(st.integers(2, 3)))))
        case "product":
            middle = draw(st.sampled_from([s, d]))
            return mul(inner(rows, middle), inner(middle, columns))
        case "transpose":
            return t(inner(columns, rows))
        case "number":
            return mul(draw(st.sampled_from(NUMBERS)), inner(rows, columns))
        case "zero":
            return ZeroMatrix(rows, columns)
        case "identity":
            return Identity(rows)
        case "transposed symbol":
            return t(draw(st.sampled_from(SYMBOLS[columns, rows])))
        case _:
            return draw(st.sampled_from(SYMBOLS[rows, columns]))


def jumbled(expr: Any, rng: random.Random) -> Any:
    """Another expression of the same value, by laws that everyone knows."""
    parts = [jumbled(part, rng) if getattr(part, "is_Matrix", False) else part for part in expr.args]
    match expr:
        case MatAdd():
            rng.shuffle(parts)
            head, *rest = parts
            return plus(head, plus(*rest)) if len(rest) > 1 else plus(*parts)
        case MatMul() if isinstance(parts[-1], MatAdd):
            return plus(*(mul(*parts[:-1], term) for term in parts[-1].args))
        case MatMul() if parts[0].is_Matrix:
            return t(mul(*(t(part) for part in reversed(parts))))
        case MatMul():
            return mul(parts[0] * 3, mul(*parts[1:], Rational(1, 3)))
        case Transpose() if isinstance(parts[0], Transpose):
            return parts[0].args[0]
        case Transpose():
            return t(mul(2, plus(parts[0], mul(-1, Rational(1, 2), parts[0]))))
        case _:
            return rng.choice([expr, t(t(expr)), mul(Identity(expr.shape[0]), expr)])


@quick
@given(expressions(), st.integers(0, 9))
def test_what_is_equal_has_the_same_form(expr: Any, seed: int) -> None:
    assert form(expr) == form(jumbled(expr, random.Random(seed)))


@quick
@given(expressions(), expressions())
def test_what_differs_has_another_form(left: Any, right: Any) -> None:
    first, second = Scene(1)(left), Scene(1)(right)
    assert (form(left) == form(right)) == np.allclose(first, second, rtol=1e-9, atol=1e-9)


@quick
@given(expressions())
def test_a_form_has_no_zeros_and_says_its_value(expr: Any) -> None:
    table, scene = form(expr), Scene(3)
    assert 0 not in table.values()
    total = np.zeros((3, 5))
    for word, value in table.items():
        product: Any = np.eye(3)
        for letter, turned in word:
            product = product @ (scene(letter).T if turned else scene(letter))
        total = total + scene.number(sympy.sympify(value)) * product
    assert np.allclose(total, scene(expr))


@quick
@given(expressions(depth=2))
def test_sympy_expands_to_as_many_words(expr: Any) -> None:
    """sympy's own algebra of noncommuting scalars, in which a transpose is a second set of letters."""

    def scalar(node: Any, turned: bool) -> Any:
        match node:
            case MatAdd():
                return sympy.Add(*(scalar(term, turned) for term in node.args))
            case MatMul():
                numbers = [factor for factor in node.args if not factor.is_Matrix]
                matrices = [scalar(factor, turned) for factor in node.args if factor.is_Matrix]
                return sympy.Mul(*numbers, *(reversed(matrices) if turned else matrices))
            case Transpose():
                return scalar(node.args[0], not turned)
            case ZeroMatrix():
                return sympy.S.Zero
            case Identity():
                return sympy.S.One
            case _:
                return Symbol(f"{node.name}{'t' if turned else ''}", commutative=False)

    expanded = sympy.expand(scalar(expr, False))
    table = form(expr)
    again = sympy.Add(
        *(
            sympy.Mul(value, *(scalar(letter, turned) for letter, turned in word))
            for word, value in table.items()
        )
    )
    assert sympy.expand(again - expanded) == 0
    words = {tuple(term.args_cnc()[1]) for term in sympy.Add.make_args(expanded) if term != 0}
    assert len(table) == len(words)


# By heart


def test_tables_by_heart() -> None:
    assert form(X) == {((X, False),): 1}
    assert form(t(X)) == {((X, True),): 1}
    assert form(mul(A, plus(X, mul(2, Y)))) == {((A, False), (X, False)): 1, ((A, False), (Y, False)): 2}
    assert form(t(mul(A, X))) == {((X, True), (A, True)): 1}
    assert form(plus(X, X, X)) == {((X, False),): 3}
    assert form(plus(X, mul(-1, X))) == form(ZeroMatrix(s, d)) == {}
    assert form(mul(A, ZeroMatrix(s, d))) == form(mul(0, X)) == {}
    assert form(Identity(s)) == {(): 1}
    assert form(mul(Identity(s), X, Identity(d))) == form(X)
    assert form(mul(A, B)) != form(mul(B, A))
    assert form(mul(ROOT, mul(ROOT, X))) == {((X, False),): 1 / d_h}
    assert form(plus(mul(ROOT, X), mul(-ROOT, X))) == {}
    assert form(mul(plus(A, B), plus(mul(-1, A), B)))[(A, False), (B, False)] == 1
    square = mul(plus(A, B), plus(A, mul(-1, B)))
    assert list(form(square).values()) == [1, -1, 1, -1]


def test_a_product_that_cancels_leaves_nothing() -> None:
    commutator = plus(mul(A, A), mul(-1, A, A))
    assert form(mul(B, commutator)) == {}
    # (A + 1)(A − 1) with the middle terms gone
    one = Identity(s)
    assert form(mul(plus(A, one), plus(A, mul(-1, one)))) == {((A, False), (A, False)): 1, (): -1}


def test_whole_numbers_are_pythons() -> None:
    (value,) = form(mul(Integer(3), X)).values()
    assert type(value) is int
    assert form(mul(Rational(1, 3), X)) == {((X, False),): Rational(1, 3)}


def test_turn() -> None:
    assert turn(((A, False), (X, True))) == ((X, False), (A, True))
    assert turn(()) == ()


# Definitions


def test_definitions_unfold_to_the_end() -> None:
    known = {X: plus(Y, mul(A, Y)), Y: mul(B, mul(A, mul(A, MatrixSymbol("E", s, d))))}
    last = MatrixSymbol("E", s, d)
    b, a, x = (B, False), (A, False), (last, False)
    assert form(X, known) == {(b, a, a, x): 1, (a, b, a, a, x): 1}
    assert form(t(X), known) == {turn(word): 1 for word in form(X, known)}
    assert form(X) == {((X, False),): 1}


def test_definitions_unfold_inside_functions() -> None:
    known = {A: mul(X, t(X))}
    assert form(RowSoftmax(A), known) == form(RowSoftmax(mul(X, t(X))), known) != form(RowSoftmax(A))
    assert form(Layer(X, 0), {Layer(X, 0): mul(A, X)}) == form(mul(A, X))


# Opaque parts

COMPLETE = [
    X,
    t(X),
    mul(A, X),
    plus(X, Y),
    mul(2, X),
    ZeroMatrix(s, d),
    Identity(s),
    TokenSum(mul(t(e(J)), e(J)), J),
]
ATOMS = [
    RowSoftmax(A), CausalMask(A), Layer(X, 0), e(ROW), Vec(X), Kronecker(A, X), At("X", N, s, d),
    SumBelow("X", N, s, d), TokenSum(mul(e(J), t(e(J)), A), J), OneMatrix(s, 1),
]  # fmt: skip


@pytest.mark.parametrize("expr", ATOMS, ids=lambda expr: type(expr).__name__)
def test_opaque_parts_are_known_as_such(expr: Any) -> None:
    for whole in (expr, mul(2, expr), t(expr), plus(expr, expr)):
        made = form(whole)
        assert len(made) == 1
        assert holds_opaque(made)
    assert form(plus(expr, mul(-1, expr))) == {}
    assert form(t(expr)) != form(expr)


def test_every_function_is_opaque_and_nothing_else_is() -> None:
    for expr in filter(is_matrix, KINDS.values()):
        assert holds_opaque(form(expr)), expr
    for expr in COMPLETE[:-1]:
        assert not holds_opaque(form(expr)), expr


def test_opaque_parts_are_told_apart() -> None:
    forms = [
        frozenset(form(expr).items())
        for expr in [
            *ATOMS,
            RowSoftmax(B),
            Layer(X, 1),
            Layer(Y, 0),
            e(J),
            t(e(ROW)),
            RowSoftmax(t(A)),
            Kronecker(X, A),
            OneMatrix(1, s),
            At("X", N + 1, s, d),
            At("Y", N, s, d),
        ]
    ]
    assert len(set(forms)) == len(forms)


Q, K = MatrixSymbol("Q_0_0", s, d_h), MatrixSymbol("K_0_0", s, d_h)
ALIKE = [
    (mul(Q, Rotation(ROW), t(mul(K, Rotation(J)))), mul(Q, Rotation(ROW - J), t(K))),
    (mul(Q, Rotation(J), t(Rotation(J)), t(K)), mul(Q, t(K))),
    (mul(Rotation(ROW), mul(Rotation(-2), Rotation(J))), Rotation(ROW + J - 2)),
    (mul(Rotation(1), Rotation(ROW)), mul(Rotation(ROW), Rotation(1))),
    (t(Rotation(ROW - J)), Rotation(J - ROW)),
    (mul(Rotation(ROW), t(Rotation(ROW))), Identity(d_h)),
    (t(mul(A, Diagonal(MatrixSymbol("r", s, 1)))), mul(Diagonal(MatrixSymbol("r", s, 1)), t(A))),
]


@pytest.mark.parametrize(("left", "right"), ALIKE, ids=map(str, range(len(ALIKE))))
def test_laws_of_rotations_and_diagonals(left: Any, right: Any) -> None:
    assert form(left) == form(right)
    assert np.allclose(Scene(2)(left), Scene(2)(right))


def test_rotations_claim_no_law_that_does_not_hold() -> None:
    apart = [
        *(Rotation(ROW), Rotation(J), Rotation(ROW - J), Rotation(J - ROW), Rotation(0 * J + 1)),
        *(mul(Q, Rotation(ROW), t(K)), mul(Q, t(Rotation(ROW)), t(K)), mul(Q, t(K))),
        mul(Diagonal(MatrixSymbol("r", s, 1)), Diagonal(MatrixSymbol("r", s, 1))),
        *(Diagonal(MatrixSymbol("r", s, 1)), Diagonal(MatrixSymbol("q", s, 1))),
    ]
    assert len({frozenset(form(expr).items()) for expr in apart}) == len(apart)


@pytest.mark.parametrize(
    "function", [RowSoftmax, CausalMask, lambda x: Layer(x, 0), Vec, lambda x: Kronecker(x, A)]
)
def test_equal_arguments_make_equal_parts(function: Any) -> None:
    assert form(function(plus(A, B))) == form(function(plus(B, A)))
    assert form(function(mul(A, plus(A, B)))) == form(function(plus(mul(A, A), mul(A, B))))
    assert form(function(plus(A, B))) != form(function(plus(A, mul(2, B))))
    # and no law is claimed that does not hold
    assert form(function(plus(A, B))) != form(plus(function(A), function(B)))


# Sums


def test_a_sum_below_grows_by_its_next_term() -> None:
    longer, shorter, last = SumBelow("X", N + 1, s, d), SumBelow("X", N, s, d), At("X", N, s, d)
    assert form(longer) == form(plus(shorter, last)) == form(plus(last, shorter))
    assert len(form(longer)) == 2
    assert form(SumBelow("X", N + 3, s, d)) == form(
        plus(shorter, last, At("X", N + 1, s, d), At("X", N + 2, s, d))
    )
    assert form(longer) != form(plus(shorter, At("X", N + 1, s, d)))
    assert form(longer) != form(plus(shorter, At("Delta", N, s, d)))
    scene = Scene(n=2)
    assert np.allclose(scene(longer), scene(plus(shorter, last)))


@pytest.mark.parametrize(
    ("body", "contracted"),
    [
        (mul(A, t(e(J)), e(J), X), mul(A, X)),
        (mul(mul(A, t(e(J))), mul(e(J), X)), mul(A, X)),
        (mul(t(e(J)), e(J)), Identity(s)),
        (mul(2, t(e(J)), e(J), X), mul(2, X)),
        (plus(mul(A, t(e(J)), e(J)), mul(B, t(e(J)), e(J))), plus(A, B)),
        (plus(mul(A, t(e(J)), e(J), B), mul(A, B, t(e(J)), e(J))), mul(2, A, B)),
        (mul(A, t(mul(t(e(J)), e(J), B))), mul(A, t(B))),
        (mul(e(ROW), A, t(e(J)), e(J), X), mul(e(ROW), A, X)),
    ],
)  # fmt: skip
def test_a_sum_over_positions_is_a_product(body: Any, contracted: Any) -> None:
    assert form(TokenSum(body, J)) == form(contracted)
    scene = Scene()
    assert np.allclose(scene(TokenSum(body, J)), scene(contracted))


OTHER = [
    mul(A, t(e(J)), e(ROW), X),
    mul(e(J), t(e(J)), A),
    mul(t(e(J)), A, e(J)),
    mul(A, t(e(J)), e(J), t(e(J)), e(J)),
    mul(e(J), A),
    A,
    plus(mul(t(e(J)), e(J)), A),
    mul(e(J), t(e(ROW)), e(ROW), t(e(J)), X),
    mul(RowSoftmax(mul(t(e(J)), e(J))), t(e(J)), e(J)),
    mul(t(At("X", J, 1, s)), e(J)),
    mul(t(e(J)), At("X", J, 1, s)),
    mul(e(J), t(At("X", J, 1, s))),
]


@pytest.mark.parametrize("body", OTHER, ids=str)
def test_other_sums_over_positions_stay(body: Any) -> None:
    made = form(TokenSum(body, J))
    (word,) = made
    assert word[0][0][0] == "TokenSum"
    assert holds_opaque(made)


def test_another_index_is_not_summed_over() -> None:
    body = mul(A, t(e(J)), e(J), X)
    assert form(TokenSum(body, J)) != form(TokenSum(body, ROW))
    assert form(TokenSum(mul(A, t(e(ROW)), e(ROW), X), ROW)) == form(mul(A, X))


def test_definitions_and_indices_in_deep_places() -> None:
    known = {MatrixSymbol("v_j", 1, d): mul(e(J), X), MatrixSymbol("a_j", s, 1): mul(A, t(e(J)))}
    body = mul(MatrixSymbol("a_j", s, 1), MatrixSymbol("v_j", 1, d))
    assert form(TokenSum(body, J), known) == form(mul(A, X))


def test_forms_remember_what_they_saw() -> None:
    made = NormalForm()
    assert made.of(mul(A, X)) is made.of(mul(A, X))
    assert made.definitions == {}
    assert NormalForm({X: Y}).definitions == {X: Y}


def test_sizes_are_told_apart() -> None:
    assert form(OneMatrix(s, 1)) != form(OneMatrix(v, 1))


def test_coefficients_have_one_form() -> None:
    c = Symbol("c")
    assert form(mul((c**2 - 1) / (c - 1), X)) == form(mul(c + 1, X)) == {((X, False),): c + 1}
    assert form(plus(mul(c * (c + 1), X), mul(-(c**2) - c, X))) == {}
    assert form(mul(c, mul(1 / c, X))) == form(X)
    assert form(mul(plus(mul(c, A), B), plus(mul(1 / c, A), mul(-1, B))))[(A, False), (A, False)] == 1
    (value,) = form(plus(mul(Rational(1, 2), X), mul(Rational(3, 2), X))).values()
    assert (value, type(value)) == (2, int)


@pytest.mark.parametrize(
    ("stop", "length"), [(N, 1), (N - 1, 1), (N - 2, 1), (2 * N, 1), (J + N, 1), (N / 2, 1)]
)
def test_a_sum_below_stops_where_its_length_is_not_known(stop: Any, length: int) -> None:
    assert len(form(SumBelow("X", stop, s, d))) == length
    offset = stop.as_coeff_Add()[0]
    assert len(form(SumBelow("X", stop - offset + 2, s, d))) == 3


def test_opaque_letters_are_told() -> None:
    for expr in ATOMS:
        assert holds_opaque(form(expr)), expr
        assert holds_opaque(form(plus(mul(A, B), mul(A, expr) if expr.shape[0] == s else expr))), expr
    for expr in COMPLETE[:-1]:
        assert not holds_opaque(form(expr)), expr
    assert not holds_opaque({})
    # of one row and one column, matrices commute and are their own transposes
    assert holds_opaque(form(MatrixSymbol("a_ij", 1, 1)))
    assert holds_opaque(form(mul(MatrixSymbol("q_i", 1, d), W)))
    assert holds_opaque(form(mul(X, MatrixSymbol("c", d, 1))))
