"""`verify`: what it takes, what it refuses, and that it looks at every part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from sympy import MatrixSymbol

import ovlearn as ov
from ovlearn.symbolic import Assumption, Network, Relation, add, definition, product, rules, s, symbol, v
from ovlearn.symbolic.course import COURSE

from .cases import NET, SLUGS, T, assert_raises, claimed, outcomes, quick, start

FOLD = ov.derive("ov-fold")


@pytest.mark.parametrize(
    ("seeds", "count"),
    [(3, 3), (range(2), 2), ([5], 1), ((1, 7, 30), 3), ({2, 4}, 2), (iter([1, 2]), 2), (np.arange(3), 3)],
    ids=["a number", "a range", "a list", "a tuple", "a set", "an iterator", "an array"],
)
def test_seeds(seeds: Any, count: int) -> None:
    report = ov.verify(FOLD, seeds)
    assert report.seeds == count
    assert report.passed
    assert {
        row.judgement.tries for row in report.rows if row.route == "exact" and row.outcome == "passed"
    } == {count}


def test_seeds_by_default() -> None:
    assert ov.verify(FOLD).seeds == 10


@pytest.mark.parametrize(
    ("seeds", "kind"),
    [
        (True, TypeError), (0, ValueError), (-3, ValueError), ([], ValueError), (range(0), ValueError),
        ([-1], ValueError), ([0, True], TypeError), ([1.5], TypeError), (2.5, TypeError), (None, TypeError),
        ("12", TypeError), ([None], TypeError),
    ],
)  # fmt: skip
def test_seeds_that_are_none(seeds: Any, kind: type[Exception]) -> None:
    assert_raises(kind, "seeds: expected", ov.verify, FOLD, seeds)


def test_a_seed_that_is_given_twice_counts_once() -> None:
    assert ov.verify(FOLD, [3, 3, 3]).seeds == 1


@pytest.mark.parametrize("wrong", ["ov-fold", None, 3, FOLD.steps, FOLD.steps[0]])
def test_what_is_no_derivation(wrong: Any) -> None:
    assert_raises(TypeError, "derivation: expected a Derivation, got ", ov.verify, wrong)


def test_a_report_is_the_same_twice() -> None:
    assert ov.verify(FOLD, 3, faults=True) == ov.verify(FOLD, 3, faults=True)


def test_no_faults_unless_asked_for() -> None:
    assert ov.verify(FOLD, 1).faults == ()
    assert ov.verify(FOLD, 1, faults=True).faults


def test_lemmas_count() -> None:
    wrong = replace(claimed(T, add(T, T)), title="a false lemma")
    report = ov.verify(FOLD.with_lemmas(wrong), 1)
    assert not report.passed
    assert {row.part for row in report.failures} == {"a false lemma"}
    nested = ov.verify(FOLD.with_lemmas(replace(FOLD, slug="", title="inner").with_lemmas(wrong)), 1)
    assert "a false lemma" in {row.part for row in nested.failures}


def test_a_lemma_without_a_network_is_judged_in_that_of_its_chain() -> None:
    """Y is the logits of the whole network: the lemma must be given the chain's, of one layer."""
    net = Network(1, 1)
    unembedding = Assumption("u", "u", (Relation(symbol("Y"), product(net.stream(1), symbol("W_U"))),))
    lemma = ov.Derivation.start(symbol("Y"), [unembedding], title="lemma").apply(rules.unfold, unembedding)
    assert ov.verify(ov.derive("ov-fold", layers=1).with_lemmas(lemma), 2).passed
    assert not ov.verify(ov.derive("ov-fold", layers=2).with_lemmas(lemma), 2).passed


def test_a_network_of_another_size_is_another_network() -> None:
    derivation = ov.derive("frozen-network", layers=2)
    assert ov.verify(derivation, 2).passed
    assert not ov.verify(replace(derivation, network=Network(3, 1)), 2).passed


def test_symbols_span_the_network_where_none_is_named() -> None:
    stream, head = symbol("X", 4), symbol("W_V", 4, 2)
    chain = ov.Derivation.start(product(add(stream, symbol("X_A")), head)).apply(rules.distribute)
    report = ov.verify(chain, 2)
    assert set(outcomes(report).values()) == {"passed"}


