"""Derivations: chains that join, from declared assumptions, to a result."""

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
    Network,
    Rank,
    Relation,
    RuleError,
    ShapeError,
    Step,
    d,
    d_h,
    definition,
    derive,
    rule,
    rules,
    s,
    symbol,
    terms,
)
from ovlearn.symbolic.steps import take

from .oracle import mul, plus

A, B = MatrixSymbol("A_0_0", s, s), MatrixSymbol("A_1_0", s, s)
X, Y, Z = (MatrixSymbol(name, s, d) for name in ("X_0", "Delta_0", "Delta_1"))
NAME, SECOND = MatrixSymbol("Delta_0_0", s, d), MatrixSymbol("Delta_1_0", s, d)
W_V, W_O = MatrixSymbol("W_V_0_0", d, d_h), MatrixSymbol("W_O_0_0", d_h, d)
STREAM = definition("stream", "X is a sum", (X, plus(Y, Z)))
OTHER = definition("other", "", (X, plus(Y, Z)))
NESTED = mul(A, mul(B, plus(X, Y)))
ONE, TWO = ImmutableMatrix([[1]]), ImmutableMatrix([[2]])


def chain() -> Derivation:
    return (
        Derivation.start(mul(A, X), [STREAM], title="a chain", slug="chain", network=Network(2, 1))
        .apply(rules.unfold, STREAM, why="as given")
        .apply(rules.distribute)
    )


def test_start() -> None:
    empty = Derivation.start(mul(A, X))
    assert (empty.initial, empty.assumptions, empty.steps, empty.title, empty.slug) == (
        mul(A, X),
        (),
        (),
        "",
        "",
    )
    assert (empty.network, empty.lemmas, empty.here) == (None, (), mul(A, X))
    assert empty.result == Relation(mul(A, X), mul(A, X))
    named = chain()
    assert (named.title, named.slug, named.network) == ("a chain", "chain", Network(2, 1))
    assert named.assumptions == (STREAM,)
    assert Derivation.start(X, (one for one in [STREAM])).assumptions == (STREAM,)
    with pytest.raises(ShapeError):
        Derivation.start(mul(X, A))
    with pytest.raises(ShapeError):
        Derivation(mul(A, plus(X, A)))
    with pytest.raises(TypeError):
        Derivation.start(X, [], "a title must be named")


def test_apply_adds_one_step() -> None:
    derivation = chain()
    first, second = derivation.steps
    assert (first.before, first.after, first.why) == (mul(A, X), mul(A, plus(Y, Z)), "as given")
    assert (second.before, second.after, second.why) == (
        first.after,
        plus(mul(A, Y), mul(A, Z)),
        rules.distribute.law,
    )
    assert derivation.here == second.after
    assert derivation.result == Relation(mul(A, X), plus(mul(A, Y), mul(A, Z)))
    shorter = Derivation.start(mul(A, X), [STREAM])
    assert shorter.apply(rules.unfold, STREAM) != shorter
    assert shorter.steps == ()


def test_apply_refuses() -> None:
    start = Derivation.start(mul(A, X), [STREAM])
    with pytest.raises(TypeError, match=r"^rule: expected a Rule, got function$"):
        start.apply(rules.distribute.function)
    with pytest.raises(TypeError, match=r"^rule: expected a Rule, got str$"):
        start.apply("distribute")
    with pytest.raises(RuleError):
        start.apply(rules.distribute)
    with pytest.raises(DerivationError, match=r"^step 1: expected .*assumptions \(stream\), got 'other'$"):
        start.apply(rules.unfold, OTHER)
    with pytest.raises(DerivationError, match=r"^step 1: expected .*assumptions \(none\), got 'stream'$"):
        Derivation.start(mul(A, X)).apply(rules.unfold, STREAM)


def test_steps_must_join() -> None:
    derivation = chain()
    first, second = derivation.steps
    with pytest.raises(
        DerivationError, match=r"^step 1: expected it to begin with A_0_0 X_0, got A_0_0 \(Delta"
    ):
        replace(derivation, steps=(second,))
    with pytest.raises(
        DerivationError, match=r"^step 2: expected it to begin with A_0_0 \(Delta.*, got A_0_0 X_0$"
    ):
        replace(derivation, steps=(first, first))
    with pytest.raises(DerivationError, match=r"^step 1: "):
        replace(derivation, steps=(second, first))
    with pytest.raises(DerivationError, match=r"^step 1: "):
        replace(derivation, initial=X)
    with pytest.raises(DerivationError, match=r"^step 2: expected a Step, got str$"):
        replace(derivation, steps=(first, "second"))
    with pytest.raises(DerivationError, match=r"^step 1: expected a Step, got NoneType$"):
        replace(derivation, steps=(None,))
    other = take(rules.distribute, mul(A, plus(Z, Y)), ())
    with pytest.raises(DerivationError, match=r"^step 2: "):
        replace(derivation, steps=(first, other))
    assert replace(derivation, steps=(first,)).here == first.after


