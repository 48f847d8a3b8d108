"""Further members of each kind of false derivation that once passed, and of true ones that failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import (
    Float,
    Identity,
    Integer,
    MatrixSymbol,
    OneMatrix,
    Rational,
    Symbol,
    ZeroMatrix,
    cos,
    exp,
    nan,
    oo,
    pi,
    sin,
    sqrt,
    zoo,
)

import ovlearn as ov
from ovlearn.checking.binding import recorded, value_of
from ovlearn.checking.network import meaning
from ovlearn.symbolic import (
    At,
    Bound,
    CausalMask,
    Counterexample,
    Kronecker,
    Layer,
    Network,
    OneHot,
    Rank,
    RowSoftmax,
    RuleError,
    Selection,
    SumBelow,
    TokenSum,
    add,
    d,
    definition,
    product,
    rules,
    s,
    subtract,
    symbol,
    transpose,
    v,
)
from ovlearn.symbolic.steps import DerivationError

from .cases import assert_close, outcomes, saying
from .false_and_true import (
    I_,
    NET,
    PATTERN,
    W_V,
    X_A,
    X_B,
    J,
    P,
    S,
    T,
    V,
    X,
    assumed,
    claimed,
    number,
    row,
    start,
)

R, G_d = MatrixSymbol("R", s, s), MatrixSymbol("G_d", d, d)
W_Q, W_K = NET.head("W_Q", 1, 0), NET.head("W_K", 1, 0)
W_QK, C = symbol("W_QK", 1, 0), symbol("C", 1, 0)
N = Symbol("n", integer=True, nonnegative=True)
ONE, ZERO = number([1]), number([0])
PATHS = {base: symbol(base, 0, 0, 1, 0) for base in ("A", "W_OV", "H", "Delta", "Y")}


def witnessed(before: Any, after: Any, *witness: tuple[Any, Any], given: Any = ()) -> ov.Derivation:
    return start(before, *given).apply(saying(after, makes=Counterexample, witness=witness))


def selected(before: Any, after: Any, remainder: Any, name: Any) -> ov.Derivation:
    return start(before).apply(saying(after, makes=Selection, remainder=remainder, name=name))


# What a witness may not choose, and a definition not say.


@pytest.mark.parametrize(
    "name",
    [W_QK, C, *PATHS.values(), symbol("k_j"), symbol("X", 5), symbol("A", 7, 0), MatrixSymbol("Y", s, d)],
    ids=str,
)
def test_no_witness_chooses_what_is_no_input(name: Any) -> None:
    report = ov.verify(witnessed(name, product(Integer(2), name), (name, ONE)), seeds=2)
    assert not report.passed
    assert {row.outcome for row in report.rows if row.route != "algebra"} == {"failed"}


@pytest.mark.parametrize("name", [W_QK, C, *PATHS.values(), symbol("X", 5)], ids=str)
def test_no_definition_gives_a_name_of_the_course_another_meaning(name: Any) -> None:
    other = product(Integer(2), MatrixSymbol("B", name.shape[0], d), MatrixSymbol("D", d, name.shape[1]))
    wrong = definition("wrong", "another meaning", (name, other))
    report = ov.verify(start(product(Integer(3), name), wrong).apply(rules.unfold, wrong), seeds=2)
    assert not report.passed
    assert [each.name for each in report.premises if not each.stands] == ["wrong"]


LONGER = (0, 0, 1, 0, 2, 0)


@pytest.mark.parametrize(
    "name", [W_QK, C, *PATHS.values(), *(symbol(base, *LONGER) for base in PATHS)], ids=str
)
def test_what_a_run_binds_is_what_the_network_computes(name: Any) -> None:
    """By the network's own equations, followed down to tokens, weights and patterns."""
    net = Network(layers=3)
    at = recorded(net, 3)
    followed = (name, symbol("Delta", *LONGER), PATHS["Delta"])

    def value(expr: Any) -> Any:
        if isinstance(expr, MatrixSymbol):
            made = meaning(expr, net) if expr in followed else None
            return value_of(expr.name, at, {}) if made is None else value(made)
        if expr.is_MatMul:
            return np.linalg.multi_dot([value(part) for part in expr.args])
        return value(expr.arg).T

    assert_close(value_of(name.name, at, {}), value(name))


def test_a_second_definition_binds_a_witness_too() -> None:
    twice = [definition("first", "", (T, P)), assumed("second", T, product(Integer(2), P))]
    report = ov.verify(witnessed(P, product(Integer(0), P), (P, ONE), given=twice), seeds=2)
    assert "the witness does not obey 'second'" in str(report)


