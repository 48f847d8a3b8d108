"""Expressions and derivations: any right form passes, and nothing that a worker claims is believed."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import ImmutableMatrix, MatAdd, MatMul, MatrixSymbol, sqrt

import ovlearn as ov
from ovlearn.exercises.deriving import derived, equate
from ovlearn.exercises.outcomes import Wrong
from ovlearn.exercises.values import Unknown, decode, encode
from ovlearn.symbolic import Network, add, d, d_h, definition, product, rule, rules, s, transpose

NET = Network(layers=2)
A, W_V, W_O, W_OV = (NET.head(base, 1, 0) for base in ("A", "W_V", "W_O", "W_OV"))
X, DELTA = NET.stream(1), NET.layer("Delta", 1)
START = product(product(A, product(X, W_V)), W_O)
GIVEN = (definition("W_OV", "one matrix", (W_OV, product(W_V, W_O))),)
END = product(A, X, W_OV)


def mistake(got: Any) -> str:
    with pytest.raises(Wrong) as caught:
        derived(decode(encode(got)), start=START, end=END, assumptions=GIVEN)
    return caught.value.mistake


def chain(given: Any = GIVEN) -> ov.Derivation:
    return ov.Derivation.start(START, given).apply(rules.ungroup)


@pytest.mark.parametrize("slug", ov.derivations())
def test_every_derivation_of_the_course_crosses(slug: str) -> None:
    d = ov.derive(slug, layers=2)
    for whole in (d, *d.lemmas):
        steps = decode(encode(whole)).replayed().steps
        assert [(one.rule, one.after) for one in steps] == [(one.rule, one.after) for one in whole.steps]
        assert encode(decode(encode(whole.initial))) == encode(whole.initial)
        assert decode(encode(whole.assumptions)) == whole.assumptions


def test_a_right_derivation_passes() -> None:
    right = chain().apply(rules.group, W_V, W_O).apply(rules.fold, GIVEN[0])
    derived(decode(encode(right)), start=START, end=END, assumptions=GIVEN)


def test_another_start_is_seen() -> None:
    assert mistake(ov.Derivation.start(END).apply(rules.group, X, W_OV)) == "other start"


def test_an_assumption_of_ones_own_is_seen() -> None:
    easy = definition("easy", "what is to be shown", (A, product(A, A)))
    assert mistake(chain((*GIVEN, easy))) == "assumes more"
    same_name = definition("W_OV", "one matrix", (W_OV, product(W_V, product(W_O, W_OV))))
    assert mistake(chain((same_name,))) == "assumes more"


def test_a_rule_of_ones_own_is_seen() -> None:
    @rule("ungroup", "anything is anything")
    def anything(expr: Any) -> Any:
        return END

    assert mistake(ov.Derivation.start(START, GIVEN).apply(anything)) == "own rule"


def test_steps_that_do_not_hold_are_seen() -> None:
    data = encode(chain())
    data[3] = [["fold", [encode(GIVEN[0])]]]
    with pytest.raises(Wrong, match="does not hold"):
        derived(decode(data), start=START, end=END, assumptions=GIVEN)


def test_no_steps_and_too_few_are_told_apart() -> None:
    assert mistake(ov.Derivation.start(START, GIVEN)) == "no steps"
    assert mistake(chain()) == "not there yet"
    assert mistake(Unknown("str")) == "type"


def test_equal_expressions_pass_in_any_form() -> None:
    want = product(A, add(X, DELTA))
    equate(add(product(A, DELTA), product(A, X)), want)
    equate(transpose(product(transpose(add(X, DELTA)), transpose(A))), want)
    equate(W_OV, product(W_V, W_O), using=GIVEN)
    equate(ov.Relation(X, want).rhs, want)


@pytest.mark.parametrize(
    ("got", "name"),
    [
        pytest.param(product(A, X), "values", id="a term is missing"),
        pytest.param(A, "shape", id="another shape"),
        pytest.param(3, "type", id="a number"),
        pytest.param(MatMul(X, X, evaluate=False), "shapes do not fit", id="shapes that do not fit"),
    ],
)
def test_other_expressions_are_named(got: Any, name: str) -> None:
    with pytest.raises(Wrong) as caught:
        equate(got, product(A, add(X, DELTA)))
    assert caught.value.mistake == name


def test_what_would_grow_without_end_is_refused() -> None:
    pair = MatAdd(MatrixSymbol("P", s, s), MatrixSymbol("Q", s, s))
    with pytest.raises(Wrong, match="terms"):
        equate(MatMul(*[pair] * 40, evaluate=False), A)
    power = ["node", "MatPow", [encode(A), ["rational", hex(10**9), hex(1)]]]
    with pytest.raises(ValueError, match="encoded value"):
        decode(power)


def test_a_counterexample_is_no_equality() -> None:
    """It would end anywhere: Y is not in general whatever is claimed."""
    one, zero = ImmutableMatrix([[1]]), ImmutableMatrix([[0]])
    witness = (*((symbol, one) for symbol in (A, X, W_V, W_O)), (W_OV, zero))
    claimed = ov.Derivation.start(START, GIVEN).apply(rules.counterexample, END, witness)
    assert mistake(claimed) == "no equality"


def test_what_is_kept_has_the_name_that_was_asked_for() -> None:
    start, name = add(END, product(A, DELTA)), MatrixSymbol("Y", s, d)

    def found(kept: Any, asked: Any) -> str:
        chain = ov.Derivation.start(start).apply(rules.select, END, kept)
        try:
            derived(decode(encode(chain)), start=start, end=END, assumptions=(), name=asked)
        except Wrong as wrong:
            return wrong.mistake
        return ""

    assert found(name, name) == ""
    assert found(MatrixSymbol("Z", s, d), name) == "other name"
    assert found(name, None) == "no equality"


def test_a_root_may_be_written_as_a_power() -> None:
    S = product(1 / sqrt(d_h), A)
    for scale in (d_h**-0.5, (1 / d_h) ** 0.5, 1 / d_h**0.5):
        equate(decode(encode(product(scale, A))), S)
