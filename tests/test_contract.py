"""The contract: the names that lessons and outside users rely on work as `DESIGN.md` writes them."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from sympy import MatAdd, MatMul, MatrixSymbol, symbols

import ovlearn as ov
from ovlearn import paths, rules
from ovlearn.symbolic import DerivationError, Network, RuleError, ShapeError, Step, add, product, rule, terms

# What outside users may rely on; the course may have more.
PROMISED = [
    "residual-stream",
    "nonlinearity",
    "attention-head",
    "ov-fold",
    "frozen-network",
    "path-expansion",
    "ov-circuit",
    "qk-circuit",
    "virtual-heads",
    "conventions",
]
COMMAND = ("ovlearn.cli", "ovlearn.commands", "ovlearn.__main__")  # needs the extra `course`
CONFIG = {"n_layers": 2, "n_heads": 2, "d_model": 8, "d_head": 3, "d_vocab": 7, "n_ctx": 5}


# What can be derived, and how it went.


def test_derivations() -> None:
    assert set(PROMISED) <= set(ov.derivations())
    for title in ov.derivations().values():
        assert title
        assert "\n" not in title


@pytest.mark.parametrize("slug", ov.derivations())
def test_derive(slug: str) -> None:
    derivation = ov.derive(slug, layers=3, heads=2, layer=1, head=0)
    assert isinstance(derivation, ov.Derivation)
    assert isinstance(derivation.result, ov.Relation)
    assert all(isinstance(each, ov.Assumption) for each in derivation.assumptions)
    assert derivation.steps
    for step in derivation.steps:
        assert isinstance(step, ov.Step)
        assert step.before != step.after
        assert step.why
        assert step.rule.name
        assert step.rule.law
    assert (derivation.result.rhs, derivation.slug) == (derivation.steps[-1].after, slug)
    assert isinstance(derivation.title, str)
    assert r"\begin{align*}" in derivation.latex()
    assert r"\boxed{" in derivation.latex()
    assert derivation.steps[0].rule.name in derivation.latex()
    assert isinstance(derivation._repr_markdown_(), str)
    assert derivation.title in derivation._repr_markdown_()


def test_derive_by_default() -> None:
    """layers=3, heads=1, layer=1, head=0."""
    for slug in ov.derivations():
        assert ov.derive(slug) == ov.derive(slug, layers=3, heads=1, layer=1, head=0)
    assert str(ov.derive("ov-circuit").result) == "Y_1_0 = A_1_0 E W_E W_OV_1_0 W_U"


def test_a_selection_carries_its_remainder() -> None:
    step = ov.derive("ov-circuit").steps[-1]
    assert {*terms(step.remainder), step.after} == set(step.before.args)
    assert "remainder" not in {field.name for field in dataclasses.fields(ov.derive("ov-circuit").steps[0])}


@pytest.mark.parametrize(("layers", "heads"), [(0, 1), (1, 3), (2, 2), (3, 1), (3, 2)])
def test_an_expansion_is_one_flat_sum(layers: int, heads: int) -> None:
    derivation = ov.derive("path-expansion", layers=layers, heads=heads)
    rhs, count = derivation.result.rhs, (1 + heads) ** layers
    assert len(derivation.paths) == count == len(set(derivation.paths))
    if count > 1:
        assert type(rhs) is MatAdd
        assert len(rhs.args) == count
        assert all(type(term) is MatMul for term in rhs.args)
        assert all(isinstance(factor, MatrixSymbol) for term in rhs.args for factor in term.args)
    config = ov.Config(**CONFIG | {"n_layers": layers, "n_heads": heads})
    assert list(derivation.paths) == list(paths.enumerate(config))
    assert sum(len(places) for places in derivation.groups.values()) == count


def test_names_of_symbols() -> None:
    used = {
        str(symbol)
        for slug in ov.derivations()
        for step in ov.derive(slug).steps
        for symbol in step.before.atoms(MatrixSymbol) | step.after.atoms(MatrixSymbol)
    }
    assert {"E", "W_E", "W_U", "X_2", "Delta_1", "A_1_0", "W_V_1_0", "W_OV_1_0"} <= used
    assert "A_{1,0}" in ov.derive("ov-circuit", heads=2).latex()
    assert "W_{OV}^{1,0}" in ov.derive("ov-circuit", heads=2).latex()
    assert r"A_1 E W_E W_{OV_1} W_U" in ov.derive("ov-circuit").latex()


# Verify.


def test_verify() -> None:
    derivation = ov.derive("ov-circuit", layers=2)
    report = ov.verify(derivation, seeds=range(5))
    assert isinstance(report, ov.Report)
    assert report.passed
    steps = sum(len(each.steps) for each in (derivation, *derivation.lemmas))
    assert len(report.rows) == 3 * steps
    assert [row.route for row in report.rows[:3]] == ["algebra", "exact", "numeric"]
    assert report._repr_html_().startswith("<table>")


# A derivation of the reader's own, and steps that were tampered with.


def shared() -> ov.Derivation:
    """A layer that two heads share: the same values, two patterns."""
    net = Network(layers=1, heads=2)
    values = product(net.stream(0), net.head("W_OV", 0, 0))
    both = product(add(net.head("A", 0, 0), net.head("A", 0, 1)), values)
    named = ov.Assumption("tied", "both heads write alike", (ov.Relation(net.layer("Delta", 0), both),))
    start = ov.Derivation.start(net.layer("Delta", 0), assumptions=[named])
    return start.apply(rules.unfold, named).apply(rules.ungroup).apply(rules.distribute)


def test_a_network_of_the_readers_own() -> None:
    derivation = shared()
    assert str(derivation.result) == "Delta_0 = A_0_0 X_0 W_OV_0_0 + A_0_1 X_0 W_OV_0_0"
    assert not ov.verify(derivation, seeds=2).passed  # the heads of a random model are not tied
    untied = ov.Derivation.start(derivation.steps[0].after).apply(rules.ungroup).apply(rules.distribute)
    assert ov.verify(untied, seeds=2, faults=True).passed


def test_a_rule_that_does_not_apply_raises() -> None:
    start = ov.Derivation.start(MatrixSymbol("X", *symbols("s d")))
    for name in ("ungroup", "distribute", "flatten", "cancel", "zero", "transposes"):
        with pytest.raises(RuleError):
            start.apply(getattr(rules, name))
    with pytest.raises(TypeError):
        start.apply(lambda expr: expr)  # type: ignore[arg-type]
    with pytest.raises(ShapeError):
        product(Network().stream(0), Network().head("W_O", 0, 0))


@pytest.mark.parametrize("slug", ov.derivations())
def test_a_step_that_was_tampered_with(slug: str) -> None:
    """`dataclasses.replace` gives a derivation that cannot be built or does not pass."""
    derivation = ov.derive(slug, layers=2, heads=2)
    for place, step in enumerate(derivation.steps):
        others = [each.after for each in derivation.steps if each.after != step.after] or [step.before]
        for changes in (
            {"after": others[0]},
            {"before": others[0]},
            {"rule": rules.reorder if step.rule is not rules.reorder else rules.ungroup},
            {"arguments": (*step.arguments, ov.Assumption("stray", "declared nowhere"))},
        ):
            try:
                spoiled = dataclasses.replace(step, **changes)
                if spoiled == step:
                    continue
                steps = (*derivation.steps[:place], spoiled, *derivation.steps[place + 1 :])
                assert not ov.verify(dataclasses.replace(derivation, steps=steps), seeds=1).passed
            except (DerivationError, RuleError, TypeError):
                continue


def test_a_step_by_a_false_rule_builds_and_does_not_pass() -> None:
    derivation = ov.derive("ov-fold")
    step = derivation.steps[-1]
    wrong = product(Network().head("A", 1, 0), Network().stream(0), Network().head("W_OV", 1, 0))
    lie = rule("lie", "X = Y")(lambda expr, *_: wrong)
    spoiled = Step(before=step.before, after=wrong, rule=lie)
    changed = dataclasses.replace(derivation, steps=(*derivation.steps[:-1], spoiled))
    assert not ov.verify(changed, seeds=1).passed


def test_frozen() -> None:
    derivation = ov.derive("ov-fold")
    for thing, name in (
        (derivation, "steps"),
        (derivation.steps[0], "after"),
        (ov.verify(derivation, 1), "rows"),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, name, ())
    with pytest.raises(DerivationError):
        dataclasses.replace(derivation, steps=derivation.steps[1:])
    with pytest.raises(DerivationError):
        dataclasses.replace(derivation, steps=derivation.steps[::-1])


# Numbers.


def test_the_transformer() -> None:
    config = ov.Config(**CONFIG)
    assert (config.causal, config.positional, config.dtype) == (True, False, np.float64)
    model = ov.Transformer.random(config, seed=0)
    L, H, D, K, V = (CONFIG[name] for name in ("n_layers", "n_heads", "d_model", "d_head", "d_vocab"))
    assert model.W_E.shape == (V, D)
    assert model.W_Q.shape == model.W_K.shape == model.W_V.shape == (L, H, D, K)
    assert model.W_O.shape == (L, H, K, D)
    assert model.W_U.shape == (D, V)
    weights = {name: getattr(model, name) for name in ("W_E", "W_Q", "W_K", "W_V", "W_O", "W_U")}
    again = ov.Transformer(config, **weights)
    assert np.array_equal(again.run([1, 2, 3]).logits, model.run([1, 2, 3]).logits)
    placed = ov.Transformer(
        ov.Config(**CONFIG, positional=True), W_pos=np.ones((CONFIG["n_ctx"], D)), **weights
    )
    assert not np.allclose(placed.run([1, 2, 3]).logits, model.run([1, 2, 3]).logits)


@pytest.mark.parametrize("batch", [(), (3,)])
def test_a_run(batch: tuple[int, ...]) -> None:
    model = ov.Transformer.random(ov.Config(**CONFIG), seed=0)
    run = model.run(np.random.default_rng(0).integers(7, size=(*batch, 4)))
    assert isinstance(run, ov.Run)
    L, H, D, K, V = (CONFIG[name] for name in ("n_layers", "n_heads", "d_model", "d_head", "d_vocab"))
    assert run.resid_pre.shape == run.resid_post.shape == (L, *batch, 4, D)
    for each in (run.q, run.k, run.v, run.z):
        assert each is not None
        assert each.shape == (L, *batch, H, 4, K)
    assert run.scores is not None
    assert run.scores.shape == run.pattern.shape == (L, *batch, H, 4, 4)
    assert run.head_out.shape == (L, *batch, H, 4, D)
    assert run.logits.shape == (*batch, 4, V)


def test_frozen_runs() -> None:
    run = ov.Transformer.random(ov.Config(**CONFIG), seed=0).run([3, 1, 4])
    frozen = run.frozen()
    added = frozen.run(heads={(1, 0)}).logits - frozen.run(heads=set()).logits
    np.testing.assert_allclose(added, paths.contribution(run, [(1, 0)]), atol=1e-12)
    np.testing.assert_allclose(frozen.run(resid=2 * run.resid_pre[0]).logits, 2 * run.logits, atol=1e-12)


def test_paths() -> None:
    config = ov.Config(**CONFIG)
    run = ov.Transformer.random(config, seed=0).run([3, 1, 4])
    assert paths.count(config) == len(list(paths.enumerate(config))) == 9
    total = sum(paths.contribution(run, path) for path in paths.enumerate(config))
    np.testing.assert_allclose(total, run.logits, atol=1e-12)
    orders = paths.by_order(run)
    assert orders.shape == (3, 3, 7)
    np.testing.assert_allclose(orders.sum(axis=0), run.logits, atol=1e-12)


def test_factored_matrices() -> None:
    draw = np.random.default_rng(0)
    left, right = draw.normal(size=(5, 2)), draw.normal(size=(2, 5))
    F = ov.FactoredMatrix(left, right)
    dense = left @ right
    np.testing.assert_allclose(F.AB, dense)
    np.testing.assert_allclose(F.T.AB, dense.T)
    np.testing.assert_allclose((F @ F).AB, dense @ dense)
    np.testing.assert_allclose((np.eye(5) @ F @ np.ones((5, 3))).AB, dense @ np.ones((5, 3)))
    np.testing.assert_allclose((F.norm(), F.trace()), (np.linalg.norm(dense), np.trace(dense)))
    np.testing.assert_allclose(
        np.sort_complex(F.eigenvalues), np.sort_complex(np.linalg.eigvals(right @ left))
    )
    U, S, Vh = F.svd()
    np.testing.assert_allclose(U * S @ Vh, dense, atol=1e-12)
    assert ov.FactoredMatrix(draw.normal(size=(2, 5)), draw.normal(size=(5, 2))).AB.shape == (2, 2)


# The package.


def submodules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(ov.__path__, "ovlearn."):
        if not found.name.startswith(COMMAND):
            yield importlib.import_module(found.name)


def test_no_public_function_is_overwritten_by_a_submodule() -> None:
    """Importing a submodule sets its name on the package: none may be the name of a function."""
    before = {name: getattr(ov, name) for name in ov.__all__}
    found = list(submodules())
    assert len(found) > 30
    for name in ov.__all__:
        assert getattr(ov, name) is before[name]
    for package in (module for module in [ov, *found] if hasattr(module, "__path__")):
        inside = {each.name for each in pkgutil.iter_modules(package.__path__)}
        for name in inside & set(getattr(package, "__all__", ())):
            assert isinstance(getattr(package, name), ModuleType), f"{package.__name__}.{name}"
    derivation = ov.derive("ov-fold")
    assert ov.verify(derivation, seeds=1).passed
    assert set(PROMISED) <= set(ov.derivations())
    config = ov.Config(**CONFIG)
    run = ov.Transformer.random(config).run([0])
    assert isinstance(run, ov.Run)
    assert ov.paths.count(config) == 9
    assert ov.FactoredMatrix(np.ones((1, 1)), np.ones((1, 1))).AB.tolist() == [[1.0]]
    assert ov.Derivation.start(derivation.steps[2].after).apply(ov.rules.ungroup).steps
    assert ov.Relation(derivation.initial, derivation.initial).sign == "="
    assert ov.Assumption("name", "says").equations == ()


def test_every_public_name_is_there() -> None:
    assert set(ov.__all__) <= set(dir(ov))
    assert dir(ov) == sorted(dir(ov))
    for name in ov.__all__:
        thing: Any = getattr(ov, name)
        assert thing is not None
        assert thing.__doc__


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="module 'ovlearn' has no attribute 'circuit'"):
        ov.circuit  # noqa: B018
    assert not hasattr(ov, "sympy")
    with pytest.raises(ImportError):
        from ovlearn import nothing_of_the_kind  # type: ignore[attr-defined]  # noqa: F401
