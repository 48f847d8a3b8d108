"""Paths: how many, which, what each adds, and their sums by order."""

import dataclasses
from itertools import combinations, islice, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlearn.numeric import Run, paths
from ovlearn.numeric.config import Config

from .cases import assert_close, assert_raises, configs, make_config, make_model, make_run, quick, runs


def all_paths(config: Config) -> list[Any]:
    """Every subset of the layers, and a head for each; sorted afterwards."""
    found = []
    for length in range(config.n_layers + 1):
        for layers in combinations(range(config.n_layers), length):
            for heads in product(range(config.n_heads), repeat=length):
                found.append(tuple(zip(layers, heads, strict=True)))
    return sorted(found, key=lambda path: (len(path), path))


def by_words(run: Run, path: Any) -> Any:
    """Pattern times embedding times weights: the pattern product first, the weight product first."""
    pattern = np.broadcast_to(
        np.eye(run.embedding.shape[-2]), run.embedding.shape[:-1] + run.embedding.shape[-2:-1]
    )
    weights = np.eye(run.model.config.d_model)
    for layer, head in path:
        pattern = np.einsum("...ij,...jk->...ik", run.pattern[layer, ..., head, :, :], pattern)
        weights = weights @ (run.model.W_V[layer, head].astype(float) @ run.model.W_O[layer, head])
    return np.einsum("...ij,...jd,dv->...iv", pattern, run.embedding.astype(float), weights @ run.model.W_U)


# Which paths there are


@quick
@given(configs(max_layers=4, max_heads=3))
def test_enumeration_and_count(config: Config) -> None:
    found = list(paths.enumerate(config))
    assert found == all_paths(config)
    assert len(found) == len(set(found)) == paths.count(config)


def test_counts() -> None:
    assert paths.count(make_config(n_layers=3, n_heads=2)) == 27
    assert paths.count(make_config(n_layers=0)) == 1
    assert paths.count(make_config(n_layers=48, n_heads=12)) == 13**48


def test_order_is_lexicographic_within_a_length() -> None:
    config = make_config(n_layers=3, n_heads=2)
    pairs = [path for path in paths.enumerate(config) if len(path) == 2]
    assert pairs[:3] == [((0, 0), (1, 0)), ((0, 0), (1, 1)), ((0, 0), (2, 0))]
    assert pairs[-1] == ((1, 1), (2, 1))


def test_enumeration_is_lazy() -> None:
    config = make_config(n_layers=48, n_heads=12)
    assert list(islice(paths.enumerate(config), 3)) == [(), ((0, 0),), ((0, 1),)]
    longest = next(path for path in paths._of_length(config, 48, 0))
    assert longest == tuple((layer, 0) for layer in range(48))


def test_a_config_is_asked_for_at_once() -> None:
    assert_raises(TypeError, "config: expected Config, got 3 (int)", paths.count, 3)
    assert_raises(TypeError, "config: expected Config, got 3 (int)", paths.enumerate, 3)


# What they add


@quick
@given(runs(), st.data())
def test_contribution(run: Run, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(all_paths(run.model.config)))
    assert_close(paths.contribution(run, path), by_words(run, path))


@quick
@given(runs(max_layers=3, max_heads=3))
def test_contributions_sum_to_the_logits(run: Run) -> None:
    total = np.zeros(run.logits.shape, run.logits.dtype)
    for path in paths.enumerate(run.model.config):
        total += paths.contribution(run, path)
    assert_close(total, run.logits)


@quick
@given(runs(max_layers=4, max_heads=3))
def test_by_order_is_the_sum_by_length(run: Run) -> None:
    expected = np.zeros((run.model.config.n_layers + 1, *run.logits.shape))
    for path in all_paths(run.model.config):
        expected[len(path)] += by_words(run, path)
    assert_close(paths.by_order(run), expected)


def test_the_sum_to_rounding_error() -> None:
    """27 paths of 3 layers of 2 heads, to a few 1e-15 of the norm of the logits."""
    run = make_run(n_layers=3, n_heads=2)
    total = sum(paths.contribution(run, path) for path in paths.enumerate(run.model.config))
    assert np.linalg.norm(total - run.logits) < 5e-15 * np.linalg.norm(run.logits)


