"""Break what the checks rest on, one part at a time: a definition, a rule, a binding, the forward pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from sympy import ImmutableMatrix, Integer, MatMul, OneMatrix

import ovlearn as ov
from ovlearn.checking import arithmetic, binding
from ovlearn.numeric import GPT, blocks, model, norms, transformer
from ovlearn.numeric import run as running
from ovlearn.numeric.rotary import Rotary
from ovlearn.numeric.run import Run
from ovlearn.symbolic import (
    Assumption,
    Bound,
    Counterexample,
    Rank,
    Relation,
    Rule,
    Selection,
    Step,
    add,
    factors,
    product,
    rules,
)
from ovlearn.symbolic.steps import DerivationError, RuleError

from .cases import NET, SLUGS, claimed, fresh_models, green, saying, start

BROKEN = (RuleError, DerivationError, ValueError)


@cache
def course(heads: int = 2) -> dict[str, ov.Derivation]:
    return {slug: ov.derive(slug, layers=2, heads=heads) for slug in SLUGS}


def all_parts(derivation: ov.Derivation) -> Iterator[ov.Derivation]:
    yield derivation
    for lemma in derivation.lemmas:
        yield replace(lemma, network=lemma.network or derivation.network)


def is_red(slug: str) -> bool:
    return not green(course()[slug], seeds=[2])


def any_red() -> bool:
    """Whether some derivation of the course does not pass now."""
    return any(map(is_red, sorted(SLUGS, key=lambda slug: slug in HEAVY)))


HEAVY = ("nonlinearity", "qk-circuit", "attention-head")


def test_unbroken_it_is_green() -> None:
    assert not any_red()


# Definitions and assumptions.


def doubled(assumption: Assumption) -> Assumption:
    wrong = tuple(
        Relation(each.lhs, product(Integer(2), *factors(each.rhs))) for each in assumption.equations
    )
    return replace(assumption, equations=wrong)


def rebuilt(derivation: ov.Derivation, old: Assumption, new: Assumption) -> ov.Derivation:
    """The same chain from another assumption."""
    assumptions = [new if each == old else each for each in derivation.assumptions]
    again = ov.Derivation.start(derivation.initial, assumptions, network=derivation.network)
    for step in derivation.steps:
        again = again.apply(step.rule, *(new if each == old else each for each in step.arguments))
    return again


NAMES = (
    "residual stream", "attention only", "token embedding", "linear unembedding", "queries", "keys", "values",
    "scores", "pattern", "z", "head output", "OV product", "stream is a sum", "folded head", "frozen layers",
    "composition", "direct part", "column convention", "rms norm", "layer norm", "norm factors",
    "folded head behind a norm", "frozen layers behind norms", "direct scores", "shared keys and values",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_equation_is_seen_wherever_it_is_used(name: str) -> None:
    used = 0
    for derivation in (part for one in course().values() for part in all_parts(one)):
        for old in {source for step in derivation.steps for source in step.sources if source.name == name}:
            used += 1
            try:
                wrong = rebuilt(derivation, old, doubled(old))
            except BROKEN:
                continue
            assert not green(wrong, seeds=1), derivation.title
    assert used


# Rules.


def broken(step: Step) -> Step:
    """A step of the same kind whose rule is wrong."""
    carried: dict[str, Any] = {"after": step.after}
    if isinstance(step, Selection):
        carried |= {"remainder": MatMul(Integer(2), step.remainder, evaluate=False), "name": step.name}
    elif isinstance(step, Bound):
        carried["after"] = step.after - 1
    elif isinstance(step, Counterexample):
        spoiled = [(each, ImmutableMatrix.zeros(*matrix.shape)) for each, matrix in step.witness]
        carried["witness"] = tuple(spoiled)
    elif isinstance(step.after, Rank):
        carried["after"] = Rank(factors(step.after.args[0])[0])
        if carried["after"].args[0].shape == step.before.args[0].shape:
            carried["after"] = Rank(product(step.before.args[0], step.before.args[0]))
    else:
        carried["after"] = add(step.after, OneMatrix(*step.after.shape))
    rule = Rule(step.rule.name, step.rule.law, lambda *_: carried, type(step))
    return replace(step, rule=rule, arguments=(), **carried)


@pytest.mark.parametrize("name", rules.__all__)
def test_a_wrong_rule_builds_and_does_not_pass(name: str) -> None:
    steps = [
        (part, step)
        for one in course().values()
        for part in all_parts(one)
        for step in part.steps
        if step.rule is getattr(rules, name)
    ]
    assert steps
    for part, step in steps[:6]:
        wrong = replace(part, initial=step.before, steps=(broken(step),), lemmas=())
        assert not green(wrong, seeds=1), part.title


def test_a_cancel_that_does_not_look() -> None:
    lemma = course()["nonlinearity"].lemma("With the pattern frozen")
    assert green(claimed(lemma.initial, lemma.here))
    kept = lemma.initial.func(*lemma.initial.args[:2], evaluate=False)
    assert not green(claimed(kept, lemma.here))


def test_a_rule_that_drops_a_factor() -> None:
    chain = start(product(NET.head("A", 1, 0), NET.stream(1), NET.head("W_OV", 1, 0)))
    wrong = chain.apply(saying(product(NET.stream(1), NET.head("W_OV", 1, 0))))
    report = ov.verify(wrong, seeds=1)
    assert len(report.failures) == 3


# Bindings.

# Those of paths that no derivation of the course names are held in test_kinds.
OF_PATHS = [("H", 4), ("A", 4), ("W_OV", 4)]
MODEL = [key for key in binding._BINDINGS if key[0] not in binding.FREE and (key[1] <= 2 or key in OF_PATHS)]


@pytest.mark.parametrize("key", MODEL, ids=lambda key: f"{key[0]}-{key[1]}")
@pytest.mark.parametrize(
    "wrong", [lambda value: 2 * value, lambda value: np.roll(value, 1, axis=0)], ids=["doubled", "shifted"]
)
def test_a_wrong_binding_is_seen(
    key: tuple[str, int], wrong: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = binding._BINDINGS[key]
    monkeypatch.setitem(binding._BINDINGS, key, lambda at, indices: wrong(np.asarray(right(at, indices))))
    assert any_red()


def test_a_binding_of_another_layer_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = binding._BINDINGS["A", 2]
    monkeypatch.setitem(binding._BINDINGS, ("A", 2), lambda at, pairs: right(at, ((0, pairs[0][1]),)))
    assert all(map(is_red, ("path-expansion", "ov-circuit", "ov-fold", "attention-head")))


# The forward pass.


def attending(change: Callable[[dict[str, Any]], None], scale: bool = True, masked: bool = True) -> Any:
    def attend(self: Any, x: Any, layer: int, head: int) -> dict[str, Any]:
        made = dict(zip("qkv", self.parts.project(self, x, layer, head), strict=True))
        made["scores"] = made["q"] @ made["k"].T / (math.sqrt(self.config.d_head) if scale else 1)
        made["pattern"] = model.softmax(model.masked(made["scores"]) if masked else made["scores"])
        change(made)
        made["z"] = made["pattern"] @ made["v"]
        made["head_out"] = made["z"] @ self.W_O[layer, head]
        return made

    return attend


def nothing(made: dict[str, Any]) -> None:
    pass


def over_columns(made: dict[str, Any]) -> None:
    made["pattern"] = model.softmax(made["scores"].T).T


def keys_for_values(made: dict[str, Any]) -> None:
    made["v"] = made["k"]


def transposed(made: dict[str, Any]) -> None:
    made["pattern"] = made["pattern"].T


@pytest.mark.parametrize(
    "attend",
    [
        attending(nothing, scale=False),
        attending(nothing, masked=False),
        attending(over_columns),
        attending(keys_for_values),
        attending(transposed),
    ],
    ids=["no 1/√d_h", "no mask", "softmax over columns", "keys for values", "transposed pattern"],
)
def test_a_wrong_forward_pass_is_seen(attend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "attention", attend)
    with fresh_models():
        assert is_red("attention-head")


def test_a_forward_pass_written_again_is_green(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken ones above are broken by what they change alone."""
    monkeypatch.setattr(model, "attention", attending(nothing))
    with fresh_models():
        assert not any_red()