# Bindings of the reader's own.

LOGITS = MatrixSymbol("G", s, v)
HALVED = definition("G", "half the logits", (symbol("Y"), add(LOGITS, LOGITS)))


def test_a_binding_lets_the_numeric_route_judge() -> None:
    chain = start(symbol("Y"), HALVED).apply(rules.unfold, HALVED)
    assert outcomes(ov.verify(chain, 2))["numeric"] == "not applicable"
    right = ov.verify(chain, 2, bindings={"G": lambda run: run.logits / 2})
    assert outcomes(right)["numeric"] == "passed"
    wrong = ov.verify(chain, 2, bindings={"G": lambda run: run.logits / 3})
    assert outcomes(wrong)["numeric"] == "failed"
    assert not wrong.passed


def test_a_binding_is_asked_for_each_run() -> None:
    runs: list[Any] = []

    def bound(run: Any) -> Any:
        runs.append(run)
        return run.logits / 2

    ov.verify(start(symbol("Y"), HALVED).apply(rules.unfold, HALVED), [3, 5], bindings={"G": bound})
    assert len({id(run) for run in runs}) == 2


def test_a_binding_comes_before_a_definition() -> None:
    named = definition("G", "a name", (LOGITS, product(symbol("X", 3), symbol("W_U"))))
    chain = start(LOGITS, named).apply(rules.unfold, named)
    assert ov.verify(chain, 2, bindings={"G": lambda run: run.logits}).passed
    assert not ov.verify(chain, 2, bindings={"G": lambda run: run.logits + 1}).passed


def test_bindings_reach_the_lemmas() -> None:
    lemma = replace(start(symbol("Y"), HALVED).apply(rules.unfold, HALVED), title="halves")
    report = ov.verify(FOLD.with_lemmas(lemma), 1, bindings={"G": lambda run: run.logits / 3})
    assert {row.part for row in report.failures} == {"halves"}


# Everything, for networks of any size.

LIGHT = [slug for slug in SLUGS if slug not in ("nonlinearity", "conventions")]


@st.composite
def derivations(draw: st.DrawFn) -> ov.Derivation:
    slug = draw(st.sampled_from(LIGHT))
    least = COURSE[slug].LEAST_LAYERS
    layers, heads = draw(st.integers(least, 4)), draw(st.integers(1, 4))
    while (1 + heads) ** layers > (30 if slug == "qk-circuit" else 130):
        layers, heads = max(layers - 1, least), max(heads - 1, 1)
    layer = draw(st.integers(0, max(layers, 1) - 1))
    return ov.derive(slug, layers=layers, heads=heads, layer=layer, head=draw(st.integers(0, heads - 1)))


@quick
@drawn(derivations(), st.integers(0, 10**6))
def test_everything_holds(derivation: ov.Derivation, seed: int) -> None:
    report = ov.verify(derivation, [seed])
    assert report.passed, str(report)


@pytest.mark.parametrize("slug", ["nonlinearity", "conventions"])
@pytest.mark.parametrize(("layers", "heads", "layer", "head"), [(1, 1, 0, 0), (3, 3, 2, 1)])
def test_the_others_hold(slug: str, layers: int, heads: int, layer: int, head: int) -> None:
    assert ov.verify(ov.derive(slug, layers=layers, heads=heads, layer=layer, head=head), 2).passed


@pytest.mark.parametrize("slug", SLUGS)
def test_what_is_not_applicable_is_said_why(slug: str) -> None:
    known = (
        "a counterexample is not an equality of forms",
        "a bound is not an equality of forms",
        "the forms differ, but they hold functions whose laws they do not know",
        "random matrices",
    )
    for row in ov.verify(ov.derive(slug), 1).rows:
        assert row.outcome in ("passed", "not applicable")
        assert bool(row.judgement.reason) == (row.outcome == "not applicable")
        assert row.outcome == "passed" or row.judgement.reason.startswith(known)


def test_sources_outside_the_derivation_are_refused() -> None:
    assert ov.verify(FOLD, 1).passed
    with pytest.raises(ValueError, match="declared assumptions"):
        replace(FOLD, assumptions=())
    assert NET.layers == 3