@pytest.mark.parametrize("missing", [(), ((1, 1),), ((0, 0), (1, 2))])
def test_a_missing_path_is_seen(missing: Any) -> None:
    run = make_run()
    rest = [path for path in paths.enumerate(run.model.config) if path != missing]
    total = np.sum([paths.contribution(run, path) for path in rest], axis=0)
    assert np.linalg.norm(total - run.logits) > 1e-3 * np.linalg.norm(run.logits)


def test_by_order_of_a_deep_network() -> None:
    run = make_run(n_layers=48, n_heads=12)
    orders = paths.by_order(run)
    assert orders.shape == (49, 4, 7)
    assert_close(orders.sum(axis=0), run.logits)
    assert_close(orders[0], run.embedding @ run.model.W_U)
    assert orders[48].any()


def test_a_single_head_agrees_with_an_intervention() -> None:
    run = make_run(positional=True)
    added = run.frozen().run(heads={(0, 2)}).logits - run.frozen().run(heads=()).logits
    assert_close(paths.contribution(run, ((0, 2),)), added)


def test_no_layers() -> None:
    run = make_run(n_layers=0)
    assert_close(paths.by_order(run), run.logits[None])
    assert_close(paths.contribution(run, ()), run.logits)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype(dtype: Any) -> None:
    run = make_run(dtype=dtype)
    assert paths.by_order(run).dtype == dtype
    assert paths.contribution(run, ((0, 1),)).dtype == dtype


def test_patterns_and_embedding_are_those_of_the_run() -> None:
    run = make_run()
    even = dataclasses.replace(run, pattern=np.full_like(run.pattern, 1 / 4))
    mean = np.broadcast_to(run.embedding.mean(axis=0), (4, 8))
    model = run.model
    path: Any = [[0, 1]]  # lists will do
    assert_close(paths.contribution(even, path), mean @ model.W_V[0, 1] @ model.W_O[0, 1] @ model.W_U)
    silent = run.frozen().run(resid=0 * run.embedding)
    assert not paths.by_order(silent).any()


@pytest.mark.parametrize("heads", [set(), {(0, 1)}, {(0, 0), (0, 2), (1, 1)}])
def test_paths_of_a_run_in_which_few_heads_wrote_sum_to_its_logits(heads: set[tuple[int, int]]) -> None:
    whole = make_run()
    run = whole.frozen().run(heads=heads)
    assert run.writers == heads
    assert whole.writers is None
    orders = paths.by_order(run)
    assert_close(orders.sum(axis=0), run.logits)
    assert_close(paths.by_passes(run), orders)
    for path in paths.enumerate(run.model.config):
        expected = paths.contribution(whole, path) if set(path) <= heads else np.zeros_like(run.logits)
        assert_close(paths.contribution(run, path), expected)


# Bad input


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (((1, 0), (0, 1)), (1, 0), (0, 1)),
        (((1, 0), (1, 1)), (1, 0), (1, 1)),
        (((0, 0), (0, 0)), (0, 0), (0, 0)),
        (((0, 0), (1, 1), (0, 2)), (1, 1), (0, 2)),
    ],
)
def test_layers_out_of_order(path: Any, before: Any, after: Any) -> None:
    message = f"path: expected a layer after that of {before}, got {after}"
    assert_raises(ValueError, message, paths.contribution, make_run(), path)


@pytest.mark.parametrize("head", [(2, 0), (1, 3), (1, -1)])
def test_heads_that_do_not_exist(head: Any) -> None:
    message = f"path: expected (layer, head) with layer below 2 and head below 3, got {head}"
    assert_raises(ValueError, message, paths.contribution, make_run(), ((0, 0), head))


@pytest.mark.parametrize("path", [3, None, {(0, 0)}, {(0, 0): 1}])
def test_what_is_no_path(path: Any) -> None:
    message = f"path: expected a sequence of (layer, head) pairs, got {path} ({type(path).__name__})"
    assert_raises(TypeError, message, paths.contribution, make_run(), path)


def test_one_head_is_no_path() -> None:
    message = "path: expected (layer, head) with layer below 2 and head below 3, got 0 (int)"
    assert_raises(TypeError, message, paths.contribution, make_run(), (0, 1))


def test_a_run_is_asked_for() -> None:
    shown = r"^run: expected Run, got .* \(Transformer\)$"
    model: Any = make_model()
    with pytest.raises(TypeError, match=shown):
        paths.contribution(model, ())
    with pytest.raises(TypeError, match=shown):
        paths.by_order(model)