def test_a_softmax_that_does_not_normalise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "softmax", lambda scores: np.exp(np.minimum(scores, 3)))  # no overflow
    with fresh_models():
        assert is_red("attention-head")


def test_a_frozen_run_in_which_others_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """The intervention: where silent heads write after all, the boxed equation no longer holds."""
    monkeypatch.setattr(
        running,
        "_writers",
        lambda heads, config: {(i, j) for i in range(config.n_layers) for j in range(config.n_heads)},
    )
    with fresh_models():
        assert all(map(is_red, ("ov-circuit", "virtual-heads")))


def test_a_stream_that_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    right = transformer.Transformer.run

    def run(self: Any, tokens: Any) -> Run:
        made = right(self, tokens)
        return replace(made, resid_pre=made.resid_pre * np.array([1.0, 0.5])[:, None, None])

    monkeypatch.setattr(transformer.Transformer, "run", run)
    with fresh_models():
        assert all(map(is_red, ("residual-stream", "frozen-network")))


# What a network has beside plain heads.


def ungained(x: Any, kind: Any, eps: float, *_: Any) -> Any:
    return norms.normed(x, kind, eps)


def never_centred(x: Any, kind: Any, eps: float, gain: Any, shift: Any) -> Any:
    return norms.normed(x, "RMS", eps, gain, shift)


