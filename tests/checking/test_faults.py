"""The fault table: every kind of fault, every rule and every route is exercised; nothing slips through."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from sympy import Integer, MatAdd, MatMul, MatrixSymbol, OneMatrix, Transpose, ZeroMatrix, sqrt

import ovlearn as ov
from ovlearn.checking import KINDS, ROUTES, FaultRow, Judgement, planted
from ovlearn.checking.algebra import Algebra
from ovlearn.checking.claims import Claim, Context, context
from ovlearn.checking.exact import Exact
from ovlearn.checking.numeric import Numeric
from ovlearn.symbolic import (
    CausalMask,
    Network,
    OneHot,
    Rank,
    Rotation,
    RowSoftmax,
    Selection,
    Step,
    add,
    d,
    d_h,
    product,
    rules,
    s,
    subtract,
    symbol,
    terms,
    transpose,
    v,
)
from ovlearn.symbolic.course import assumptions
from ovlearn.symbolic.notation import parse

from .cases import NET, SLUGS, claimed, start

COURSE = [(slug, heads) for slug in SLUGS for heads in (1, 2)]


@cache
def chain(slug: str, heads: int) -> ov.Derivation:
    return ov.derive(slug, layers=2, heads=heads)


@cache
def report(slug: str, heads: int) -> ov.Report:
    return ov.verify(chain(slug, heads), seeds=1, faults=True)


def contexts(derivation: ov.Derivation) -> Iterator[Context]:
    yield context(derivation, {})
    for lemma in derivation.lemmas:
        yield context(lemma, {}, derivation.network)


def faults_of(derivation: ov.Derivation) -> Iterator[tuple[Context, Claim, Any]]:
    for here in contexts(derivation):
        for claim in map(here.spelled, here.claims):
            for fault in planted(claim, here.network):
                yield here, claim, fault


@pytest.mark.parametrize(("slug", "heads"), COURSE)
def test_every_fault_of_the_course_is_rejected(slug: str, heads: int) -> None:
    found = report(slug, heads)
    assert found.passed, str(found)
    assert found.faults
    for fault in found.faults:
        assert fault.rejected
        assert not fault.missed_by
        assert set(fault.rejected_by) <= {"shapes", "rule", *ROUTES}
        if fault.fault == "a false assumption":
            assert fault.rejected_by in (("numeric",), ("algebra",))  # on runs; a theorem by what it names
        elif "shapes" not in fault.rejected_by and not fault.true_by_value:
            assert "rule" in fault.rejected_by
            assert set(fault.rejected_by) & set(ROUTES) or "rank" in fault.part


@pytest.mark.parametrize(("slug", "heads"), COURSE)
def test_every_step_has_faults(slug: str, heads: int) -> None:
    found = report(slug, heads)
    assert {(fault.part, fault.step) for fault in found.faults} == {
        (row.part, row.step) for row in found.rows
    }


def test_every_kind_of_fault_occurs() -> None:
    planted_kinds = {fault.fault for case in COURSE for fault in report(*case).faults}
    plain = {kind.removesuffix(" in the remainder") for kind in planted_kinds}
    assert plain == set(KINDS)
    assert len(set(KINDS)) == len(KINDS)


def test_every_kind_is_rejected_by_a_route() -> None:
    for kind in KINDS:
        rows = [fault for case in COURSE for fault in report(*case).faults if fault.fault == kind]
        assert any(set(fault.rejected_by) & set(ROUTES) for fault in rows), kind


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_rejects_faults(route: str) -> None:
    """Algebra decides polynomials; what is inside a softmax or a one-hot row it leaves to the others."""
    without = [slug for slug in SLUGS if report(slug, 2).rejections()[route] == 0]
    assert len(without) <= len(SLUGS) // 5, f"{route} rejects no fault in {', '.join(without)}"


def test_every_rule_is_exercised() -> None:
    used = {step.rule for case in COURSE for here in contexts(chain(*case)) for step in here.derivation.steps}
    idle = sorted({getattr(rules, name).name for name in rules.__all__} - {rule.name for rule in used})
    assert idle == [], f"no derivation of the course uses: {', '.join(idle)}"


# Faults that are true: only where the claim is about a constant.


class ByHand:
    """Evaluates an expression in floats, sharing no code with the checker: patterns are causal and random."""

    SIZES = {s: 4, d: 5, d_h: 3, v: 6}  # noqa: RUF012
    PLACES = {"i": 3, "j": 1}  # noqa: RUF012

    def __init__(self, seed: int, table: dict[Any, Any]) -> None:
        self.seed, self.table = seed, table
        self.known: dict[Any, Any] = {}

    def value(self, expr: Any) -> Any:
        if expr not in self.known:
            self.known[expr] = self.computed(expr)
        return self.known[expr]

    def computed(self, expr: Any) -> Any:
        if isinstance(expr, Rank):
            return np.linalg.matrix_rank(self.value(expr.args[0]))
        shape = tuple(self.SIZES[size] if size in self.SIZES else int(size) for size in expr.shape)
        if expr in self.table:
            return self.value(self.table[expr])
        if isinstance(expr, MatrixSymbol):
            return self.drawn(expr.name, shape)
        if isinstance(expr, MatAdd):
            return np.sum([self.value(term) for term in expr.args], axis=0)
        if isinstance(expr, MatMul):
            total = 1.0
            for factor in expr.args:
                matrix = hasattr(factor, "shape")
                total = np.dot(total, self.value(factor) if matrix else float(factor.subs(self.SIZES)))
            return total
        if isinstance(expr, Transpose):
            return self.value(expr.arg).T
        if isinstance(expr, CausalMask):
            return np.where(np.tri(shape[0]) > 0, self.value(expr.args[0]), -np.inf)
        if isinstance(expr, RowSoftmax):
            weights = np.exp(self.value(expr.args[0]))
            return weights / weights.sum(axis=1, keepdims=True)
        if isinstance(expr, OneHot):
            return np.eye(shape[1])[[self.PLACES[str(expr.args[0])]]]
        if isinstance(expr, Rotation):
            places = {index: self.PLACES[str(index)] for index in expr.free_symbols}
            return self.rotated(int(expr.args[0].subs(places)), shape[0])
        constant = {ZeroMatrix: np.zeros, OneMatrix: np.ones}
        return constant[type(expr)](shape)

    def rotated(self, position: int, size: int) -> Any:
        """A random rotation about an axis, turned on so many times."""
        basis = np.linalg.qr(np.random.default_rng(self.seed).normal(size=(size, size)))[0]
        turn = np.exp(1j * position)
        return basis @ np.array([[turn.real, turn.imag, 0], [-turn.imag, turn.real, 0], [0, 0, 1]]) @ basis.T

    def drawn(self, name: str, shape: tuple[int, ...]) -> Any:
        random = np.random.default_rng([self.seed, *name.encode()])
        if parse(name)[0] != "A":
            return random.normal(size=shape) * random.integers(0, 2)  # now and then zero, of rank 0
        weights = np.tril(random.random(shape))
        return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("slug", "heads"), COURSE)
def test_what_is_true_by_value_has_the_value(slug: str, heads: int) -> None:
    hands: dict[int, list[ByHand]] = {}
    rows = [row for row in report(slug, heads).faults if row.fault != "a false assumption"]
    for row, (here, claim, fault) in zip(rows, faults_of(chain(slug, heads)), strict=True):
        assert row.fault == fault.name
        if not row.true_by_value:
            continue
        assert row.rejected_by == ("rule",)
        draws = hands.setdefault(id(here), [ByHand(seed, here.definitions) for seed in range(3)])
        constant = draws[0].value(claim.before)
        for hand in draws:
            value = hand.value(claim.before)
            np.testing.assert_allclose(hand.value(fault.claim.after), value, atol=1e-12)
            if slug not in ALIKE:
                np.testing.assert_allclose(value, constant, atol=1e-12)


# Where a fault leaves the value as it is though that is no constant: what it says is true.
ALIKE = {
    "shared-keys-and-values": {"an index off by one"},  # of W_K or W_V, to another head of the group
    "rotary": {"two swapped factors"},  # R_i R_jᵀ and R_jᵀ R_i
}


def test_where_faults_are_true_by_value() -> None:
    rows = {slug: [row for heads in (1, 2) for row in report(slug, heads).faults] for slug in SLUGS}
    true = {slug: [row for row in rows[slug] if row.true_by_value] for slug in SLUGS}
    assert {slug: {row.fault for row in true[slug]} for slug in ALIKE} == ALIKE
    ones = {"Rows of A sum to 1", "Its pattern's rows sum to 1"}
    zeros = {"A case of equality", "With the pattern frozen"}
    assert {row.part for slug in SLUGS for row in true[slug] if slug not in ALIKE} == ones | zeros


def test_what_is_said_to_be_alike_is_few() -> None:
    """Those that move W_K or W_V to another head of the group; and one in each chain of rotations."""
    for slug in ALIKE:
        found = report(slug, 1)
        true = sum(row.true_by_value for row in found.faults)
        assert true <= len(found.faults) / 15


# What the planter plants, on claims small enough to list by hand.


def names(claim: Claim) -> dict[str, int]:
    counted: dict[str, int] = {}
    for fault in planted(claim, NET):
        counted[fault.name] = counted.get(fault.name, 0) + 1
    return counted


A, X, W_OV = NET.head("A", 1, 0), NET.stream(1), NET.head("W_OV", 1, 0)
Q, K = NET.head("Q", 1, 0), NET.head("K", 1, 0)


def test_what_is_planted_in_a_product() -> None:
    assert names(Claim(Step, X, product(A, X, W_OV))) == {
        "a factor of 2 too many": 1,
        "a dropped factor": 3,
        "two swapped factors": 2,
        "an index off by one": 5,  # layer and head of A and W_OV, layer of X
        "a transpose": 3,
        "≠ for =": 1,
    }


def test_what_is_planted_in_scores_and_in_a_softmax() -> None:
    scores = product(1 / sqrt(d_h), Q, transpose(K))
    found = names(Claim(Step, scores, RowSoftmax(CausalMask(scores))))
    assert found["a lost 1/√d_h"] == found["softmax over columns"] == found["a lost mask"] == 1
    assert found["a transpose"] == 3  # Q gains one, Kᵀ loses it, K inside Kᵀ gains another
    assert "a dropped term" not in found


def test_what_is_planted_in_a_difference_and_in_zero() -> None:
    found = names(Claim(Step, X, subtract(X, symbol("Delta", 1))))
    assert (found["a lost minus"], found["a dropped term"]) == (1, 2)
    assert names(Claim(Step, add(X, X), ZeroMatrix(s, d))) == {
        "a term that should have cancelled": 1,
        "≠ for =": 1,
    }


def test_an_index_stays_within_the_network() -> None:
    for fault in planted(Claim(Step, X, add(product(A, X, W_OV), NET.head("H", 2, 1), NET.stream(3))), NET):
        for part in fault.claim.expressions():
            for each in part.atoms(MatrixSymbol):
                base, indices = parse(each.name)
                assert indices[0] < 3 + (base == "X")
                assert all(head < 2 for head in indices[1:])


def test_no_other_index_where_there_is_none() -> None:
    """One layer of one head: X_0 may be taken for X_1, and nothing else for its neighbour."""
    claim = Claim(Step, symbol("X", 0), add(symbol("X", 0), symbol("H", 0, 0), symbol("Delta", 0)))
    moved = [fault for fault in planted(claim, Network(1, 1)) if fault.name == "an index off by one"]
    assert [str(fault.claim.after.args[0]) for fault in moved] == ["X_1"]


def test_what_is_planted_in_a_selection() -> None:
    claim = Claim(Selection, add(X, X, X), X, add(symbol("X", 0), symbol("X", 2)), name=symbol("X", 1))
    swapped = [fault for fault in planted(claim, NET) if fault.keeps_the_sum]
    assert [(fault.claim.after, terms(fault.claim.remainder)) for fault in swapped] == [
        (symbol("X", 0), (X, symbol("X", 2))),
        (symbol("X", 2), (symbol("X", 0), X)),
    ]
    assert any(fault.name == "a dropped term in the remainder" for fault in planted(claim, NET))


@pytest.mark.parametrize(("slug", "heads"), COURSE)
def test_a_fault_differs_from_what_it_was_planted_in(slug: str, heads: int) -> None:
    for _, claim, fault in faults_of(chain(slug, heads)):
        assert fault.claim != claim
        assert fault.claim.name == claim.name
        if fault.name not in ("≠ for =", "= for ≠", "a bound turned round"):
            assert (fault.claim.kind, fault.claim.before) == (claim.kind, claim.before)


# Faults that the planter does not know.


def corrupted(claim: Claim) -> Iterator[Claim]:
    """Mistakes of other kinds, at the end of a claim about the OV contribution."""
    e, w_e, w_u, a_0 = symbol("E"), symbol("W_E"), symbol("W_U"), symbol("A", 0, 0)
    w_v, w_o, w_ov = (NET.head(base, 1, 0) for base in ("W_V", "W_O", "W_OV"))
    for after in (
        product(A, A, e, w_e, w_ov, w_u),
        product(A, e, w_e, w_ov, w_ov, w_u),
        product(1 / sqrt(d_h), A, e, w_e, w_ov, w_u),
        product(A, e, w_e, transpose(product(w_v, w_o)), w_u),
        product(a_0, e, w_e, symbol("W_OV", 0, 0), w_u),
        product(transpose(A), e, w_e, w_ov, w_u),
        product(A, e, transpose(w_u), w_ov, transpose(w_e)),
        product(A, e, w_e, w_v, transpose(w_v), w_u),
        subtract(product(A, e, w_e, w_ov, w_u), product(e, w_e, w_u)),
        product(e, w_e, w_ov, w_u),
        product(Integer(-1), A, e, w_e, w_ov, w_u),
    ):
        yield dataclasses.replace(claim, after=after)


def test_faults_of_our_own_are_rejected_by_every_route() -> None:
    derivation = ov.derive("ov-circuit", layers=2, heads=2, layer=1, head=0)
    here = context(derivation, {})
    claim = here.claims[-1]
    for spoiled in corrupted(claim):
        assert Algebra(here).judge(spoiled).outcome == "failed", spoiled.after
        assert Exact(here).judge(spoiled, (0,)).outcome == "failed", spoiled.after
        assert Numeric(here).judge(spoiled, (0,)).outcome == "failed", spoiled.after


# A route that cannot fail is found out.


@pytest.mark.parametrize("route", [Algebra, Exact, Numeric], ids=lambda route: route.name)
def test_a_route_that_always_passes_is_found_out(route: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "judge", lambda *_: Judgement("passed"))
    found = ov.verify(chain("ov-fold", 1), seeds=1, faults=True)
    assert not found.passed
    assert not found.failures
    missed = [fault for fault in found.faults if not fault.rejected]
    assert missed
    assert all(fault.missed_by == (route.name,) for fault in missed)
    assert "was not seen by " + route.name in str(found)


def test_a_route_that_never_applies_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for route in (Algebra, Exact, Numeric):
        monkeypatch.setattr(route, "judge", lambda *_: Judgement("not applicable", "tired"))
    found = ov.verify(chain("ov-fold", 1), seeds=1)
    assert not found.passed
    assert len(found.unjudged) == found.steps


def test_rejected() -> None:
    row = FaultRow("part", 1, "fault")
    assert not row.rejected
    assert dataclasses.replace(row, rejected_by=("shapes",)).rejected
    assert dataclasses.replace(row, rejected_by=("rule",)).rejected
    assert not dataclasses.replace(row, rejected_by=("rule", "exact"), missed_by=("numeric",)).rejected


def test_faults_of_a_chain_of_the_readers_own() -> None:
    found = ov.verify(claimed(product(X, W_OV, W_OV), product(X, product(W_OV, W_OV))), seeds=1, faults=True)
    assert found.passed, str(found)
    folded = assumptions.ov_product(NET)
    found = ov.verify(start(W_OV, folded).apply(rules.unfold, folded), seeds=1, faults=True)
    assert found.passed, str(found)
