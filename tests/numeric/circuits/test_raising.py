"""Rows of full circuits: as in the dense table, whatever their height; ties are no hits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ovlearn import circuits
from ovlearn.numeric.circuits import raising

from .cases import model, one_head, times


def test_top_outputs_are_those_of_the_dense_row(monkeypatch: pytest.MonkeyPatch) -> None:
    m = model()
    monkeypatch.setattr(raising, "_BLOCK", 25)  # two rows at a time
    found = circuits.top_outputs(m, 1, 1, [5, 0, 5, 9, 2], k=4)
    dense = circuits.full_ov(m, 1, 1).AB[[5, 0, 5, 9, 2]]
    np.testing.assert_array_equal(found.tokens, np.argsort(-dense, axis=1)[:, :4])
    np.testing.assert_allclose(found.logits, -np.sort(-dense, axis=1)[:, :4], atol=1e-12)
    whole = circuits.full_ov(m, 1, 1).AB
    hits = (np.argsort(-whole, axis=1)[:, :3] == np.arange(11)[:, None]).any(axis=1)
    assert circuits.copying_accuracy(m, 1, 1, k=3) == pytest.approx(hits.mean())


def test_one_token_or_a_table_of_them() -> None:
    m = model()
    assert circuits.top_outputs(m, 0, 0, 3, k=2).tokens.shape == (1, 2)
    assert circuits.top_outputs(m, 0, 0, [[3, 1], [4, 1]], k=2).tokens.shape == (4, 2)


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e-30), (np.float32, 1e30), (np.float64, 1e-200)])
def test_no_factor_changes_an_accuracy(dtype: type, size: float) -> None:
    m = model(dtype=dtype)
    scaled = times(m, W_E=size, W_V=size, W_O=size, W_U=size)
    for k in (1, 4):
        assert circuits.copying_accuracy(scaled, 1, 1, k) == circuits.copying_accuracy(m, 1, 1, k) > 0


@pytest.mark.parametrize("k", [1, 3, 10])
def test_a_silent_head_copies_nothing(k: int) -> None:
    m = model()
    assert circuits.copying_accuracy(times(m, W_O=0), 1, 0, k=k) == 0
    assert circuits.copying_accuracy(times(m, W_U=0), 1, 0, k=k) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_head_that_raises_all_alike_copies_nothing(dtype: type) -> None:
    """Rotated bases make of equal logits some that differ by rounding."""
    alike = np.arange(1.0, 8)[:, None] * np.ones(7)
    pairs = np.kron(np.eye(4), np.ones((2, 2)))  # each token raises itself and one other, equally
    for seed in range(20):
        assert circuits.copying_accuracy(one_head(alike, seed, dtype), 0, 0) == 0
        assert circuits.copying_accuracy(one_head(pairs, seed, dtype), 0, 0) == 0
        assert circuits.copying_accuracy(one_head(pairs, seed, dtype), 0, 0, k=2) == 1
        assert circuits.copying_accuracy(one_head(np.eye(7), seed, dtype), 0, 0) == 1


def test_a_number_added_to_all_logits_changes_no_rank() -> None:
    m = model(d_vocab=40)
    moved = replace(m, W_U=m.W_U + np.random.default_rng(1).normal(size=(9, 1)))
    for head in range(2):
        assert circuits.copying_accuracy(m, 0, head, k=5) == circuits.copying_accuracy(moved, 0, head, k=5)


@pytest.mark.parametrize("power", [-7, 0, 7])
def test_what_is_a_tie_does_not_depend_on_the_unit(power: int) -> None:
    """Each token raises itself a hundred thousandth more than another: single precision sees that."""
    circuit = np.eye(6) + (1 - 1e-5) * np.roll(np.eye(6), 1, axis=1)
    m = one_head(circuit, dtype=np.float32)
    assert circuits.copying_accuracy(times(m, W_O=2.0**power), 0, 0) == 1
    near = one_head(np.eye(6) + (1 - 1e-8) * np.roll(np.eye(6), 1, axis=1), seed=3, dtype=np.float32)
    assert circuits.copying_accuracy(times(near, W_O=2.0**power), 0, 0) == 0


def test_one_long_column_does_not_make_ties_of_short_ones() -> None:
    circuit = np.eye(6) + (1 - 1e-4) * np.roll(np.eye(6), 1, axis=1)
    assert circuits.copying_accuracy(one_head(circuit, seed=4, dtype=np.float32), 0, 0) == 1


def test_what_is_a_tie_does_not_depend_on_how_many_tokens_there_are() -> None:
    circuit = np.eye(60) + (1 - 4e-6) * np.roll(np.eye(60), 1, axis=1)
    assert circuits.copying_accuracy(one_head(circuit, dtype=np.float32), 0, 0) == 1
