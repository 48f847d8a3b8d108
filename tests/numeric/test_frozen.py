"""A frozen network: constant patterns, linear, and only the heads asked for."""

import dataclasses
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlearn.numeric import GPT, FrozenNetwork, Run

from .cases import TOKENS, assert_close, assert_raises, make_model, make_run, quick, runs

RECORDED = ("resid_pre", "v", "pattern", "z", "head_out", "resid_post", "resid_final", "logits")


def other_stream(run: Run, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=run.embedding.shape).astype(run.logits.dtype)


@quick
@given(runs())
def test_it_repeats_the_run_that_it_froze(run: Run) -> None:
    again = run.frozen().run()
    for name in RECORDED:
        assert_close(getattr(again, name), getattr(run, name))
    assert (again.q, again.k, again.scores) == (None, None, None)
    assert again.tokens is run.tokens
    assert again.model is run.model
    assert again.pattern is run.pattern


@quick
@given(runs(max_layers=3, max_heads=3), st.data())
def test_against_dense_matrices(run: Run, data: st.DataObject) -> None:
    """Each layer is I + Σ_h (A_h ⊗ W_OVᵀ) on the stream with its rows stacked."""
    config = run.model.config
    every = list(product(range(config.n_layers), range(config.n_heads)))
    heads = data.draw(st.sets(st.sampled_from(every))) if every else set()
    x = other_stream(run)
    got = run.frozen().run(resid=x, heads=heads).logits
    flat = np.atleast_2d(x.reshape(-1, x.shape[-2] * x.shape[-1])).astype(float)
    for b, row in enumerate(flat):
        for layer in range(config.n_layers):
            chosen = [head for (of, head) in heads if of == layer]
            row = row + sum((kron(run, layer, head, b) @ row for head in chosen), np.zeros_like(row))
        expected = row.reshape(x.shape[-2:]) @ run.model.W_U.astype(float)
        assert_close(got if got.ndim == 2 else got[b], expected)


def kron(run: Run, layer: int, head: int, b: int) -> Any:
    pattern = run.pattern[layer, head] if run.pattern.ndim == 4 else run.pattern[layer, b, head]
    W_OV = np.einsum("dh,he->de", run.model.W_V[layer, head], run.model.W_O[layer, head])
    return np.kron(pattern, W_OV.T)


@quick
@given(runs(), st.floats(-3, 3), st.floats(-3, 3))
def test_linear_in_the_stream(run: Run, a: float, b: float) -> None:
    x, y, frozen = other_stream(run, 1), other_stream(run, 2), run.frozen()
    mixed = frozen.run(resid=a * x + b * y).logits
    assert_close(mixed, a * frozen.run(resid=x).logits + b * frozen.run(resid=y).logits)


def test_the_network_itself_is_not_linear() -> None:
    """The check above can fail: patterns that follow the stream break it."""
    model = make_model()
    doubled = dataclasses.replace(model, W_E=2 * model.W_E).run(TOKENS)
    assert not np.allclose(doubled.logits, 2 * model.run(TOKENS).logits, rtol=1e-2)


def test_resid_takes_the_place_of_the_embedding() -> None:
    run = make_run()
    x = other_stream(run)
    other = run.frozen().run(resid=x)
    assert other.tokens is None
    assert np.array_equal(other.embedding, x)
    assert not np.shares_memory(other.embedding, x)
    assert x.flags.writeable
    assert run.frozen().run(resid=x.tolist()).logits.tolist() == other.logits.tolist()


@pytest.mark.parametrize("n_layers", [0, 1])
def test_resid_becomes_the_dtype_of_the_config(n_layers: int) -> None:
    run = make_run(dtype=np.float32, n_layers=n_layers)
    other = run.frozen().run(resid=np.ones((4, 8), np.float64))
    assert other.embedding.dtype == other.logits.dtype == np.float32


def test_heads_that_do_not_write() -> None:
    run = make_run()
    some = run.frozen().run(heads={(0, 1), (1, 2)})
    silent = [(0, 0), (0, 2), (1, 0), (1, 1)]
    assert not any(some.head_out[head].any() for head in silent)
    assert some.head_out[0, 1].all()
    assert some.head_out[1, 2].all()
    assert some.z[0, 0].all()  # what a silent head would have moved is still recorded
    assert_close(some.resid_final, run.embedding + some.head_out.sum(axis=(0, 1)))


