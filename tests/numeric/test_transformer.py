"""The transformer: its weights, random ones, and the forward pass against an oracle."""

import dataclasses
import inspect
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from ovlearn.numeric import Config, Run, Transformer
from ovlearn.numeric.config import weight_shapes

from . import oracle
from .cases import TOKENS, assert_close, assert_raises, make_config, make_model, quick, runs

ACTIVATIONS = ("resid_pre", "q", "k", "v", "scores", "pattern", "z", "head_out", "resid_post")


def make_weights(config: Config, dtype: Any = np.float64) -> dict[str, Any]:
    return {name: np.ones(shape, dtype) for name, shape in weight_shapes(config).items()}


# Weights


@pytest.mark.parametrize("positional", [False, True])
def test_weights_are_read_only_copies_of_the_config_dtype(positional: bool) -> None:
    config = make_config(positional=positional, dtype=np.float32)
    weights = make_weights(config)
    model = Transformer(config, **weights)
    for name, weight in weights.items():
        weight[...] = 5
        kept = getattr(model, name)
        assert kept.dtype == np.float32
        assert not kept.flags.writeable
        assert (kept == 1).all()
    assert (model.W_pos is not None) == positional


@pytest.mark.parametrize("name", ["W_E", "W_Q", "W_K", "W_V", "W_O", "W_U", "W_pos"])
def test_weights_that_do_not_fit(name: str) -> None:
    config = make_config(positional=True)
    weights = make_weights(config)
    shape = weights[name].shape
    wrong = {name: weights[name][..., :-1]}
    message = f"{name}: expected shape {shape}, got shape {wrong[name].shape}"
    assert_raises(ValueError, message, Transformer, config, **(weights | wrong))
    weights[name][(-1,) * len(shape)] = np.nan
    place = ", ".join(str(n - 1) for n in shape)
    message = f"{name}: expected finite numbers in float64, got nan at {name}[{place}]"
    assert_raises(ValueError, message, Transformer, config, **weights)
    message = f"{name}: expected real numbers, got dtype complex128"
    assert_raises(TypeError, message, Transformer, config, **(weights | {name: np.ones(shape, complex)}))


def test_positions_agree_with_the_config() -> None:
    weights = make_weights(make_config())
    message = "W_pos: expected an array, as config.positional is True, got None"
    assert_raises(ValueError, message, Transformer, make_config(positional=True), **weights)
    message = "W_pos: expected None, as config.positional is False, got 3 (int)"
    assert_raises(ValueError, message, Transformer, make_config(), W_pos=3, **weights)


def test_the_config_is_a_config() -> None:
    message = "config: expected Config, got {} (dict)"
    assert_raises(TypeError, message, Transformer, {}, **make_weights(make_config()))
    assert_raises(TypeError, message, Transformer.random, {})