def test_assumptions_must_stay() -> None:
    for fewer in ((), (OTHER,), (replace(STREAM, says="other words"),)):
        with pytest.raises(DerivationError, match="step 1"):
            replace(chain(), assumptions=fewer)
    more = replace(chain(), assumptions=(OTHER, STREAM))
    assert more != chain()
    assert more.result == chain().result


def test_a_derivation_is_frozen() -> None:
    for name in ("initial", "assumptions", "steps", "title", "slug", "network", "lemmas"):
        with pytest.raises(FrozenInstanceError):
            setattr(chain(), name, None)
    assert chain() == chain()
    assert replace(chain(), title="other") != chain()
    assert replace(chain(), network=None) != chain()
    assert chain().with_lemmas(chain()) != chain()


@pytest.mark.parametrize("slug", ["residual-stream", "ov-circuit", "nonlinearity", "ov-fold"])
def test_no_field_of_the_courses_steps_can_be_replaced_unseen(slug: str) -> None:
    derivation = derive(slug, layers=2, heads=2, layer=1, head=1)
    for place, step in enumerate(derivation.steps):
        for name in ("before", "after", "remainder", "name", "witness"):
            if hasattr(step, name):
                with pytest.raises((DerivationError, RuleError, ValueError, TypeError)):
                    replace(step, **{name: Z})
        steps = list(derivation.steps)
        del steps[place]
        if steps and place < len(derivation.steps) - 1:
            with pytest.raises(DerivationError):
                replace(derivation, steps=tuple(steps))


# Results


def test_a_selection_names_the_result() -> None:
    derivation = (
        Derivation.start(mul(A, plus(X, Y, Z))).apply(rules.distribute).apply(rules.select, mul(A, Y), NAME)
    )
    assert derivation.result == Relation(NAME, mul(A, Y))
    unfolded = Derivation.start(plus(X, mul(A, X)), [STREAM]).apply(rules.select, mul(A, X), NAME)
    unfolded = unfolded.apply(rules.unfold, STREAM).apply(rules.distribute)
    assert unfolded.result == Relation(NAME, plus(mul(A, Y), mul(A, Z)))
    again = unfolded.apply(rules.select, mul(A, Z), SECOND)
    assert again.result == Relation(SECOND, mul(A, Z))


def test_bounds_and_counterexamples_give_the_result_its_sign() -> None:
    bound = Derivation.start(Rank(mul(W_V, W_O))).apply(rules.inner_size)
    assert bound.result == Relation(Rank(mul(W_V, W_O)), d_h, "≤")
    longer = Derivation.start(
        Rank(symbol("W_OV", 0, 0)), [fold := definition("", "", (symbol("W_OV", 0, 0), mul(W_V, W_O)))]
    )
    assert longer.apply(rules.unfold, fold).apply(rules.inner_size).result.sign == "≤"
    refuted = Derivation.start(mul(A, X), [STREAM]).apply(rules.counterexample, X, ((A, TWO), (X, ONE)))
    assert refuted.result == Relation(mul(A, X), X, "≠")
    onward = refuted.apply(rules.unfold, STREAM)
    assert onward.result == Relation(mul(A, X), plus(Y, Z), "≠")
    selected = onward.apply(rules.select, Y, NAME)
    assert selected.result == Relation(NAME, Y, "=")


@rule("more", "a size is at most twice the size", makes=Bound)
def more(expr: Any) -> Any:
    """Double a size."""
    return 2 * expr


@rule("no", "a size is not another", makes=Counterexample)
def no(expr: Any) -> Any:
    """Name another size."""
    return {"after": expr + 1, "witness": ()}


@rule("same", "x = x + 0", makes=Step)
def same(expr: Any) -> Any:
    """Add one, and call it equal."""
    return expr + 1


@pytest.mark.parametrize(
    ("taken", "sign"),
    [
        ([], "="),
        ([same], "="),
        ([more], "≤"),
        ([more, more], "≤"),
        ([more, same, more], "≤"),
        ([same, no], "≠"),
        ([no, same], "≠"),
    ],
)
def test_signs_that_join(taken: list[Any], sign: str) -> None:
    derivation = Derivation.start(d_h)
    for each in taken:
        derivation = derivation.apply(each)
    assert derivation.result == Relation(d_h, derivation.here, sign)