@pytest.mark.parametrize("stream", [ZeroMatrix(s, d), product(Integer(0), X_A), add(X_A, X_B)], ids=str)
def test_an_equation_of_a_layer_is_about_any_stream(stream: Any) -> None:
    with pytest.raises(ValueError, match="expected a layer of a symbol for any stream"):
        assumed("nothing of nothing", Layer(stream, 1), ZeroMatrix(s, d))


# Names of what is selected.

NAMES: dict[str, tuple[Any, str]] = {
    "one of the terms": (P, "expected a new name, got P, which is in use"),
    "of another shape": (MatrixSymbol("F", v, v), "expected a symbol of shape"),
    "nothing": (None, "expected a symbol of shape"),
    "no symbol": (product(Integer(2), T), "expected a symbol of shape"),
    "of a head that is not there": (symbol("A", 7, 0), "expected a name that the network has, got A_7_0"),
    "of no head": (MatrixSymbol("A_1", s, s), "expected a name that the network has, got A_1"),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_that_say_something_false(name: str) -> None:
    with pytest.raises(DerivationError, match=NAMES[name][1]):
        selected(add(T, P), T, P, NAMES[name][0])


def test_a_name_begins_a_new_chain_and_is_given_by_no_relation() -> None:
    once = selected(add(T, P, R), T, add(P, R), MatrixSymbol("F", s, s)).apply(saying(add(P, subtract(T, P))))
    again = once.apply(saying(P, makes=Selection, remainder=subtract(T, P), name=MatrixSymbol("F", s, s)))
    assert (again.result.lhs, again.result.rhs) == (MatrixSymbol("F", s, s), P)
    with pytest.raises(DerivationError, match="expected a new name, got P"):
        start(add(T, R), assumed("P is a projection", product(P, P), P)).apply(rules.select, T, P)


# Sums over positions, and indices.

ROW = MatrixSymbol("r_j", 1, d)
ALL = definition("all", "all alike", *((MatrixSymbol(f"T_{place}", s, s), P) for place in range(13)))
SUMMED = {
    "an index of another symbol": lambda: claimed(
        TokenSum(product(At("T", J, s, s), transpose(row(J)), row(J)), J), At("T", J, s, s)
    ),
    "a sum below the index": lambda: claimed(
        TokenSum(product(SumBelow("T", J, s, s), transpose(row(J)), row(J)), J), SumBelow("T", J, s, s)
    ),
    "a row that names the index": lambda: claimed(
        TokenSum(product(transpose(row(J)), ROW), J), product(OneMatrix(s, 1), ROW)
    ),
    "through a definition": lambda: claimed(
        TokenSum(product(transpose(row(J)), MatrixSymbol("D_j", 1, d)), J),
        product(OneMatrix(s, 1), MatrixSymbol("D_j", 1, d)),
        definition("twice", "", (MatrixSymbol("D_j", 1, d), product(Integer(2), ROW))),
    ),
    "an index beyond what is defined": lambda: claimed(At("T", N, s, s), P, ALL),
}  # fmt: skip


@pytest.mark.parametrize("name", SUMMED)
def test_sums_and_indices_that_look_alike(name: str) -> None:
    assert not ov.verify(SUMMED[name](), seeds=12).passed


def test_an_index_of_two_sizes_stands_within_both() -> None:
    both = product(transpose(OneHot(I_, s)), OneHot(I_, d))
    assert ov.verify(
        claimed(product(both, W_V), product(transpose(OneHot(I_, s)), product(OneHot(I_, d), W_V))), 12
    ).passed
    assert not ov.verify(claimed(both, product(Integer(2), both)), seeds=12).passed


# Floats and numbers.

APART = subtract(RowSoftmax(T), RowSoftmax(product(Integer(2), T)))
SCORED = subtract(RowSoftmax(S), RowSoftmax(product(Integer(2), S)))
BLURRED: dict[str, Callable[[], ov.Derivation]] = {
    "a small part of a number": lambda: claimed(
        product(sqrt(2) + Rational(1, 10**12), PATTERN, V), product(sqrt(2), PATTERN, V)
    ),
    "a power of a small number": lambda: claimed(
        product(sqrt(2) + (sqrt(2) - Rational(7, 5)) ** 8, PATTERN, V), product(sqrt(2), PATTERN, V)
    ),
    "an exponential": lambda: claimed(product(1 + exp(-50), PATTERN), PATTERN),
    "beside two softmaxes that are tied": lambda: claimed(
        add(product(1 + Rational(1, 10**12), RowSoftmax(T)), RowSoftmax(product(Integer(2), T))),
        add(RowSoftmax(T), RowSoftmax(product(Integer(2), T))),
    ),
    "a faint product": lambda: claimed(add(RowSoftmax(T), product(*[APART] * 14)), RowSoftmax(T)),
    "a faint product on a run": lambda: claimed(
        add(product(PATTERN, V), product(*[SCORED] * 12, V)), product(PATTERN, V)
    ),
    "faint scores": lambda: claimed(RowSoftmax(product(*[SCORED] * 12)), product(1 / s, OneMatrix(s, s))),
    "a float that swallows another": lambda: claimed(
        add(product(Float(1e16), X), X), product(Float(1e16), X)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BLURRED)
def test_differences_that_floats_do_not_see(name: str) -> None:
    assert not ov.verify(BLURRED[name](), seeds=10).passed


@pytest.mark.parametrize("factor", [nan, oo, -oo, zoo, s > 2, Symbol("a", commutative=False)], ids=str)
def test_what_is_no_finite_number_is_no_factor(factor: Any) -> None:
    with pytest.raises(TypeError, match="expected finite numbers and matrices as factors"):
        product(factor, X)


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        (product(0.5, X), product(Rational(1, 2), X)),
        (add(product(0.1, X), product(0.2, X)), product(0.3, X)),
        (product(sin(1) ** 2 + cos(1) ** 2, X), X),
        (add(product(pi, X), X), product(pi + 1, X)),
        (s * (d + 1), s * d + s),
        (product((s + 1) ** 2 - s**2, X), product(2 * s + 1, X)),
        (product(row(Integer(0)), PATTERN, transpose(row(Integer(1)))), ZeroMatrix(1, 1)),
        (product(row(I_), RowSoftmax(S), OneMatrix(s, 1)), Identity(1)),
        (RowSoftmax(ZeroMatrix(s, s)), product(1 / s, OneMatrix(s, s))),
        (product(Kronecker(T, P), Kronecker(R, T)), Kronecker(product(T, R), product(P, T))),
    ],
)  # fmt: skip
def test_what_is_true_passes(lhs: Any, rhs: Any) -> None:
    assert ov.verify(claimed(lhs, rhs), seeds=6).passed


