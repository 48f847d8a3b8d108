"""Composition scores: against dense products, at any scale, and what chance gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import ovlearn as ov
from ovlearn import circuits

from .cases import HEADS, model, times


@pytest.mark.parametrize("kind", ["Q", "K", "V"])
def test_composition_scores(kind: Any) -> None:
    m = model()
    scores = circuits.composition_scores(m, kind)
    assert scores.shape == (3, 2, 3, 2)
    for first in HEADS:
        for later in HEADS:
            if first[0] >= later[0]:
                assert scores[(*first, *later)] == 0
                continue
            wrote = m.W_V[first] @ m.W_O[first]
            query, key = m.W_Q[later], m.W_K[later]
            read = {"V": m.W_V[later] @ m.W_O[later], "Q": query @ key.T, "K": key @ query.T}[kind]
            norm = np.linalg.norm
            assert scores[(*first, *later)] == pytest.approx(norm(wrote @ read) / (norm(wrote) * norm(read)))


@pytest.mark.parametrize("d_head", [3, 20])
def test_the_baseline_is_what_random_heads_give(d_head: int) -> None:
    m = model(1, n_layers=2, n_heads=12, d_model=48, d_head=d_head)
    scores = circuits.composition_scores(m, "V")[0, :, 1]
    assert np.sqrt((scores**2).mean()) == pytest.approx(circuits.composition_baseline(m.config), rel=0.1)


def test_a_head_of_zeros_composes_with_nothing() -> None:
    m = model()
    W_V = np.array(m.W_V)
    W_V[0, 1] = 0
    weights = {name: getattr(m, name) for name in ("W_E", "W_Q", "W_K", "W_O", "W_U")}
    scores = circuits.composition_scores(ov.Transformer(m.config, **weights, W_V=W_V), "K")
    assert np.isnan(scores[0, 1, 1:]).all()
    assert np.isfinite(scores[0, 0]).all()


@pytest.mark.parametrize("factor", [1e-12, 1e-6, 1e10])
@pytest.mark.parametrize("kind", ["Q", "K", "V"])
def test_no_factor_changes_a_score(kind: Any, factor: float) -> None:
    m = model(dtype=np.float32)
    scaled = times(m, W_Q=factor, W_K=factor, W_V=factor, W_O=factor)
    expected = circuits.composition_scores(m, kind)
    assert np.allclose(circuits.composition_scores(scaled, kind), expected, rtol=1e-5)
    double = model()
    huge = times(double, W_Q=1e200, W_K=1e-200, W_V=1e180, W_O=1e190)
    assert np.allclose(circuits.composition_scores(huge, kind), circuits.composition_scores(double, kind))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_head_that_is_zero_to_rounding_composes_with_nothing(dtype: type) -> None:
    """What W_V writes into its head, W_O does not read; turned round, rounding is left."""
    m = model(d_head=4)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    W_V, W_O = m.W_V.copy(), m.W_O.copy()
    W_V[0, 1] = (W_V[0, 1] * [1, 1, 0, 0]) @ turn
    W_O[0, 1] = turn.T @ (W_O[0, 1] * np.array([0, 0, 1, 1])[:, None])
    weights = {name: getattr(m, name) for name in ("W_E", "W_Q", "W_K", "W_U")}
    config = ov.Config(3, 2, 9, 4, 11, 6, dtype=dtype)
    for kind in ("Q", "K", "V"):
        scores = circuits.composition_scores(ov.Transformer(config, **weights, W_V=W_V, W_O=W_O), kind)
        assert np.isnan(scores[0, 1, 1:]).all()
        assert np.isfinite(scores[0, 0]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_baseline_of_a_folded_model(dtype: type) -> None:
    """Nobody writes to, or reads, the mean over d_model: one direction less to meet in."""
    config = ov.Config(2, 16, d_model=6, d_head=3, d_vocab=7, n_ctx=3, dtype=dtype)
    models = [ov.GPT.random(config, seed) for seed in range(6)]
    for kind in ("Q", "K", "V"):
        squares = [circuits.composition_scores(m.folded(), kind)[0, :, 1] ** 2 for m in models]
        assert np.sqrt(np.mean(squares)) == pytest.approx(1 / np.sqrt(5), rel=0.02)
        assert abs(np.mean(np.sqrt(squares)) * np.sqrt(5) - 1) > 0.02  # the mean is another figure
    folded = models[0].folded()
    assert circuits.composition_baseline(folded) == 1 / np.sqrt(5)
    assert circuits.composition_baseline(models[0]) == circuits.composition_baseline(config) == 1 / np.sqrt(6)
    rest = {name: getattr(models[0], name) for name in ("W_E", "W_Q", "W_K", "W_V", "W_U")}
    half = ov.Transformer(config, **rest, W_O=folded.W_O)
    assert circuits.composition_baseline(half) == 1 / np.sqrt(6)  # all directions are read
    assert circuits.composition_baseline(times(folded, W_O=0)) == 1 / np.sqrt(6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_a_mean_of_rounding_is_none_and_a_little_more_is_one(dtype: type, size: float) -> None:
    config = ov.Config(2, 3, 400, 5, 7, 6, dtype=dtype)
    folded = ov.GPT.random(config, seed=3).folded()
    near = replace(folded, **{name: size * getattr(folded, name) for name in ("W_Q", "W_K", "W_V", "W_O")})
    assert round(circuits.composition_baseline(near) ** -2) == 399
    longest = np.linalg.norm(near.W_O, axis=-1).max()
    least = 64 * np.finfo(dtype).eps * longest / np.sqrt(400)  # of the mean, twice what may be rounding
    off = replace(near, W_O=near.W_O + dtype(least))
    assert round(circuits.composition_baseline(off) ** -2) == 400


def test_scores_have_the_weights_precision() -> None:
    config = ov.Config(2, 3, 9, 4, 7, 6, dtype=np.float32)
    assert circuits.composition_scores(ov.Transformer.random(config), "K").dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mean_of_sixteen_roundings_may_be_rounding(dtype: type) -> None:
    config = ov.Config(2, 3, 400, 5, 7, 6, dtype=dtype)
    folded = ov.GPT.random(config, seed=3).folded()
    longest = np.linalg.norm(folded.W_O, axis=-1).max()
    off = replace(folded, W_O=folded.W_O + dtype(16 * np.finfo(dtype).eps * longest / np.sqrt(400)))
    assert round(circuits.composition_baseline(off) ** -2) == 399
