"""The article map: complete, in order, and every hand-typed target is what the named steps yield."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sympy import Integer, MatMul

from ovlearn.symbolic import Relation, derivations, terms
from ovlearn.symbolic.article import ARTICLE, Displayed, Target, same
from ovlearn.symbolic.errata import ERRATA

TARGETS = [(entry.number, target) for entry in ARTICLE for target in entry.targets]

# What each displayed equation of the article is about, read off the article by hand, in its order.
OUTLINE = [
    ("Motivation", ["X_(n+1)", "layer_1(X_1)"]),
    ("Motivation", ["X_3", "X_(n+1)"]),
    ("Motivation", ["layer_1(X_A + X_B)"]),
    ("Motivation", ["layer_1(X_0 + Delta_0)"]),
    ("Motivation", ["Q_1_0", "K_1_0", "V_1_0"]),
    ("Motivation", ["A_1_0", "S_1_0"]),
    ("Motivation", ["e_i Q_1_0 K_1_0ᵀ e_jᵀ"]),
    ("Motivation", ["e_i Z_1_0"]),
    ("Motivation", ["H_1_0"]),
    ("Motivation", ["V_1_0", "Z_1_0", "H_1_0"]),
    ("Motivation", ["H_1_0", "H_1_0"]),
    ("Motivation", ["A_1_0 X_1 W_V_1_0 W_O_1_0"]),
    ("The Circuit", ["X_0", "Y"]),
    ("The Circuit", ["Y", "Delta_2"]),
    ("The Circuit", ["Y", "Delta_2"]),
    ("The Circuit", ["Y_1_0", "Delta_1_0"]),
    ("The Circuit", ["Y_1_0"]),
]


def test_every_displayed_equation_is_there_in_order() -> None:
    found = [
        (entry.section, [str(target.relation).split(" = ")[0].split(" ≠ ")[0] for target in entry.targets])
        for entry in ARTICLE
    ]
    assert found == OUTLINE
    assert [entry.number for entry in ARTICLE] == list(range(1, len(OUTLINE) + 1))


@pytest.mark.parametrize(("number", "target"), TARGETS)
def test_the_steps_yield_the_target(number: int, target: Target) -> None:
    assert target.slug in derivations()
    assert list(target.yielded()), f"equation {number} has no step"
    assert target.holds()


@pytest.mark.parametrize(("number", "target"), TARGETS)
def test_a_wrong_target_is_seen(number: int, target: Target) -> None:
    relation = target.relation
    doubled = MatMul(Integer(2), relation.rhs, evaluate=False)
    turned = {"=": "≠", "≠": "="}[relation.sign]
    spoiled = [
        replace(relation, rhs=doubled),
        replace(relation, lhs=MatMul(Integer(2), relation.lhs, evaluate=False)),
        replace(relation, sign=turned),
        *(replace(relation, rhs=term) for term in terms(relation.rhs) if len(terms(relation.rhs)) > 1),
    ]
    assert not any(replace(target, relation=wrong).holds() for wrong in spoiled)


@pytest.mark.parametrize(("number", "target"), TARGETS)
def test_a_target_without_its_step_is_seen(number: int, target: Target) -> None:
    count = len(target.derivation().steps)
    steps = [(first, last) for first in range(1, count + 1) for last in range(first, count + 1)]
    if target.given:
        assert not replace(target, given="no such assumption").holds()
    else:
        assert any(not replace(target, first=first, last=last).holds() for first, last in steps) or count == 1


def test_an_inner_sum_has_terms_to_be_mistaken() -> None:
    """Δ_i with its sum over the layers below: for i = 1 that sum would be Δ_0 alone."""
    for number, parts in ((14, 2), (15, 3)):
        relation = ARTICLE[number - 1].targets[1].relation
        below = {name for name in map(str, relation.rhs.free_symbols) if name.startswith("Delta")}
        assert below == {"Delta_0", "Delta_1"}
        assert len(terms(relation.rhs)) == (parts if number == 15 else 1)


def test_errata_are_numbered_and_shown_by_a_derivation() -> None:
    assert list(ERRATA) == list(range(1, 12))
    assert all(erratum.number == number for number, erratum in ERRATA.items())
    assert {erratum.shown_in for erratum in ERRATA.values()} <= set(derivations())


def test_every_erratum_of_an_equation_is_in_the_map() -> None:
    named = {number for entry in ARTICLE for number in entry.errata}
    assert named == set(ERRATA)


def test_relations_are_compared_side_by_side() -> None:
    entry: Displayed = ARTICLE[8]
    relation = entry.targets[0].relation
    swapped = Relation(relation.rhs, relation.lhs)
    assert same(relation, relation)
    assert not same(relation, swapped)
