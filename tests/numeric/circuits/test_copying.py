"""Eigenvalues and copying scores: against dense tables, in any basis, at any scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ovlearn as ov
from ovlearn import circuits

from .cases import HEADS, model, one_head, times

NILPOTENT = np.array([[1.0, -1], [1, -1]])  # raises one token and lowers the other; both eigenvalues are 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), d_head=st.integers(1, 6), d_vocab=st.integers(2, 12))
def test_eigenvalues_are_those_of_the_dense_circuit(seed: int, d_head: int, d_vocab: int) -> None:
    m = model(seed, d_head=d_head, d_vocab=d_vocab)
    values = circuits.eigenvalues(m)
    assert values.shape == (3, 2, d_head)
    for layer, head in HEADS:
        dense = circuits.full_ov(m, layer, head).AB
        dense = dense - dense.mean(axis=1, keepdims=True)
        for power in (1, 2, 3):  # sums of powers tell eigenvalues apart, whatever their order
            theirs = np.trace(np.linalg.matrix_power(dense, power))
            size = np.linalg.norm(dense) ** power
            assert abs((values[layer, head] ** power).sum() - theirs) <= 1e-9 * size


def test_copying_scores() -> None:
    random = circuits.copying_score(model())
    assert random.shape == (3, 2)
    m = model()
    rng = np.random.default_rng(0)
    P = rng.normal(size=(3, 2, 9, 4))
    weights = {name: getattr(m, name) for name in ("W_Q", "W_K")}
    E = rng.normal(size=(11, 9))
    E -= E.mean(axis=0)  # W_U is its transpose, and has no mean over the vocabulary then
    copying = ov.Transformer(m.config, W_E=E, **weights, W_V=P, W_O=P.swapaxes(-1, -2), W_U=E.T)
    np.testing.assert_allclose(circuits.copying_score(copying), 1, atol=1e-12)
    turned = ov.Transformer(m.config, W_E=E, **weights, W_V=P, W_O=-P.swapaxes(-1, -2), W_U=E.T)
    np.testing.assert_allclose(circuits.copying_score(turned), -1, atol=1e-12)
    silent = ov.Transformer(m.config, W_E=E, **weights, W_V=0 * P, W_O=P.swapaxes(-1, -2), W_U=E.T)
    assert np.isnan(circuits.copying_score(silent)).all()


def test_random_heads_score_as_the_design_says() -> None:
    scores = [circuits.copying_score(model(seed, d_model=40, d_vocab=60, d_head=16)) for seed in range(60)]
    spread = np.std(scores)
    assert abs(np.mean(scores)) < 0.03
    assert 0.085 < spread < 0.135  # about 1.7 / d_head


def test_positive_eigenvalues_do_not_make_the_diagonal_positive() -> None:
    """The caveat of the design: eigenvalues 1 and 2, and a token that the head lowers when it sees it."""
    circuit = np.array([[-1.0, 3.0], [-2.0, 4.0]])
    config = ov.Config(n_layers=1, n_heads=1, d_model=2, d_head=2, d_vocab=2, n_ctx=3)
    one = np.eye(2)[None, None]
    m = ov.Transformer(
        config, W_E=np.eye(2), W_Q=one, W_K=one, W_V=one, W_O=circuit[None, None], W_U=np.eye(2)
    )
    assert circuits.copying_score(m)[0, 0] == pytest.approx(1)
    assert circuits.full_ov(m, 0, 0).AB[0, 0] < 0
    assert circuits.copying_accuracy(m, 0, 0) == 0.5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 100])
def test_a_number_added_to_all_logits_changes_no_score(dtype: type, size: float) -> None:
    m = model(dtype=dtype, d_vocab=50)
    column = size * np.random.default_rng(3).normal(size=(9, 1))
    moved = replace(m, W_U=m.W_U + column)
    rounding = 1e-13 if dtype == np.float64 else 1e-4  # the column leaves W_U fewer digits
    assert np.abs(circuits.copying_score(moved) - circuits.copying_score(m)).max() < rounding * size
    dense = circuits.full_ov(moved, 0, 0).AB
    uncentred = np.linalg.eigvals(dense)
    assert abs(uncentred.sum().real / np.abs(uncentred).sum() - circuits.copying_score(m)[0, 0]) > 0.01


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [2, 3, 4, 7, 12, 24])
def test_no_eigenvalue_that_rounding_could_have_made(n: int, dtype: type) -> None:
    """Circuits with no eigenvalue but 0, in rotated bases: chains, and random ones above a diagonal."""
    for seed in range(8):
        rng = np.random.default_rng(seed)
        above = np.eye(n, k=1) if seed % 2 else np.triu(rng.normal(size=(n, n)), 1)
        basis = rng.normal(size=(n, n))
        basis[:, 0] = 1  # so that rows sum to 0, and centring leaves the circuit as it is
        basis = np.linalg.qr(basis)[0]
        circuit = basis @ above @ basis.T
        assert np.abs(np.linalg.eigvals(circuit)).max() > 0  # what rounding makes
        for factor in (1e-9, 1, 1e9):
            m = one_head(factor * circuit, seed, dtype)
            assert np.isnan(circuits.copying_score(m)).all()
            assert not circuits.eigenvalues(m).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_head_that_raises_one_token_and_lowers_another(dtype: type) -> None:
    for seed in (None, *range(40)):
        assert np.isnan(circuits.copying_score(one_head(NILPOTENT, seed, dtype))[0, 0])
        both = np.zeros((5, 5))
        both[:2, :2], both[2:, 2:] = NILPOTENT, 0.01 * (np.eye(3) - 1 / 3)  # and copies a little besides
        assert circuits.copying_score(one_head(both, seed, dtype))[0, 0] == pytest.approx(1, abs=1e-4)
        assert circuits.copying_score(one_head(-both, seed, dtype))[0, 0] == pytest.approx(-1, abs=1e-4)


def between_all(core: np.ndarray, seed: int, dtype: type) -> ov.Transformer:
    """One head with these eigenvalues, in rotated bases: W_U has no mean, and W_U W_E is the identity."""
    n = len(core)
    rng = np.random.default_rng(seed)
    turned, inside = (np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(2))
    W_U = rng.normal(size=(n, n + 1))
    W_U -= W_U.mean(axis=1, keepdims=True)
    weights = {
        "W_E": np.linalg.pinv(W_U),
        "W_V": (turned @ core @ turned.T @ inside)[None, None],
        "W_O": inside.T[None, None],
        "W_U": W_U,
    }
    nothing = np.zeros((1, 1, n, n))
    return ov.Transformer(
        ov.Config(1, 1, n, n, n + 1, n_ctx=3, dtype=dtype), W_Q=nothing, W_K=nothing, **weights
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [2, 3, 4, 6, 8])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_head_with_too_few_eigenvectors_keeps_an_eigenvalue_that_is_not_0(
    sign: int, n: int, dtype: type
) -> None:
    """Rounding moves each of them far, and yet not their sum, which is sign · n."""
    defective = sign * np.eye(n) + np.diag(np.ones(n - 1), 1)
    for seed in range(5):
        assert abs(circuits.copying_score(between_all(defective, seed, dtype)) - sign).max() < 0.05
        beside = np.zeros((2 * n, 2 * n))  # and what is nilpotent there stays 0
        beside[:n, :n], beside[n:, n:] = defective, np.diag(np.ones(n - 1), 1)
        assert abs(circuits.copying_score(between_all(beside, seed, dtype)) - sign).max() < 0.05
        gone = np.diag(np.ones(n - 1), 1)
        assert np.isnan(circuits.copying_score(between_all(gone, seed, dtype))).all()


def test_orthogonal_embeddings_have_no_score() -> None:
    """W_U W_E is 0, but for what 0.1 + 0.2 − 0.3 leaves."""
    config = ov.Config(1, 1, d_model=1, d_head=1, d_vocab=3, n_ctx=2)
    one = np.ones((1, 1, 1, 1))
    m = ov.Transformer(
        config, W_E=np.full((3, 1), 0.1), W_Q=one, W_K=one, W_V=one, W_O=one, W_U=np.array([[0.1, 0.2, -0.3]])
    )
    assert np.isnan(circuits.copying_score(m)[0, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_factor_changes_a_score(dtype: type) -> None:
    m = model(dtype=dtype)
    scores = circuits.copying_score(m)
    large, small = (1e30, 1e-30) if dtype == np.float32 else (1e200, 1e-200)
    for factors in ({"W_E": large, "W_U": large}, {"W_V": small, "W_O": small}, {"W_E": small, "W_O": large}):
        assert np.allclose(circuits.copying_score(times(m, **factors)), scores, atol=1e-5)
    doubled = circuits.eigenvalues(times(m, W_E=2, W_V=2, W_O=2, W_U=2))
    assert np.allclose(doubled, 16 * circuits.eigenvalues(m))


def test_a_score_is_never_above_one() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        basis = rng.normal(size=(6, 6))
        copies = one_head(basis @ basis.T, seed, np.float32)
        assert circuits.copying_score(copies)[0, 0] <= 1


def test_random_networks_keep_all_their_eigenvalues() -> None:
    for dtype in (np.float32, np.float64):
        for seed in range(6):
            m = model(seed, d_model=48, d_head=24, d_vocab=60, dtype=dtype)
            assert (circuits.eigenvalues(m) != 0).all()


def test_quantiles_of_random_heads() -> None:
    """Written out: heads of their own between the same W_E and W_U."""
    m = model(d_model=20, d_vocab=30)
    low, middle, high = circuits.copying_quantiles(m, heads=2_000)
    scores = []
    W_U = m.W_U - m.W_U.mean(axis=1, keepdims=True)
    for seed in range(2_000):
        rng = np.random.default_rng([7, seed])
        values = np.linalg.eigvals(m.W_E @ rng.normal(size=(20, 4)) @ rng.normal(size=(4, 20)) @ W_U)
        scores.append(values.sum().real / np.abs(values).sum())
    expected = np.quantile(scores, [0.05, 0.5, 0.95])
    assert np.abs([low, middle, high] - expected).max() < 0.06
    assert np.array_equal(circuits.copying_quantiles(m, heads=50), circuits.copying_quantiles(m, heads=50))


def test_the_models_own_embeddings_are_what_is_compared_with() -> None:
    """Random heads scatter more widely between embeddings that share a few directions."""
    m = model(d_model=20, d_vocab=30)
    shared = np.diag(np.exp(-np.arange(20.0)))
    narrow = replace(m, W_E=m.W_E @ shared, W_U=shared @ m.W_E.T)
    width = [np.ptp(circuits.copying_quantiles(one)) for one in (m, narrow)]
    assert width[1] > 1.3 * width[0]