def by_another_position(x: Any, kind: Any, eps: float, gain: Any, shift: Any) -> Any:
    return norms.centred(x, kind) / norms.scale_of(x, kind, eps)[::-1] * gain


def not_divided(x: Any, kind: Any, eps: float, gain: Any, shift: Any) -> Any:
    return norms.centred(x, kind) * gain


@pytest.mark.parametrize("wrong", [ungained, never_centred, by_another_position, not_divided])
def test_a_wrong_norm_is_seen(wrong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "normed", wrong)
    with fresh_models():
        assert is_red("rms-norm")


def test_a_norm_that_divides_by_one_is_one_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is derived holds for any factors: those that do not break it are no fault."""
    monkeypatch.setattr(norms, "_root_mean_square", lambda x, eps: np.ones_like(x[..., :1]))
    with fresh_models():
        assert not is_red("rms-norm")


def test_norms_that_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """The intervention: computed anew for what one head adds, the factors are others."""
    monkeypatch.setattr(binding, "with_norms_held", lambda run: run)
    monkeypatch.setattr(GPT, "heads_alone", property(lambda self: True))
    with fresh_models():
        assert is_red("rms-norm")


@pytest.mark.parametrize(
    "wrong",
    [lambda right: lambda self, x: x, lambda right: lambda self, x: right(self, right(self, x)),
     lambda right: lambda self, x: right(self, x[::-1])[::-1]],
    ids=["not turned", "turned twice", "turned from the end"],
)  # fmt: skip
def test_a_wrong_rotation_is_seen(wrong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rotary, "turned", wrong(Rotary.turned))
    with fresh_models():
        assert is_red("rotary")


def test_heads_that_do_not_share_are_seen() -> None:
    derivation = course(1)["shared-keys-and-values"]
    assert derivation.network is not None
    for part in (derivation, *derivation.lemmas):
        assert green(replace(part, lemmas=()))
        assert not green(replace(part, network=replace(derivation.network, sharing=1), lemmas=()))


# The arithmetic.


@pytest.mark.parametrize("numbers", [arithmetic.Modular, arithmetic.Floats], ids=lambda kind: kind.__name__)
def test_a_pattern_whose_rows_do_not_sum_to_one(numbers: type, monkeypatch: pytest.MonkeyPatch) -> None:
    right = numbers.row_softmax
    monkeypatch.setattr(
        numbers, "row_softmax", lambda self, scores, *, causal: 2 * right(self, scores, causal=causal)
    )
    assert all(map(is_red, ("attention-head", "virtual-heads")))


@pytest.mark.parametrize("numbers", [arithmetic.Modular, arithmetic.Floats], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", ["matmul", "add"])
def test_wrong_sums_and_products(numbers: type, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = getattr(numbers, name)
    wrong: dict[str, Any] = {"matmul": lambda self, a, b: right(self, a, b) + 1, "add": lambda self, a, b: a}
    monkeypatch.setattr(numbers, name, wrong[name])
    assert any_red()


@pytest.mark.parametrize("numbers", [arithmetic.Modular, arithmetic.Floats], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("shift", [lambda position: position + 1, abs], ids=["one further", "forwards alone"])
def test_rotations_that_are_none(numbers: type, shift: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    right = numbers.rotation
    monkeypatch.setattr(numbers, "rotation", lambda self, position, size: right(self, shift(position), size))
    assert not green(course()["rotary"], seeds=4)  # so that queries stand before keys, and after them
