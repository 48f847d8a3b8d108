"""Wrong steps that must not be green, and right steps that must be: each of them was once judged wrongly.

A wrong step here is written by a rule of the reader's own, which may say anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import (
    Identity,
    ImmutableMatrix,
    Integer,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Symbol,
    ZeroMatrix,
    sqrt,
)

import ovlearn as ov
from ovlearn.checking import PRIME
from ovlearn.symbolic import (
    Assumption,
    At,
    Bound,
    CausalMask,
    DerivationError,
    Network,
    OneHot,
    Rank,
    Relation,
    RowSoftmax,
    SumBelow,
    TokenSum,
    Vec,
    add,
    d,
    d_h,
    definition,
    product,
    rules,
    s,
    subtract,
    symbol,
    transpose,
    v,
)
from ovlearn.symbolic.course import assumptions
from ovlearn.symbolic.course.virtual_heads import composition

from .cases import NET, P, T, claimed, green, outcomes, saying, start

N, M = (Symbol(name, integer=True, nonnegative=True) for name in "nm")
ROW_I, J, L = (Symbol(name, integer=True) for name in "ijl")
E_I, E_J, E_L = OneHot(ROW_I, s), OneHot(J, s), OneHot(L, s)
X0, X2 = symbol("X", 0), symbol("X", 2)
X_A, X_B = symbol("X_A"), symbol("X_B")
W_V, W_O, W_OV = (NET.head(base, 1, 0) for base in ("W_V", "W_O", "W_OV"))
S = NET.head("S", 1, 0)
LARGE = product(Integer(10**14), S)
PATHS = [
    product(NET.head("A", layer, 0), symbol("E"), symbol("W_E"), NET.head("W_OV", layer, 0), symbol("W_U"))
    for layer in (0, 1)
]
BIAS, SQUARE, ROW = MatrixSymbol("beta", 1, d), MatrixSymbol("B", d, d), MatrixSymbol("b", 1, 1)


def stream(index: Any) -> Any:
    return At("X", index, s, d)


def number(*rows: list[int]) -> ImmutableMatrix:
    return ImmutableMatrix(rows)


def refuted(before: Any, after: Any, *witness: tuple[Any, Any], given: Any = ()) -> ov.Derivation:
    return start(before, *given).apply(rules.counterexample, after, witness)


WRONG: dict[str, Callable[[], ov.Derivation]] = {
    "X_n is X_m": lambda: claimed(stream(N), stream(M)),
    "an index that agrees with n below 3": lambda: claimed(stream(N), stream(N**3 - 3 * N**2 + 3 * N)),
    "a relation between the sizes": lambda: claimed(
        product(d, RowSoftmax(T)), product(d_h + 1, RowSoftmax(T))
    ),
    "a size that is a number": lambda: claimed(
        product(T, OneMatrix(s, 1), OneMatrix(1, s), OneMatrix(s, 1)), product(Integer(6), T, OneMatrix(s, 1))
    ),
    "a rank below a number that all tiny models are below": lambda: start(Rank(W_OV)).apply(
        saying(Integer(10), makes=Bound)
    ),
    "a rank below a neighbouring size": lambda: start(Rank(SQUARE)).apply(saying(d_h + 1, makes=Bound)),
    "full rank": lambda: claimed(Rank(W_V), d_h),
    "ranks of two matrices": lambda: claimed(Rank(W_V), Rank(W_O)),
    "ranks of two identities": lambda: claimed(Rank(Identity(s)), Rank(Identity(d))),
    "numbers that do not commute": lambda: refuted(
        product(symbol("a_ij"), ROW),
        product(ROW, symbol("a_ij")),
        (symbol("a_ij"), number([0, 1], [0, 0])),
        (ROW, number([0, 0], [1, 0])),
    ),
    "a witness of two minds about d": lambda: refuted(
        add(X_A, product(Integer(2), X_B)),
        add(X_B, product(Integer(2), X_A)),
        (X_A, number([1])),
        (X_B, number([2])),
        (W_OV, number([1, 1], [1, 1])),
    ),
    "a witness against a definition": lambda: refuted(
        W_OV,
        product(W_V, W_O),
        (W_OV, number([1])),
        (W_V, number([0])),
        (W_O, number([0])),
        given=(assumptions.ov_product(NET),),
    ),
    "a witness that leaves out what a definition needs": lambda: refuted(
        NET.head("H", 1, 0),
        product(NET.head("A", 1, 0), NET.stream(1), W_OV),
        (NET.head("H", 1, 0), number([1])),
        (NET.head("A", 1, 0), number([0])),
        (NET.stream(1), number([0])),
        (W_OV, number([0])),
        given=[
            make(NET)
            for make in (
                assumptions.values,
                assumptions.mixed_values,
                assumptions.head_output,
                assumptions.ov_product,
            )
        ],
    ),
    "a row added to every row": lambda: claimed(
        add(X0, product(OneMatrix(s, 1), BIAS)), MatAdd(X0, BIAS, evaluate=False)
    ),
    "a product that does not fit": lambda: claimed(X0, MatMul(X0, W_O, evaluate=False)),
    "one name, two shapes": lambda: claimed(
        Vec(transpose(MatrixSymbol("F", s, d))), Vec(transpose(MatrixSymbol("F", d, s)))
    ),
    "nothing at all": lambda: start(X0),
    "a name that is defined as another term": lambda: start(
        add(*PATHS), definition("P", "the first", (MatrixSymbol("Y'", s, v), PATHS[0]))
    ).apply(rules.select, PATHS[1], MatrixSymbol("Y'", s, v)),
    "a name of another shape": lambda: start(add(*PATHS)).apply(
        rules.select, PATHS[1], MatrixSymbol("Y'", d, d)
    ),
    "a multiple of the prime": lambda: claimed(RowSoftmax(T), add(RowSoftmax(T), product(Integer(PRIME), T))),
    "a sum over positions of what has none": lambda: claimed(TokenSum(X0, J), product(s, X0)),
    "two rows at one position": lambda: claimed(product(E_I, T), product(E_J, T)),
    "three rows of which two are one": lambda: claimed(
        product(E_I, transpose(E_J), E_J, transpose(E_L), E_I, T, T), product(E_I, transpose(E_J), E_I, T, T)
    ),
    "a large number that cancels": lambda: claimed(
        add(product(sqrt(d), RowSoftmax(S)), LARGE, product(-1, LARGE)),
        add(product(2 * sqrt(d), RowSoftmax(S)), LARGE, product(-1, LARGE)),
    ),
    "an equality of two sizes": lambda: start(Rank(W_OV)).apply(saying(d, makes=Bound)).apply(saying(d_h)),
    "no two positions are one": lambda: claimed(
        product(E_I, transpose(E_J), E_I, *[T] * 9), ZeroMatrix(1, s)
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_and_not_green(name: str) -> None:
    try:
        derivation = WRONG[name]()
    except ValueError:
        return  # it cannot even be built
    report = ov.verify(derivation, seeds=10)
    assert not report.passed
    assert "FAILED" in str(report)


def test_rows_at_one_position_are_not_green_for_any_seed() -> None:
    for seed in range(30):
        assert not green(claimed(product(E_I, X0), product(E_J, X0)), seeds=[seed])


def test_unequal_twice_is_not_unequal() -> None:
    """X_A ≠ X_B and X_B ≠ X_A do not make X_A ≠ X_A, so the chain cannot end there."""
    witness = ((X_A, number([1])), (X_B, number([2])))
    chain = start(X_A).apply(rules.counterexample, X_B, witness)
    with pytest.raises(DerivationError):
        chain.apply(rules.counterexample, X_A, witness)


def test_a_step_that_nothing_judged_is_not_hidden_by_another_of_its_number() -> None:
    """Neither the chain nor its lemma has a title: both parts would be called the same."""
    alone = claimed(product(sqrt(2), RowSoftmax(T)), product(sqrt(2), Integer(5), RowSoftmax(T)))
    report = ov.verify(claimed(add(X0, X2), add(X2, X0)).with_lemmas(alone, alone), seeds=2)
    assert not report.passed
    assert report.steps == 3
    assert len(report.unjudged) == 2
    assert report._repr_html_().count("<tr>") == 1 + 3


G = MatrixSymbol("G", s, v)
BINDINGS = {
    "a number": lambda run: 3.0,
    "a row": lambda run: np.ones(run.model.config.d_vocab),
    "one row": lambda run: np.ones((1, run.model.config.d_vocab)),
    "a transpose": lambda run: run.logits.T,
    "a batch": lambda run: run.logits[None],
    "NaN": lambda run: np.full(run.logits.shape, np.nan),
    "infinity": lambda run: np.full(run.logits.shape, np.inf),
}


@pytest.mark.parametrize("name", BINDINGS)
def test_bindings_that_are_no_matrix_of_the_shape(name: str) -> None:
    """Broadcasting must not make them fit, and NaN must not be lost beside a number that is right."""
    swapped = claimed(add(symbol("Y"), G), add(G, symbol("Y")))
    selection = start(add(PATHS[1], G)).apply(rules.select, PATHS[1], symbol("Y", 1, 0))
    for derivation in (swapped, selection):
        with pytest.raises(ValueError, match="bindings"):
            ov.verify(derivation, seeds=2, bindings={"G": BINDINGS[name]})


def test_bindings_that_are_not_functions() -> None:
    with pytest.raises(TypeError, match="bindings"):
        ov.verify(ov.derive("ov-fold"), seeds=1, bindings={"G": 5})  # type: ignore[dict-item]


COUNTED = SumBelow("Delta", N - 1, s, d)
STEP_TWO = Assumption("r", "r", (Relation(stream(N + 2), add(stream(N + 1), At("Delta", N + 1, s, d))),))
ZERO_B = Assumption("X_B = 0", "the second is zero", (Relation(X_B, ZeroMatrix(s, d)),))
ONE_LAYER = assumptions.linear_unembedding(Network(1, 1))
FAR = composition(NET, (0, 0), (2, 0))
OWN = MatrixSymbol("W_in", d, Symbol("m", integer=True, positive=True))
PROJECTED = [product(each, W_V) for each in (X0, X2)]

RIGHT: dict[str, Callable[[], ov.Derivation]] = {
    "a sum up to n − 1": lambda: start(add(COUNTED, At("Delta", N - 1, s, d))).apply(rules.join_sum),
    "two layers on": lambda: start(stream(N + 2), STEP_TWO).apply(rules.unfold, STEP_TWO),
    "a mask on its own": lambda: start(CausalMask(NET.head("S", 1, 0)), assumptions.scores(NET)).apply(
        rules.unfold, assumptions.scores(NET)
    ),
    "a softmax of more rows than columns": lambda: claimed(
        RowSoftmax(add(*PROJECTED)), RowSoftmax(add(*reversed(PROJECTED)))
    ),
    "a row of a softmax": lambda: claimed(
        product(E_I, RowSoftmax(NET.head("S", 1, 0))), RowSoftmax(product(E_I, NET.head("S", 1, 0)))
    ),
    "a softmax does not see what a whole row gains": lambda: claimed(
        RowSoftmax(add(T, product(MatrixSymbol("c", s, 1), OneMatrix(1, s)))), RowSoftmax(T)
    ),
    "a softmax of zeros is even": lambda: claimed(
        RowSoftmax(ZeroMatrix(s, s)), product(1 / s, OneMatrix(s, 1), OneMatrix(1, s))
    ),
    "a number is its own transpose": lambda: claimed(
        product(symbol("q_i"), transpose(symbol("k_j"))), product(symbol("k_j"), transpose(symbol("q_i")))
    ),
    "coefficients multiplied out": lambda: claimed(product(d * (d + 1), X0), product(d**2 + d, X0)),
    "coefficients that cancel": lambda: claimed(
        subtract(product(d * (d + 1), X0), product(d**2, X0), product(d, X0)), ZeroMatrix(s, d)
    ),
    "a number of the reader's own": lambda: start(product(Symbol("alpha"), add(X0, X2))).apply(
        rules.distribute
    ),
    "a size of the reader's own": lambda: start(product(add(X0, X2), OWN)).apply(rules.distribute),
    "a name of the course with another shape": lambda: start(
        product(add(X0, X2), MatrixSymbol("M", d, d))
    ).apply(rules.distribute),
    "a layer that the network has not": lambda: start(product(add(X0, symbol("X", 7)), W_V)).apply(
        rules.distribute
    ),
    "a head that reads another two layers below": lambda: start(symbol("H", 0, 0, 2, 0), FAR).apply(
        rules.unfold, FAR
    ),
    "one layer and no network named": lambda: ov.Derivation.start(symbol("Y"), [ONE_LAYER]).apply(
        rules.unfold, ONE_LAYER
    ),
    "a row and a sum over its index": lambda: claimed(
        product(E_J, T), product(E_J, TokenSum(product(transpose(E_J), E_J), J), T)
    ),
    "a sum over positions beside another index": lambda: start(
        product(product(OneHot(ROW_I, d), W_V), transpose(W_V))
    ).apply(rules.sum_over_positions, J),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_and_green(name: str) -> None:
    report = ov.verify(RIGHT[name](), seeds=6)
    assert report.passed, str(report)


def test_what_follows_a_counterexample_is_not_the_beginning() -> None:
    """X_0 ≠ 2 X_B = F: the end is not the value of X_0."""
    folded = definition("F", "a name", (MatrixSymbol("F", s, d), add(X_B, X_B)))
    tokens = (symbol("E"), number([1])), (symbol("W_E"), number([1]))
    values = *tokens, (X0, number([1])), (X_B, number([2]))
    chain = refuted(X0, add(X_B, X_B), *values, given=(folded,))
    assert green(chain.apply(rules.fold, folded))


TRUE_FAULTS: dict[str, Callable[[], ov.Derivation]] = {
    "a zero to drop": lambda: start(add(X_A, X_B), ZERO_B).apply(rules.unfold, ZERO_B),
    "powers that commute": lambda: start(product(P, P, P)).apply(rules.group, P, P),
    "an identity to drop": lambda: claimed(
        add(product(X0, Identity(d)), X2), add(X2, product(X0, Identity(d)))
    ),
    "a witness of one matrix": lambda: refuted(
        RowSoftmax(MatrixSymbol("G", 2, 2)),
        MatrixSymbol("G", 2, 2),
        (MatrixSymbol("G", 2, 2), ImmutableMatrix.zeros(2, 2)),
    ),
    "a witness with a zero": lambda: refuted(X_A, X_B, (X_A, number([1])), (X_B, number([0]))),
}


@pytest.mark.parametrize("name", TRUE_FAULTS)
def test_faults_that_are_none_do_not_make_a_right_step_red(name: str) -> None:
    report = ov.verify(TRUE_FAULTS[name](), seeds=2, faults=True)
    assert report.passed, str(report)


def test_the_ranks_of_two_products_are_not_a_constant() -> None:
    """rank(W_V) is d_h of nearly every W_V, and 0 of one: no fault in it is true by value."""
    report = ov.verify(ov.derive("ov-fold").lemma("The rank of W_OV is at most d_head"), seeds=2, faults=True)
    assert report.passed
    assert not any(fault.true_by_value for fault in report.faults)
    assert outcomes(report)["algebra"] == "passed"
