"""Each route on its own: what it passes, what it fails, and what it says it cannot judge, with the reason."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from sympy import Identity, Integer, MatrixSymbol, OneMatrix, sqrt

import ovlearn as ov
from ovlearn.checking import PRIME, TOLERANCE
from ovlearn.checking.algebra import Algebra
from ovlearn.checking.claims import Claim
from ovlearn.checking.exact import Exact
from ovlearn.checking.numeric import Numeric, difference
from ovlearn.symbolic import (
    Assumption,
    Bound,
    Network,
    Rank,
    Relation,
    RowSoftmax,
    Selection,
    Step,
    add,
    d,
    d_h,
    definition,
    product,
    rules,
    s,
    symbol,
    transpose,
    v,
)
from ovlearn.symbolic.course import assumptions, theorems

from .cases import NET, P, R, T, claimed, judged, outcomes, saying, start, verdicts

X0, X1, D0, D1 = symbol("X", 0), symbol("X", 1), symbol("Delta", 0), symbol("Delta", 1)
A, W_V, W_O, W_OV, Q, K, S = (NET.head(base, 1, 0) for base in ("A", "W_V", "W_O", "W_OV", "Q", "K", "S"))
W_Q = NET.head("W_Q", 1, 0)
ROUTES = (Algebra, Exact, Numeric)

PASSED = dict.fromkeys(("algebra", "exact", "numeric"), "passed")
FAILED = dict.fromkeys(("algebra", "exact", "numeric"), "failed")


@pytest.mark.parametrize(
    ("before", "after", "assumptions"),
    [
        (product(add(X0, D0), W_V), add(product(D0, W_V), product(X0, W_V)), ()),
        (transpose(product(X0, W_V)), product(transpose(W_V), transpose(X0)), ()),
        (X1, add(X0, D0), (assumptions.residual_stream(NET),)),
        (S, product(1 / sqrt(d_h), Q, transpose(K)), (assumptions.scores(NET),)),
        (product(Integer(2), X0), add(X0, X0), ()),
        (product(A, X0), product(RowSoftmax(assumptions.CausalMask(S)), X0), (assumptions.pattern(NET),)),
    ],
)
def test_all_three_pass(before: Any, after: Any, assumptions: Any) -> None:
    assert verdicts(before, after, *assumptions) == PASSED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (add(X0, D0), X0),
        (product(A, X0), product(transpose(A), X0)),  # a transpose of a square matrix
        (product(W_OV, NET.head("W_OV", 0, 0)), product(NET.head("W_OV", 0, 0), W_OV)),
        (product(1 / sqrt(d_h), Q, transpose(K)), product(Q, transpose(K))),
        (product(1 / sqrt(d_h), Q, transpose(K)), product(1 / d_h, Q, transpose(K))),
        (product(Q, transpose(K)), product(K, transpose(Q))),
        (X0, product(Integer(-1), X0)),
        (product(A, X0), product(NET.head("A", 1, 1), X0)),
        (X0, product(X0, W_OV)),
        (X0, product(X0, Identity(d), W_OV)),
    ],
)
def test_all_three_fail(before: Any, after: Any) -> None:
    assert verdicts(before, after) == FAILED


def test_one_seed_is_enough_to_fail() -> None:
    for seed in range(5):
        assert verdicts(product(A, X0), product(transpose(A), X0), seeds=[seed]) == FAILED


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_sides_of_different_shapes_never_pass(route: type) -> None:
    claim = Claim(Step, X0, transpose(X0))
    assert judged(route, claim).outcome == "failed"
    assert judged(route, Claim(Step, X0, OneMatrix(1, 1))).outcome != "passed"
    assert judged(route, Claim(Step, Identity(s), Identity(d))).outcome != "passed" or route is Algebra


def test_a_wrong_assumption_is_seen_by_the_forward_pass_alone() -> None:
    """Delta_1 with the pattern of layer 0: the algebra is flawless, and false of the network."""
    wrong = Assumption("wrong", "the wrong pattern", (Relation(D1, product(NET.head("A", 0, 0), X1, W_OV)),))
    report = ov.verify(start(D1, wrong, network=Network(3, 1)).apply(rules.unfold, wrong), seeds=3)
    assert outcomes(report) == {"algebra": "passed", "exact": "passed", "numeric": "failed"}


def test_the_end_is_held_against_the_forward_pass() -> None:
    """Every step right, the name wrong: the chain says Y, and means the logits of another stream."""
    wrong = Assumption("wrong", "reads X_2", (Relation(symbol("Y"), product(symbol("X", 2), symbol("W_U"))),))
    report = ov.verify(start(symbol("Y"), wrong).apply(rules.unfold, wrong), seeds=2)
    row = report.failures[0]
    assert row.route == "numeric"
    assert row.judgement.where.startswith("seed 0, entry [")


def test_a_theorem_is_not_believed() -> None:
    """What an earlier derivation ended with is unfolded to what it rests on."""
    false = Assumption(
        "stream", "doubled", (Relation(X1, add(X0, D0, D0)),), kind="theorem", derived_in="residual-stream"
    )
    report = ov.verify(start(X1, assumptions.residual_stream(NET), false).apply(rules.unfold, false), seeds=2)
    assert outcomes(report) == FAILED


def test_two_definitions_of_one_symbol_cannot_both_be_used() -> None:
    one, other = (definition(name, name, (T, side)) for name, side in (("one", P), ("other", R)))
    chain = start(P, one, other).apply(rules.fold, one).apply(rules.unfold, other)
    assert not ov.verify(chain, seeds=2).passed


def test_definitions_in_a_circle_are_refused() -> None:
    circle = definition("circle", "T is P is T", (T, product(P, P)), (P, product(T, T)))
    with pytest.raises(ValueError, match="definitions that end, got a circle"):
        ov.verify(start(T, circle).apply(rules.unfold, circle), seeds=1)


# Algebra.


def test_algebra_does_not_refute_what_holds_functions() -> None:
    """softmax(S) 1 = 1 is beyond the table: not applicable, while the other routes pass."""
    one = OneMatrix(s, 1)
    assert verdicts(product(RowSoftmax(S), one), one) == PASSED | {"algebra": "not applicable"}
    row = judged(Algebra, Claim(Step, product(RowSoftmax(S), one), one))
    assert row.reason == "the forms differ, but they hold functions whose laws they do not know"
    assert (
        judged(Algebra, Claim(Step, RowSoftmax(add(S, S)), RowSoftmax(product(Integer(2), S)))).outcome
        == "passed"
    )


@pytest.mark.parametrize("kind", [Bound, rules.counterexample.makes])
def test_algebra_is_for_equalities(kind: type[Step]) -> None:
    row = judged(Algebra, Claim(kind, Rank(T), s))
    assert (row.outcome, row.reason) == (
        "not applicable",
        f"a {kind.__name__.lower()} is not an equality of forms",
    )


def test_algebra_on_ranks() -> None:
    folded = assumptions.ov_product(NET)
    assert judged(Algebra, Claim(Step, Rank(W_OV), Rank(product(W_V, W_O))), folded).outcome == "passed"
    row = judged(Algebra, Claim(Step, Rank(W_V), Rank(W_O)))
    assert (row.outcome, row.reason) == ("not applicable", "different matrices may have the same rank")


# Exact.


def test_exact_reports_tries_and_bound() -> None:
    report = ov.verify(claimed(product(X0, W_V, W_O), product(X0, product(W_V, W_O))), seeds=4)
    row = next(row for row in report.rows if row.route == "exact").judgement
    assert (row.outcome, row.tries) == ("passed", 4)
    assert row.bound == 3 / PRIME
    assert row.bound == report.bound


def test_exact_uses_definitions_for_the_degree() -> None:
    deep = start(X1, assumptions.residual_stream(NET)).apply(rules.unfold, assumptions.residual_stream(NET))
    assert ov.verify(deep, seeds=1).bound == 1 / PRIME
    folded = assumptions.ov_product(NET)
    report = ov.verify(start(product(X0, W_OV), folded).apply(rules.unfold, folded), seeds=1)
    assert report.bound == 3 / PRIME


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (
            assumptions.CausalMask(S),
            assumptions.CausalMask(add(S, S)),
            "a mask holds −∞, which no residue stands for",
        ),
        (
            product(sqrt(2), X0),
            product(sqrt(2), D0),
            "sqrt(2) is not a fraction at these sizes, so it has no residue",
        ),
    ],
)
def test_exact_where_there_is_no_residue(before: Any, after: Any, reason: str) -> None:
    row = judged(Exact, Claim(Step, before, after))
    assert (row.outcome, row.reason, row.tries) == ("not applicable", reason, 0)


@pytest.mark.parametrize("route", [Exact, Numeric], ids=lambda route: route.name)
def test_tries_are_those_that_were_made(route: type) -> None:
    """The first seed shows it: the others were not tried."""
    assert judged(route, Claim(Step, X0, D0), seeds=(7, 8, 9)).tries == 1
    assert judged(route, Claim(Step, X0, add(X0)), seeds=(7, 8, 9)).tries == 3


def test_exact_names_the_seed() -> None:
    row = judged(Exact, Claim(Step, X0, D0), seeds=(7, 8))
    assert (row.outcome, row.where) == ("failed", "seed 7")
    assert row.reason == f"the two sides differ modulo {PRIME}"


def test_exact_on_functions_of_equal_and_of_different_arguments() -> None:
    assert verdicts(RowSoftmax(add(T, P)), RowSoftmax(add(P, T)))["exact"] == "passed"
    assert verdicts(RowSoftmax(T), RowSoftmax(P))["exact"] == "failed"
    assert verdicts(RowSoftmax(T), RowSoftmax(assumptions.CausalMask(T)))["exact"] == "failed"
    assert verdicts(RowSoftmax(T), transpose(RowSoftmax(transpose(T))))["exact"] == "failed"


def test_exact_bounds() -> None:
    assert judged(Exact, Claim(Bound, Rank(product(W_V, W_O)), d_h)).outcome == "passed"
    low = judged(Exact, Claim(Bound, Rank(product(W_V, W_O)), d_h - 1))
    assert low.outcome == "failed"
    assert "is more than" in low.reason
    assert judged(Exact, Claim(Bound, Rank(W_OV), d_h)).outcome == "failed"  # nothing says what W_OV is
    assert judged(Exact, Claim(Bound, Rank(W_OV), d_h), assumptions.ov_product(NET)).outcome == "passed"


# Numeric.


def test_numeric_bounds() -> None:
    assert judged(Numeric, Claim(Bound, Rank(W_OV), d_h)).outcome == "passed"
    assert judged(Numeric, Claim(Bound, Rank(W_OV), d_h - 1)).outcome == "failed"


def test_numeric_knows_no_symbols_of_the_readers_own() -> None:
    row = judged(Numeric, Claim(Step, product(T, P), product(P, T)))
    assert (row.outcome, row.reason) == ("not applicable", "nothing recorded is called T")


def test_numeric_takes_definitions_for_what_is_not_recorded() -> None:
    own = MatrixSymbol("W_own", d, d)
    table = definition("own", "", (own, product(W_Q, transpose(NET.head("W_K", 1, 0)))))
    before = product(X0, own)
    after = product(X0, W_Q, transpose(NET.head("W_K", 1, 0)))
    assert judged(Numeric, Claim(Step, before, after), table).outcome == "passed"
    assert judged(Numeric, Claim(Step, before, after)).reason == "nothing recorded is called W_own"


def test_numeric_reports_the_worst_entry() -> None:
    report = ov.verify(claimed(product(X0, W_V, W_O), product(X0, product(W_V, W_O))), seeds=20)
    row = next(row for row in report.rows if row.route == "numeric").judgement
    assert row.tries == 20
    assert row.error is not None
    assert 0 < row.error < TOLERANCE
    assert re.fullmatch(r"seed \d+, entry \[\d+, \d+\], against the step before", row.where)


def test_difference() -> None:
    expected = np.array([[1.0, 2.0], [3.0, 4.0]])
    got = np.array([[1.0, 2.5], [3.0, 4.0]])
    assert difference(expected, got, 2.0) == (0.25, "entry [0, 1]")
    assert difference(expected, expected, 0.0) == (0.0, "entry [0, 0]")
    error, where = difference(expected, got[:1], 1.0)
    assert (error, where) == (float("inf"), "shape [1, 2] for [2, 2]")
    assert difference(np.zeros((1, 1)), np.zeros((2, 2)), 1.0)[0] == float("inf")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_no_nan_and_no_infinity_is_small(bad: float) -> None:
    expected = np.ones((2, 2))
    for left, right in ((expected, np.where(np.eye(2) > 0, bad, 1.0)), (np.full((2, 2), bad), expected)):
        assert not difference(left, right, 1.0)[0] <= TOLERANCE


# Selections.

LOGITS = (product(X0, symbol("W_U")), product(A, X0, W_OV, symbol("W_U")))


def selected(**changes: Any) -> Claim:
    fields = {"before": add(*LOGITS), "after": LOGITS[1], "remainder": LOGITS[0], "name": symbol("Y", 1, 0)}
    return Claim(Selection, **(fields | changes))


def test_a_selection() -> None:
    for route in ROUTES:
        assert judged(route, selected()).outcome == "passed"


@pytest.mark.parametrize(
    "remainder",
    [LOGITS[1], add(*LOGITS), product(Integer(2), LOGITS[0]), product(X1, symbol("W_U"))],
    ids=["the kept term", "everything", "doubled", "another stream"],
)
def test_a_wrong_remainder(remainder: Any) -> None:
    for route in ROUTES:
        assert judged(route, selected(remainder=remainder)).outcome == "failed"


def test_one_of_two_equal_terms_may_be_kept() -> None:
    twice = selected(before=add(*LOGITS, LOGITS[1]), remainder=add(*LOGITS))
    assert judged(Algebra, twice).outcome == "passed"
    assert judged(Algebra, selected(remainder=add(*LOGITS))).outcome == "failed"


def test_the_wrong_term_is_seen_by_the_intervention_alone() -> None:
    swapped = selected(after=LOGITS[0], remainder=LOGITS[1])
    assert [judged(route, swapped).outcome for route in ROUTES] == ["passed", "passed", "failed"]


# Steps with a symbolic index.


def test_a_symbolic_index() -> None:
    lemma = ov.derive("residual-stream").lemma("From n to n + 1")
    report = ov.verify(lemma, seeds=6)
    assert report.passed
    assert report.count("exact")["passed"] == report.count("numeric")["passed"] == len(lemma.steps)


def test_the_theorems_hold_by_themselves() -> None:
    """Each theorem that later derivations unfold is itself checked, from its definition."""
    for theorem in (theorems.stream_sum(NET), theorems.folded_head(NET), theorems.frozen_layers(NET)):
        for equation in theorem.equations:
            behind = theorems.behind_frozen_network(NET)
            report = ov.verify(start(equation.lhs, *behind).apply(saying(equation.rhs)), seeds=1)
            assert outcomes(report) == PASSED, theorem.name


def test_bound_names_the_larger_side() -> None:
    report = ov.verify(start(Rank(T)).apply(saying(s, makes=Bound)), seeds=2)
    assert outcomes(report) == {"algebra": "not applicable", "exact": "passed", "numeric": "not applicable"}
    assert outcomes(ov.verify(start(Rank(T)).apply(saying(s - 1, makes=Bound)), seeds=2))["exact"] == "failed"
    wide = MatrixSymbol("B", d, v)
    assert outcomes(ov.verify(start(Rank(wide)).apply(saying(v, makes=Bound)), seeds=2))["exact"] == "passed"