def test_frozen_and_replaceable() -> None:
    model = make_model()
    for name in ("W_E", "config"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(model, name, None)
    assert (dataclasses.replace(model, W_E=2 * model.W_E).W_E == 2 * model.W_E).all()
    assert repr(model) == f"Transformer({model.config!r})"
    assert len({model, make_model()}) == 2  # compared and hashed as objects


def test_weights_are_named() -> None:
    parameters = inspect.signature(Transformer).parameters.values()
    assert [p.name for p in parameters if p.kind is p.KEYWORD_ONLY] == [
        *weight_shapes(make_config(positional=True))
    ]


# Random weights


@pytest.mark.parametrize("n_layers", [1, 3])
def test_random_is_the_documented_draw(n_layers: int) -> None:
    """W_E, W_Q, W_K, W_V, W_O, W_U and then W_pos, from one generator."""
    config = Config(n_layers, n_heads=2, d_model=16, d_head=9, d_vocab=7, n_ctx=5, positional=True)
    rng = np.random.default_rng(4)
    model = Transformer.random(config, seed=4)
    scales = {
        "W_E": 1,
        "W_Q": math.sqrt(2 / 16),
        "W_K": math.sqrt(2 / 16),
        "W_V": math.sqrt(1 / 16),
        "W_O": math.sqrt(1 / (n_layers * 2 * 9)),
        "W_U": math.sqrt(1 / 16),
        "W_pos": 1,
    }
    for name, scale in scales.items():
        weight = getattr(model, name)
        assert_close(weight, scale * rng.standard_normal(weight.shape))


def test_random_has_the_same_weights_with_and_without_positions_and_in_float32() -> None:
    model, other = make_model(), make_model(positional=True, dtype=np.float32)
    assert np.array_equal(other.W_U, model.W_U.astype(np.float32))


def test_seeds() -> None:
    assert np.array_equal(make_model(3).W_V, make_model(3).W_V)
    assert not np.array_equal(make_model(3).W_V, make_model(4).W_V)
    assert np.array_equal(Transformer.random(make_config()).W_V, make_model(0).W_V)
    assert_raises(ValueError, "seed: expected a whole number of at least 0, got -1", make_model, -1)
    assert_raises(
        TypeError, "seed: expected a whole number of at least 0, got None (NoneType)", make_model, None
    )


@pytest.mark.parametrize(("n_layers", "n_heads"), [(0, 1), (1, 1), (8, 4), (48, 12)])
def test_random_activations_are_of_order_one(n_layers: int, n_heads: int) -> None:
    config = Config(n_layers, n_heads, d_model=64, d_head=16, d_vocab=50, n_ctx=20)
    run = Transformer.random(config).run(range(20))
    assert 0.8 < run.logits.std() < 1.8
    if n_layers:
        assert run.scores is not None
        assert 1.8 < run.scores.std() < 4
        assert run.pattern[0, :, -1].max(axis=-1).min() > 3 / 20  # no head is near uniform


# The forward pass


@quick
@given(runs())
def test_forward_pass_against_the_oracle(run: Run) -> None:
    names = ("resid_final", "logits", *(ACTIVATIONS if run.model.config.n_layers else ()))
    assert run.tokens is not None
    batched = run.tokens.ndim == 2
    expected = [oracle.forward(run.model, row) for row in np.atleast_2d(run.tokens)]
    for name in names:
        axis = 0 if name in ("resid_final", "logits") else 1
        found = getattr(run, name)
        stacked = np.stack([e[name] for e in expected], axis)
        assert_close(found, stacked if batched else stacked.take(0, axis))


@pytest.mark.parametrize("fault", oracle.FAULTS)
def test_the_oracle_rejects_planted_faults(fault: str) -> None:
    model = make_model()
    right, wrong = oracle.forward(model, TOKENS), oracle.forward(model, TOKENS, fault)
    found = model.run(TOKENS).logits
    assert_close(found, right["logits"])
    assert np.linalg.norm(found - wrong["logits"]) > 1e-2 * np.linalg.norm(found)


def test_a_batch_is_its_sequences() -> None:
    model = make_model(positional=True)
    batch = model.run([TOKENS, TOKENS[::-1]])
    assert_close(batch.pattern[:, 1], model.run(TOKENS[::-1]).pattern)
    assert_close(batch.logits[0], model.run(TOKENS).logits)


def test_one_token_attends_to_itself() -> None:
    run = make_model().run([2])
    assert (run.pattern == 1).all()
    assert_close(run.z, run.v)


def test_no_layers() -> None:
    model = make_model(n_layers=0)
    assert_close(model.run([1, 2]).logits, (model.W_E @ model.W_U)[[1, 2]])


def test_causal_heads_see_no_later_token() -> None:
    changed = [*TOKENS[:-1], 5]
    causal, free = make_model(), make_model(causal=False)
    assert np.array_equal(causal.run(TOKENS).logits[:-1], causal.run(changed).logits[:-1])
    assert not np.allclose(free.run(TOKENS).logits[:-1], free.run(changed).logits[:-1])


def test_positions_count_from_zero() -> None:
    model = make_model(positional=True, n_layers=0)
    assert model.W_pos is not None
    assert_close(model.run([1, 1]).resid_final, model.W_E[[1, 1]] + model.W_pos[:2])


def test_equal_scores_give_an_even_pattern() -> None:
    model = make_model()
    run = dataclasses.replace(model, W_Q=0 * model.W_Q).run(TOKENS)
    assert_close(run.pattern[1, 2], [[1, 0, 0, 0], [1 / 2, 1 / 2, 0, 0], [1 / 3] * 3 + [0], [1 / 4] * 4])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sign", [-1, 1])
def test_large_scores(dtype: Any, sign: int) -> None:
    """Near ±10⁶, where exp alone would overflow, or leave a row of zeros."""
    model = make_model(dtype=dtype, n_heads=1)
    W_Q, W_K, W_E = sign * 1e6 * np.abs(model.W_Q), np.abs(model.W_K), np.abs(model.W_E)
    run = dataclasses.replace(model, W_Q=W_Q, W_K=W_K, W_E=W_E).run(TOKENS)
    assert run.scores is not None
    assert np.abs(run.scores).min() > 1e4
    assert_close(run.pattern.sum(axis=-1), np.ones(run.pattern.shape[:-1]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_has_the_dtype_of_the_config(dtype: Any) -> None:
    run = make_model(dtype=dtype, positional=True).run(TOKENS)
    assert {getattr(run, name).dtype for name in (*ACTIVATIONS, "resid_final", "logits")} == {np.dtype(dtype)}


def test_tokens_are_checked() -> None:
    assert_raises(ValueError, "tokens: expected ids from 0 to 6, got 7 at tokens[0]", make_model().run, [7])
    assert_raises(TypeError, "tokens: expected integers, got dtype float64", make_model().run, [1.0])