@pytest.mark.parametrize("taken", [[no, no], [no, more], [more, no], [no, same, no], [more, more, same, no]])
def test_signs_that_do_not_join(taken: list[Any]) -> None:
    derivation = Derivation.start(d_h)
    for each in taken[:-1]:
        derivation = derivation.apply(each)
    with pytest.raises(
        DerivationError, match=f"^step {len(taken)}: expected an equality after [≠≤], got [≠≤]$"
    ):
        derivation.apply(taken[-1])


def test_between() -> None:
    derivation = Derivation.start(mul(A, plus(X, Y, Z)), [STREAM]).apply(rules.distribute)
    derivation = (
        derivation.apply(rules.select, mul(A, X), NAME).apply(rules.unfold, STREAM).with_lemmas(chain())
    )
    wide, flat = mul(A, plus(X, Y, Z)), plus(mul(A, X), mul(A, Y), mul(A, Z))
    assert derivation.between() == derivation.result == Relation(NAME, mul(A, plus(Y, Z)))
    assert derivation.between(1, 1) == Relation(wide, flat)
    assert derivation.between(1, 2) == derivation.between(2, 2) == Relation(NAME, mul(A, X))
    assert derivation.between(3) == derivation.between(3, 3) == Relation(mul(A, X), mul(A, plus(Y, Z)))
    assert derivation.between(last=1) == Relation(wide, flat)
    for first, last in [(0, 1), (4, None), (2, 1), (1, 4), (3, 2), (-1, 2)]:
        with pytest.raises(ValueError, match="first: " if first in (0, 4, -1) else "last: "):
            derivation.between(first, last)
    with pytest.raises(TypeError, match="first: "):
        derivation.between("1")


# Paths


def test_paths_and_groups() -> None:
    derivation = Derivation.start(mul(plus(B, MatrixSymbol("A_1_1", s, s)), plus(X, mul(A, X)))).apply(
        rules.distribute
    )
    assert [len(terms(derivation.here)), len(derivation.paths)] == [4, 4]
    assert derivation.paths == (((1, 0),), ((0, 0), (1, 0)), ((1, 1),), ((0, 0), (1, 1)))
    assert derivation.groups == {1: (0, 2), 2: (1, 3)}
    assert list(derivation.groups) == [1, 2]
    assert Derivation.start(X).paths == ((),)
    assert Derivation.start(X).groups == {0: (0,)}
    last_first = Derivation.start(plus(mul(B, A, X), X, mul(A, X), X))
    assert list(last_first.groups.items()) == [(0, (1, 3)), (1, (2,)), (2, (0,))]


# Lemmas


def test_lemmas() -> None:
    first, second, third = (Derivation.start(X, title=title) for title in ("first", "second", "first"))
    whole = chain().with_lemmas(first).with_lemmas(second, third)
    assert whole.lemmas == (first, second, third)
    assert whole.lemma("second") is second
    assert whole.lemma("first") is first
    assert whole.steps == chain().steps
    with pytest.raises(KeyError, match=r"expected one of \['first', 'second', 'first'\], got 'fourth'"):
        whole.lemma("fourth")
    with pytest.raises(KeyError, match=r"\[\]"):
        chain().lemma("first")
    assert "lemmas" not in repr(whole)


def test_how_it_shows() -> None:
    derivation = chain()
    assert derivation._repr_markdown_() == derivation.markdown()
    assert derivation.latex() == derivation.latex(rules=True) != derivation.latex(rules=False)
    assert derivation.as_data()["title"] == "a chain"
    assert derivation.text().startswith("a chain\n")


def test_a_network_that_the_course_does_not_have() -> None:
    """A layer that two heads share: one pattern, two OV products."""
    w, u = MatrixSymbol("W_OV_0_0", d, d), MatrixSymbol("W_OV_0_1", d, d)
    shared = Assumption(
        "shared pattern", "both heads use A", (Relation(Y, plus(mul(A, X, w), mul(A, X, u))),)
    )
    merged = definition("sum of products", "one W_OV for both", (MatrixSymbol("T", d, d), plus(w, u)))

    def added(derivation: Derivation) -> Any:
        return derivation.apply(rules.unfold, shared).result

    assert added(Derivation.start(Y, [shared])) == Relation(Y, plus(mul(A, X, w), mul(A, X, u)))
    back = Derivation.start(mul(A, X, MatrixSymbol("T", d, d)), [merged]).apply(rules.unfold, merged)
    assert back.apply(rules.distribute).here == plus(mul(A, X, w), mul(A, X, u))