# Masks, classes, and what is no claim.


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        (subtract(CausalMask(T), CausalMask(T)), ZeroMatrix(s, s)),
        (CausalMask(T), CausalMask(add(T, subtract(CausalMask(P), CausalMask(P))))),
        (product(Integer(0), CausalMask(S)), ZeroMatrix(s, s)),
        (RowSoftmax(product(Integer(-1), CausalMask(S))), RowSoftmax(CausalMask(product(Integer(-1), S)))),
    ],
)
def test_masks_obey_no_law_of_sums(lhs: Any, rhs: Any) -> None:
    assert not ov.verify(claimed(lhs, rhs), seeds=4).passed


def test_a_class_of_ones_own_is_no_matrix_of_the_course() -> None:
    for own in (type("Masked", (CausalMask,), {})(S), type("Lying", (MatrixSymbol,), {})("A_1_0", s, s)):
        with pytest.raises(TypeError, match="expected matrix symbols, products, sums"):
            start(own)


def test_what_is_no_expression_is_refused_in_words() -> None:
    report = ov.verify(claimed(add(T, P), None), seeds=1)
    assert set(outcomes(report).values()) == {"failed"}
    with pytest.raises(DerivationError, match="expected two numbers in a bound, got s > 2"):
        claimed(Rank(X), s > 2, makes=Bound)
    negative = MatrixSymbol("D", d, s - d), MatrixSymbol("F", s - d, d)
    both = product(negative[0], add(negative[1], ZeroMatrix(s - d, d)))
    assert ov.verify(claimed(product(*negative), both), seeds=4).passed


@pytest.mark.parametrize("index", [Integer(0), T, s, "j"], ids=str)
def test_a_sum_runs_over_a_symbol(index: Any) -> None:
    with pytest.raises(RuleError, match="expected a symbol that is no size as an index"):
        start(product(T, P)).apply(rules.sum_over_positions, index)


def test_rules_refuse_what_their_laws_are_not_about() -> None:
    with pytest.raises(RuleError, match="expected masks inside a softmax alone"):
        start(product(RowSoftmax(product(-1, CausalMask(S))), OneMatrix(s, 1))).apply(rules.rows_sum_to_one)
    with pytest.raises(RuleError, match="gather transposes: expected matrices, got 2"):
        start(product(2, transpose(T), X)).apply(rules.gather_transposes, Integer(2), transpose(T))


def test_a_stream_of_one_layer_is_verified_with_faults() -> None:
    report = ov.verify(ov.derive("residual-stream", layers=1, layer=0), seeds=4, faults=True)
    assert report.passed
    assert not report.missed