def test_no_heads_leave_the_direct_path() -> None:
    run = make_run()
    assert_close(run.frozen().run(heads=set()).logits, run.model.W_E[TOKENS] @ run.model.W_U)


@pytest.mark.parametrize(
    "heads", [[(1, 2)], ((1, 2), (1, 2)), {(1, 2)}, {(1, 2): "a dict"}, [(np.int64(1), np.int8(2))]]
)
def test_heads_may_be_any_iterable_of_pairs(heads: Any) -> None:
    """Alone in the last layer, a head adds A X_0 W_V W_O W_U."""
    run = make_run()
    added = run.frozen().run(heads=heads).logits - run.frozen().run(heads=[]).logits
    expected = run.pattern[1, 2] @ run.embedding @ run.model.W_V[1, 2] @ run.model.W_O[1, 2] @ run.model.W_U
    assert_close(added, expected)


def test_a_frozen_run_of_a_frozen_run() -> None:
    run = make_run()
    x = other_stream(run)
    first = run.frozen().run(resid=x, heads={(0, 0)})
    second = first.frozen().run()
    assert_close(second.logits, run.frozen().run(resid=x).logits)
    assert second.tokens is None
    assert second.pattern is run.pattern


def test_patterns_are_those_of_the_record() -> None:
    run = make_run()
    even = dataclasses.replace(run, pattern=np.full_like(run.pattern, 1 / 4))
    z = even.frozen().run().z
    assert_close(z[0], np.broadcast_to(run.v[0].mean(axis=-2, keepdims=True), z[0].shape))


@pytest.mark.parametrize("n_layers", [0, 2])
def test_streams_that_do_not_fit(n_layers: int) -> None:
    frozen = make_run(n_layers=n_layers).frozen()
    assert_raises(ValueError, "resid: expected shape (4, 8), got shape (8, 4)", frozen.run, np.ones((8, 4)))
    assert_raises(
        ValueError, "resid: expected shape (4, 8), got shape (1, 4, 8)", frozen.run, np.ones((1, 4, 8))
    )
    assert_raises(
        TypeError, "resid: expected real numbers, got dtype complex128", frozen.run, np.ones((4, 8), complex)
    )
    message = "resid: expected finite numbers in float64, got nan at resid[0, 0]"
    assert_raises(ValueError, message, frozen.run, np.full((4, 8), np.nan))


@pytest.mark.parametrize("head", [(2, 0), (0, 3), (-1, 0)])
def test_heads_that_do_not_exist(head: Any) -> None:
    message = f"heads: expected (layer, head) with layer below 2 and head below 3, got {head}"
    assert_raises(ValueError, message, make_run().frozen().run, heads=[(0, 0), head])


def test_heads_that_are_no_pairs() -> None:
    run = make_run().frozen().run
    message = "heads: expected (layer, head) with layer below 2 and head below 3, got 0 (int)"
    assert_raises(TypeError, message, run, heads=(0, 1))
    assert_raises(TypeError, "heads: expected an iterable of (layer, head) pairs, got 1 (int)", run, heads=1)


@pytest.mark.parametrize("value", [None, 3, "run"])
def test_what_is_no_run(value: Any) -> None:
    message = f"run: expected Run, got {value!r} ({type(value).__name__})"
    assert_raises(TypeError, message, FrozenNetwork, value)


def test_runs_that_cannot_be_frozen() -> None:
    gpt = GPT.random(make_run().model.config).run([1, 2])
    with pytest.raises(ValueError, match=r"^run: expected one of a network of attention heads alone, got"):
        FrozenNetwork(gpt)
    with pytest.raises(ValueError, match=r"^run: expected one that recorded its pattern, got none"):
        FrozenNetwork(make_run().model.run([1, 2], record=["v"]))


def test_a_run_says_which_heads_wrote() -> None:
    frozen = make_run().frozen()
    assert frozen.run().writers is None
    assert frozen.run(heads=[(1, 2), (0, 0), (1, 2)]).writers == {(0, 0), (1, 2)}
    assert frozen.run(heads=[]).frozen().run().writers is None
