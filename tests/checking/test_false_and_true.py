"""False derivations that once passed do not, true ones that failed do; and others of their kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sympy import (
    Float,
    Identity,
    ImmutableMatrix,
    Integer,
    Max,
    Mod,
    OneMatrix,
    Rational,
    floor,
    nan,
    oo,
    sqrt,
)

import ovlearn as ov
from ovlearn.symbolic import (
    Assumption,
    At,
    Bound,
    Counterexample,
    Kronecker,
    Layer,
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
    rule,
    rules,
    s,
    subtract,
    symbol,
    transpose,
    v,
)
from ovlearn.symbolic.course import assumptions, theorems
from ovlearn.symbolic.steps import DerivationError

from .cases import outcomes, saying
from .false_and_true import (
    BOX,
    CASES,
    COMMUTE,
    I_,
    LARGE,
    NET,
    PATTERN,
    W_E,
    W_O,
    W_OV,
    W_U,
    W_V,
    X_A,
    X_B,
    A,
    E,
    G,
    J,
    K,
    P,
    S,
    T,
    Unequal,
    V,
    X,
    Y,
    assumed,
    claimed,
    number,
    row,
    start,
)


@pytest.mark.parametrize("name", CASES)
def test_the_findings(name: str) -> None:
    verdict = CASES[name].verdict(seeds=10)
    assert verdict.startswith("passed") == CASES[name].true, verdict


def witnessed(before: Any, after: Any, *witness: tuple[Any, Any], given: Any = ()) -> ov.Derivation:
    """A counterexample whatever its witness is: verify alone can tell."""
    return start(before, *given).apply(saying(after, makes=Counterexample, witness=witness))


ONE, TWO, ZERO = number([1]), number([2]), number([0])
X_0, DELTA = NET.stream(0), NET.layer("Delta", 0)
COMPUTED = [DELTA, X, Y, W_OV, symbol("Y", 1, 0), symbol("Delta", 1, 0), symbol("S_direct", 1, 0)]
COMPUTED += [NET.head(base, 1, 0) for base in ("A", "S", "Q", "K", "V", "Z", "H")]
COMPUTED += [symbol("H", 0, 0, 1, 0)]


@pytest.mark.parametrize("computed", COMPUTED, ids=str)
def test_no_witness_chooses_what_the_network_computes(computed: Any) -> None:
    chain = witnessed(computed, product(Integer(2), computed), (computed, ImmutableMatrix.ones(1, 1)))
    report = ov.verify(chain, seeds=3)
    assert not report.passed
    assert {row.outcome for row in report.rows if row.route != "algebra"} == {"failed"}


def test_a_witness_may_give_what_follows_from_the_rest() -> None:
    tokens = (E, number([1])), (W_E, TWO)
    right = witnessed(X_0, product(Integer(2), X_0), *tokens, (X_0, TWO))
    wrong = witnessed(X_0, product(Integer(2), X_0), *tokens, (X_0, ONE))
    assert ov.verify(right, seeds=3).passed
    assert "does not follow from the others" in str(ov.verify(wrong, seeds=3))


def test_a_witness_of_a_network_is_run() -> None:
    """The numeric route runs it: with a broken forward pass it does not see what the exact route sees."""
    chain = ov.derive("nonlinearity", layers=2, heads=2).lemma("The article's residual form")
    report = ov.verify(chain, seeds=3)
    assert report.passed
    assert report.compared == 1
    assert "over 3 seeds" not in report.in_words()
    assert "put in at its witness, exactly and in floats" in report.in_words()


def test_what_is_equal_on_every_run_is_refuted_by_no_witness() -> None:
    """Tokens are one-hot, so E 1 = 1 wherever a network runs."""
    ones = product(E, OneMatrix(v, 1))
    chain = witnessed(ones, OneMatrix(s, 1), (E, number([2])))
    report = ov.verify(chain, seeds=3)
    assert not report.passed
    assert "one-hot" in str(report)


@pytest.mark.parametrize(
    "witness",
    [
        (), ((X_A, number([nan])), (X_B, ONE)), ((X_A, number([oo])), (X_B, ONE)),
        ((X_A, number([Float(0.5)])), (X_B, ONE)),
        ((X_A, number([sqrt(2)])), (X_B, ONE)), ((X_A, ONE),), ((X_A, ONE), (X_B, number([1, 2]))),
        ((X_A, ONE), (X_A, TWO), (X_B, TWO)), ((X_A, 3), (X_B, ONE)), ((add(X_A, X_B), ONE),),
    ],
)  # fmt: skip
def test_witnesses_that_cannot_be(witness: Any) -> None:
    report = ov.verify(witnessed(X_A, X_B, *witness), seeds=2)
    assert not report.passed
    assert {row.outcome for row in report.rows if row.route != "algebra"} == {"failed"}


def test_a_witness_that_is_near_is_told_apart_exactly() -> None:
    near = number([Rational(1, 10**30)])
    report = ov.verify(witnessed(RowSoftmax(T), OneMatrix(s, s), (T, near)), seeds=2)
    assert not report.passed  # softmax of one key is 1
    two = ImmutableMatrix([[0, Rational(1, 10**30)], [0, 0]])
    even = product(Rational(1, 2), OneMatrix(s, s))
    assert outcomes(ov.verify(witnessed(RowSoftmax(T), even, (T, two)), seeds=2)) == {
        "algebra": "not applicable", "exact": "passed", "numeric": "not applicable"
    }  # fmt: skip


RELATIONS = {
    "a square": assumed("T is a square", T, product(P, P)),
    "a projection": assumed("T is a projection", product(T, T), T),
    "symmetric": assumed("T is symmetric", transpose(T), T),
    "a sum": assumed("T and P add up to 1", add(T, P), Identity(s)),
    "an inverse": assumed("P undoes T", product(T, P), Identity(s)),
}


@pytest.mark.parametrize("name", RELATIONS)
def test_a_witness_meets_every_relation(name: str) -> None:
    witness = (T, number([2, 1], [0, 1])), (P, number([3, 0], [0, 3]))
    assert not ov.verify(witnessed(T, P, *witness, given=[RELATIONS[name]]), seeds=2).passed


def test_a_witness_that_meets_the_relation_passes() -> None:
    witness = (T, number([1, 0], [0, 0])), (P, number([0, 1], [1, 0]))
    chain = witnessed(product(T, P), product(P, T), *witness, given=[RELATIONS["a projection"]])
    assert ov.verify(chain, seeds=2).passed


# What is taken as given.

FALSE = {
    "a layer is zero": assumed("", Layer(X_A, 1), product(Integer(0), X_A)),
    "a layer of another": assumed("", Layer(X_A, 1), Layer(X_A, 0)),
    "logits from tokens": assumed("", Y, product(E, W_E, W_U)),
    "a definition": definition("", "", (NET.head("V", 1, 0), product(X_0, W_V))),
    "a layer adds nothing": assumed("", X, X_0),
    "a pattern is symmetric": assumed("", transpose(A), A),
    "weights commute": assumed(
        "", product(W_OV, NET.head("W_OV", 0, 0)), product(NET.head("W_OV", 0, 0), W_OV)
    ),
    "an unbound symbol that cancels": assumed(
        "", Y, add(product(E, W_E, W_U), G_ := product(E, G), product(-1, G_))
    ),
    "an unbound factor on both sides": assumed("", product(Y, G), product(E, W_E, W_U, G)),
    "a pattern is a square of something": assumed("", A, product(T, transpose(T))),
    "nothing is something": assumed("", Identity(s), OneMatrix(s, s)),
    "an unbound symbol more or less": assumed("", add(T, Identity(s)), T),
}


@pytest.mark.parametrize("name", FALSE)
@pytest.mark.parametrize("kind", ["assumption", "definition", "theorem"])
def test_a_false_assumption_is_not_green_though_no_step_uses_it(name: str, kind: Any) -> None:
    wrong = replace(
        FALSE[name], name="wrong", kind=kind, derived_in="frozen-network" if kind == "theorem" else ""
    )
    report = ov.verify(
        claimed(product(add(X_A, X_B), W_V), add(product(X_A, W_V), product(X_B, W_V)), wrong), seeds=4
    )
    assert not report.passed
    assert not report.failures
    assert [each.name for each in report.false_premises] == ["wrong"]
    assert "given 'wrong'" in str(report)


TRUE = {
    "a name": definition("", "", (T, product(A, A))),
    "what is left": assumed("", Y, add(product(E, W_E, W_U), product(E, G))),
    "the layer": assumptions.layer_function(NET, 1),
    "a pattern's rows": assumed("", product(A, OneMatrix(s, 1)), OneMatrix(s, 1)),
    "commuting matrices": COMMUTE,
    "an input that is zero": assumed("", X_B, product(Integer(0), X_A)),
    "meaning": Assumption("", "patterns are held constant"),
}


@pytest.mark.parametrize("name", TRUE)
def test_a_true_assumption_stands(name: str) -> None:
    premise = replace(TRUE[name], name="right")
    report = ov.verify(claimed(product(add(T, P), A), add(product(T, A), product(P, A)), premise), seeds=4)
    assert report.passed or name == "what is left", str(report)


def test_a_theorem_is_the_end_of_what_it_names() -> None:
    right = theorems.folded_head(NET)
    for wrong in (
        replace(right, derived_in=""),
        replace(right, derived_in="qk-circuit"),
        replace(right, derived_in="of my own"),
        replace(right, equations=(Relation(NET.head("H", 1, 0), product(A, X, W_OV, W_V, W_O)),)),
    ):
        chain = start(NET.head("H", 1, 0), *theorems.behind_frozen_network(NET), wrong).apply(
            rules.unfold, wrong
        )
        report = ov.verify(chain, seeds=2)
        assert not report.passed
        assert "a theorem is the end of a derivation" in str(report)
    whole = start(NET.head("H", 1, 0), *theorems.behind_frozen_network(NET), right).apply(rules.unfold, right)
    assert ov.verify(whole, seeds=2).passed


def test_a_theorem_of_the_readers_own_is_a_lemma_beside_it() -> None:
    doubled = start(add(X_A, X_A)).apply(saying(product(Integer(2), X_A)))
    named = Assumption("twice", "t", (doubled.result,), kind="theorem", derived_in="doubling")
    chain = start(product(add(X_A, X_A), W_V), named).apply(rules.unfold, named)
    assert not ov.verify(chain, seeds=2).passed
    assert ov.verify(chain.with_lemmas(replace(doubled, title="doubling")), seeds=2).passed
    circle = replace(start(add(X_A, X_A), named).apply(rules.unfold, named), title="doubling")
    assert not ov.verify(chain.with_lemmas(circle), seeds=2).passed


# Sizes, ranks and indices.

SIZED = {
    "the larger of two": product(Max(d_h, s) / s, PATTERN),
    "half of a size, rounded": product(2 * floor(s / 2) / s, PATTERN),
    "a remainder": product(1 + Mod(s, 2), PATTERN),
    "a power that is small": product(1 + sqrt(2) ** (-100 * s), PATTERN),
    "a root of a square": product(sqrt((d_h - s) ** 2 + 0) / (s - d_h), PATTERN),
}


@pytest.mark.parametrize("name", SIZED)
def test_numbers_that_other_sizes_could_refute(name: str) -> None:
    assert not ov.verify(claimed(PATTERN, SIZED[name]), seeds=10).passed


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        (d_h, Rank(product(W_V, W_O))), (Rank(W_V), Rank(W_OV)), (Rank(X), d_h), (Rank(X), d_h + 20),
        (Rank(X), 2 * d_h), (Rank(X), d_h**2), (Rank(X), v), (Rank(T), Integer(40)), (Rank(T), Integer(1000)),
        (Rank(T), Max(d, d_h)), (d_h - Rank(W_OV), Integer(0)), (Rank(W_V) - Rank(W_O), Integer(0)),
        (d_h, d), (Integer(2), s), (Integer(4), v),
    ],
)  # fmt: skip
def test_bounds_that_random_matrices_cannot_show(lhs: Any, rhs: Any) -> None:
    for seeds in (1, 12):
        assert not ov.verify(claimed(lhs, rhs, makes=Bound), seeds=seeds).passed


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        (Rank(X), s),
        (Rank(X), d),
        (Rank(product(W_V, W_O)), d_h),
        (Rank(X), s + 3),
        (d, d + s),
        (Integer(1), s),
    ],
)
def test_bounds_that_hold(lhs: Any, rhs: Any) -> None:
    assert ov.verify(claimed(lhs, rhs, makes=Bound), seeds=12).passed


@pytest.mark.parametrize("seed", range(12))
def test_four_rows_in_any_grouping_at_any_seed(seed: int) -> None:
    report = ov.verify(CASES["B3"].build(), seeds=[seed])
    assert outcomes(report)["exact"] == "failed"


def test_six_rows_are_too_many() -> None:
    from sympy import Symbol

    rows = [row(Symbol(f"i_{place}", integer=True)) for place in range(6)]
    inner = [product(each, T, transpose(other)) for each, other in pairwise(rows)]
    report = ov.verify(claimed(RowSoftmax(product(*inner)), OneMatrix(1, 1)), seeds=1)
    assert "can coincide in more ways" in str(report.not_applicable)


def test_rows_that_are_numbers_stand_where_they_say() -> None:
    first, second = row(Integer(0)), row(Integer(1))
    assert ov.verify(
        claimed(product(first, transpose(second), first), product(Integer(0), first)), seeds=4
    ).passed
    assert not ov.verify(claimed(product(second, PATTERN), second), seeds=4).passed
    either = product(row(I_), transpose(first), second)  # not zero where i is 0
    assert not ov.verify(claimed(either, product(Integer(0), second)), seeds=4).passed


def test_an_index_that_is_not_linear_is_not_judged() -> None:
    from sympy import Symbol

    n = Symbol("n", integer=True, nonnegative=True)
    bent = n + n * (n - 1) * (n - 2) * (n - 3) * (n - 4) * (n - 5) * (n - 6) * (n - 7) * (n - 8) * (n - 9) * (
        n - 10
    ) * (n - 11)
    assert not ov.verify(claimed(At("X", n, s, d), At("X", bent, s, d)), seeds=4).passed


# Floats.

HIDDEN = {
    "a large factor": lambda term: add(
        term, BIG := product(sqrt(2) * 10**6, product(Integer(10**6), V)), product(-1, BIG)
    ),
    "a small factor": lambda term: add(V, product(sqrt(2) / 10**14, term)),
    "nested small factors": lambda term: add(
        V, product(Rational(1, 10**5), add(V, product(sqrt(2) / 10**9, term)))
    ),
    "within a softmax": lambda term: RowSoftmax(add(S, product(sqrt(2) / 10**12, term, transpose(V)))),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_difference_beside_something_larger(name: str) -> None:
    one, two = product(PATTERN, V), product(Integer(2), PATTERN, V)
    assert not ov.verify(claimed(HIDDEN[name](one), HIDDEN[name](two)), seeds=10).passed


def test_a_softmax_that_keeps_one_key() -> None:
    sharp, sharper = (RowSoftmax(product(sqrt(2) * factor, S)) for factor in (10**5, 2 * 10**5))
    assert not ov.verify(claimed(sharp, sharper), seeds=10).passed
    even, evener = (RowSoftmax(product(sqrt(2) / factor, S)) for factor in (10**12, 2 * 10**12))
    assert not ov.verify(claimed(even, evener), seeds=10).passed


def test_what_is_right_beside_something_larger_is_not_red() -> None:
    large = product(sqrt(2) * LARGE, V)
    report = ov.verify(claimed(add(product(PATTERN, V), large), add(large, product(PATTERN, V))), seeds=4)
    assert report.passed
    assert outcomes(report) == {"algebra": "passed", "exact": "not applicable", "numeric": "not applicable"}


@pytest.mark.parametrize(
    ("lhs", "rhs", "true"),
    [
        (1 / (sqrt(2) + sqrt(3)), sqrt(3) - sqrt(2), True),
        (sqrt(3 + 2 * sqrt(2)), 1 + sqrt(2), True),
        (1 / (1 + sqrt(d_h)), (sqrt(d_h) - 1) / (d_h - 1), True),
        (1 / (1 + sqrt(2)), sqrt(2) - Rational(10001, 10000), False),
        (sqrt(2), sqrt(3), False),
    ],
)  # fmt: skip
def test_numbers_with_roots(lhs: Any, rhs: Any, true: bool) -> None:
    report = ov.verify(claimed(product(lhs, X), product(rhs, X)), seeds=3)
    assert report.passed == true, str(report)


# Laws of several softmaxes.


def test_a_law_that_ties_softmaxes_is_looked_up_in_floats() -> None:
    def odds(scores: Any, index: Any) -> Any:
        return product(row(I_), RowSoftmax(scores), transpose(row(index)))

    both = add(T, P)
    left = product(odds(both, J), odds(T, K), odds(P, K))
    right = product(odds(both, K), odds(T, J), odds(P, J))
    assert ov.verify(claimed(left, right), seeds=3).passed
    assert not ov.verify(claimed(left, product(odds(both, J), odds(T, J), odds(P, J))), seeds=3).passed
    wrong = Kronecker(RowSoftmax(T), RowSoftmax(add(T, P)))
    sums = RowSoftmax(add(Kronecker(T, OneMatrix(s, s)), Kronecker(OneMatrix(s, s), P)))
    assert not ov.verify(claimed(sums, wrong), seeds=3).passed


# Bindings.


def test_what_bindings_alone_judge_is_one_example() -> None:
    same = {"T": lambda run: np.eye(len(run.tokens)), "P": lambda run: 2 * np.eye(len(run.tokens))}
    for chain in (
        claimed(product(P, P), product(Integer(2), P), RELATIONS["a projection"]),
        claimed(RowSoftmax(product(sqrt(2), T)), RowSoftmax(product(sqrt(2), transpose(T)))),
    ):
        report = ov.verify(chain, seeds=3, bindings=same)
        assert not report.passed
        assert "seen in this example alone" in str(report.not_applicable)


def test_a_binding_that_changes_is_refused() -> None:
    random = np.random.default_rng(0)
    chain = claimed(add(T, P), add(P, T))
    with pytest.raises(ValueError, match="bindings: expected T to be one matrix"):
        ov.verify(chain, seeds=2, bindings={"T": lambda run: random.normal(size=(len(run.tokens),) * 2)})


def test_bindings_of_two_minds_about_a_size() -> None:
    from sympy import MatrixSymbol, Symbol

    m = Symbol("m", integer=True, positive=True)
    one, two = MatrixSymbol("D", d, m), MatrixSymbol("F", d, m)
    widths = {
        "D": lambda run: np.ones((run.model.config.d_model, 3)),
        "F": lambda run: np.ones((run.model.config.d_model, 4)),
    }
    chain = start(product(add(X_A, X_B), add(one, two))).apply(rules.distribute)
    with pytest.raises(ValueError, match="bindings: expected F to be finite, of shape"):
        ov.verify(chain, seeds=2, bindings=widths)


# Kinds of steps, and forgeries.


@pytest.mark.parametrize("base", [Step, Selection, Bound, Counterexample])
def test_kinds_of_ones_own_are_refused(base: type[Step]) -> None:
    own = type("Own", (base,), {})
    with pytest.raises(
        DerivationError, match="makes: expected one of Step, Selection, Bound, Counterexample"
    ):
        rule("own", "anything", makes=own)(lambda expr: expr)
    assert Unequal.sign == "≠"


def forged(chain: ov.Derivation, forge: Callable[[ov.Derivation], None]) -> ov.Derivation:
    copied = replace(chain, steps=tuple(replace(step) for step in chain.steps))
    forge(copied)
    return copied


FORGERIES: dict[str, Callable[[ov.Derivation], None]] = {
    "another end": lambda chain: object.__setattr__(chain.steps[-1], "after", BOX),
    "another sign": lambda chain: object.__setattr__(chain.steps[-1], "sign", "≠"),
    "another beginning": lambda chain: object.__setattr__(chain, "initial", BOX),
    "a step lost": lambda chain: object.__setattr__(chain, "steps", chain.steps[1:]),
    "no assumptions": lambda chain: object.__setattr__(chain, "assumptions", ()),
    "another rule": lambda chain: object.__setattr__(chain.steps[-1], "rule", rules.ungroup),
    "a step that is none": lambda chain: object.__setattr__(chain, "steps", (*chain.steps, "done")),
    "another kind": lambda chain: object.__setattr__(chain.steps[-1], "__class__", Unequal),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_derivation_is_not_verified(name: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        ov.verify(forged(ov.derive("ov-fold"), FORGERIES[name]), seeds=1)


def test_a_forged_assumption_is_not_verified() -> None:
    wrong = replace(COMMUTE)
    relation = Relation(product(T, P), product(P, T))
    object.__setattr__(relation, "sign", "≠")
    object.__setattr__(wrong, "equations", (relation,))
    with pytest.raises(ValueError, match="expected equalities"):
        ov.verify(claimed(add(T, P), add(P, T), wrong), seeds=1)


def test_a_derivation_of_another_class_is_refused() -> None:
    class Mine(ov.Derivation):
        """It could print what it likes."""

    with pytest.raises(TypeError, match="expected a Derivation, got Mine"):
        ov.verify(Mine(X_A), seeds=1)


def test_a_difference_is_seen_by_its_sign() -> None:
    """≠ with no witness, and = where a witness was due."""
    assert not ov.verify(witnessed(product(product(A, V), W_O), product(A, V, W_O)), seeds=2).passed
    assert not ov.verify(claimed(subtract(X_A, X_B), X_A), seeds=2).passed
