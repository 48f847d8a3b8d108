"""Steps are data that cannot be falsified: whatever is replaced must still be what the rule makes."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from sympy import ImmutableMatrix, MatrixSymbol

from ovlearn.symbolic import (
    Assumption,
    Bound,
    Counterexample,
    Derivation,
    DerivationError,
    Rank,
    Rule,
    RuleError,
    Selection,
    Step,
    d,
    d_h,
    definition,
    rule,
    rules,
    s,
)
from ovlearn.symbolic.steps import reason, shortened, take

from .oracle import mul, plus

A, B = MatrixSymbol("A_0_0", s, s), MatrixSymbol("A_1_0", s, s)
X, Y, Z = (MatrixSymbol(name, s, d) for name in ("X_0", "Delta_0", "Delta_1"))
NAME = MatrixSymbol("Delta_0_0", s, d)
W_V, W_O = MatrixSymbol("W_V_0_0", d, d_h), MatrixSymbol("W_O_0_0", d_h, d)
STREAM = definition("stream", "X is a sum", (X, plus(Y, Z)))
OTHER = definition("other", "X is something else", (X, plus(Z, Y)))
ONE, TWO = ImmutableMatrix([[1]]), ImmutableMatrix([[2]])

DISTRIBUTED = take(rules.distribute, mul(A, plus(X, Y)), ())
UNFOLDED = take(rules.unfold, mul(A, X), (STREAM,))
SELECTED = take(rules.select, plus(X, Y, Z), (Y, NAME))
BOUND = take(rules.inner_size, Rank(mul(W_V, W_O)), ())
REFUTED = take(rules.counterexample, mul(A, X), (X, ((A, TWO), (X, ONE))))
STEPS = [DISTRIBUTED, UNFOLDED, SELECTED, BOUND, REFUTED]


def test_a_step_says_what_its_rule_makes() -> None:
    assert type(DISTRIBUTED) is Step
    assert DISTRIBUTED.after == plus(mul(A, X), mul(A, Y))
    assert (DISTRIBUTED.rule, DISTRIBUTED.arguments, DISTRIBUTED.sign) == (rules.distribute, (), "=")
    assert (UNFOLDED.after, UNFOLDED.sign) == (mul(A, plus(Y, Z)), "=")
    assert isinstance(SELECTED, Selection)
    assert (SELECTED.after, SELECTED.remainder, SELECTED.name, SELECTED.sign) == (Y, plus(X, Z), NAME, "=")
    assert isinstance(BOUND, Bound)
    assert (BOUND.after, BOUND.sign) == (d_h, "≤")
    assert isinstance(REFUTED, Counterexample)
    assert (REFUTED.after, REFUTED.witness, REFUTED.sign) == (X, ((A, TWO), (X, ONE)), "≠")


def test_why() -> None:
    assert DISTRIBUTED.why == rules.distribute.law
    assert UNFOLDED.why == "X is a sum"
    assert take(rules.unfold, X, (STREAM,), "because").why == "because"
    assert reason(rules.group, (A, X)) == rules.group.law
    assert reason(rules.unfold, (A, STREAM, OTHER)) == "X is a sum"
    assert Step(before=X, after=plus(Y, Z), rule=rules.unfold, arguments=(STREAM,)).why == ""


def test_sources() -> None:
    assert UNFOLDED.sources == (STREAM,)
    assert DISTRIBUTED.sources == SELECTED.sources == ()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.rule.name)
def test_steps_are_frozen_and_comparable(step: Step) -> None:
    for name in ("before", "after", "rule", "arguments", "why"):
        with pytest.raises(FrozenInstanceError):
            setattr(step, name, None)
    assert replace(step) == step
    assert hash(replace(step)) == hash(step)
    assert replace(step, why="other words") != step
    assert take(step.rule, step.before, step.arguments) == step


CHANGES: list[tuple[Step, dict[str, Any]]] = [
    (DISTRIBUTED, {"before": mul(B, plus(X, Y))}),
    (DISTRIBUTED, {"before": mul(A, plus(Y, X))}),
    (DISTRIBUTED, {"after": plus(mul(A, X), mul(B, Y))}),
    (DISTRIBUTED, {"after": plus(mul(A, Y), mul(A, X))}),  # equal in value, but not what the rule makes
    (DISTRIBUTED, {"after": DISTRIBUTED.before}),
    (DISTRIBUTED, {"rule": rules.reorder}),
    (DISTRIBUTED, {"rule": rules.inner_size}),
    (DISTRIBUTED, {"rule": None}),
    (DISTRIBUTED, {"rule": "distribute"}),
    (UNFOLDED, {"arguments": (OTHER,)}),
    (UNFOLDED, {"rule": rules.fold}),
    (UNFOLDED, {"after": mul(A, X)}),
    (SELECTED, {"after": X}),
    (SELECTED, {"after": X, "remainder": plus(Y, Z)}),
    (SELECTED, {"remainder": X}),
    (SELECTED, {"remainder": plus(Z, X)}),
    (SELECTED, {"name": X}),
    (SELECTED, {"arguments": (X, NAME)}),
    (SELECTED, {"arguments": (Y, X)}),
    (SELECTED, {"before": plus(X, Y)}),
    (BOUND, {"after": d}),
    (BOUND, {"before": Rank(mul(W_O, W_V))}),
    (REFUTED, {"after": Y}),
    (REFUTED, {"before": mul(B, X)}),
    (REFUTED, {"witness": ((A, TWO), (X, TWO))}),
    (REFUTED, {"witness": ()}),
    (REFUTED, {"arguments": (X, ((A, ONE), (X, ONE)))}),  # a pair of values at which both sides agree
    (REFUTED, {"arguments": (X, ((A, TWO), (X, TWO)))}),  # a good one, but not the one it shows
]


@pytest.mark.parametrize(("step", "change"), CHANGES)
def test_whatever_is_replaced_is_refused(step: Step, change: dict[str, Any]) -> None:
    with pytest.raises((DerivationError, RuleError, ValueError)):
        replace(step, **change)


def test_arguments_that_a_rule_does_not_take_are_refused() -> None:
    for arguments in [(X,), (STREAM, X)]:
        with pytest.raises((DerivationError, TypeError)):
            replace(DISTRIBUTED, arguments=arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"after": mul(A, plus(X, Y))}, "distribute: expected after to be A_0_0 X_0 .*, got A_0_0 "),
        ({"rule": 3}, "rule: expected a Rule, got 3"),
        ({"rule": rules.select}, "select: expected a Selection, got a Step"),
    ],
)
def test_messages(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DerivationError, match=f"^{message}"):
        replace(DISTRIBUTED, **change)


def test_a_step_must_be_of_the_kind_that_its_rule_makes() -> None:
    fields = {"before": SELECTED.before, "after": Y, "rule": rules.select, "arguments": (Y, NAME)}
    with pytest.raises(DerivationError, match=r"^select: expected a Selection, got a Step$"):
        Step(**fields)
    assert Selection(**fields, remainder=plus(X, Z), name=NAME) == replace(SELECTED, why="")
    with pytest.raises(DerivationError, match=r"^inner size: expected a Bound, got a Step$"):
        Step(before=BOUND.before, after=d_h, rule=rules.inner_size)
    with pytest.raises(DerivationError, match=r"^distribute: expected a Step, got a Bound$"):
        Bound(before=DISTRIBUTED.before, after=DISTRIBUTED.after, rule=rules.distribute)


def test_a_step_takes_names_only() -> None:
    with pytest.raises(TypeError):
        Step(X, plus(Y, Z), rules.unfold, (STREAM,))


@rule("grow", "a law that does not hold")
def grow(expr: Any, *more: Any) -> Any:
    """Add what was not there."""
    return plus(expr, X, *more)


def test_rules_are_data() -> None:
    assert isinstance(grow, Rule)
    with pytest.raises(FrozenInstanceError):
        grow.name = "shrink"
    assert grow == replace(grow)
    assert grow != replace(grow, law="another")
    assert dict(grow.apply(Y, Z)) == {"after": plus(Y, X, Z)}
    assert take(grow, Y, (Z,)).after == plus(Y, X, Z)


def test_a_rule_is_asked_anew_for_other_arguments() -> None:
    calls = []

    def function(expr: Any, *arguments: Any) -> Any:
        calls.append((expr, arguments))
        return plus(expr, X)

    made = Rule("count", "law", function, Step)
    step = take(made, Y, ())
    assert calls == [(Y, ())]  # made and checked, but applied once
    take(made, Y, (Z,))
    take(made, Z, ())
    assert calls == [(Y, ()), (Y, (Z,)), (Z, ())]
    assert replace(step, why="later") != step


def test_errors_are_value_errors() -> None:
    assert issubclass(RuleError, ValueError)
    assert issubclass(DerivationError, ValueError)


def test_shortened() -> None:
    assert shortened(mul(A, X)) == "A_0_0 X_0"
    assert shortened("anything") == "anything"
    assert shortened(3) == "3"
    exact = shortened("x" * 120)
    assert exact == "x" * 120
    assert shortened("x" * 121) == "x" * 117 + "..."
    assert len(shortened(plus(*[X] * 99))) == 120


def test_an_assumption_among_the_arguments_is_a_source_wherever_it_stands() -> None:
    meaning = Assumption("meaning", "says")
    derivation = Derivation.start(Y, [meaning]).apply(grow, Z, (meaning.equations and X) or Z)
    assert derivation.steps[0].sources == ()
    step = take(rules.counterexample, mul(A, X), (X, ((A, TWO), (X, ONE)), meaning))
    assert step.sources == (meaning,)
    assert step.why == "says"
