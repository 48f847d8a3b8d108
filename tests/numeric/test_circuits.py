"""Circuits: equal to what dense matrices and interventions give, and never larger than they need be."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ovlearn as ov
from ovlearn import circuits

HEADS = [(layer, head) for layer in range(3) for head in range(2)]


def model(seed: int = 0, **sizes: Any) -> ov.Transformer:
    given = {"n_layers": 3, "n_heads": 2, "d_model": 9, "d_head": 4, "d_vocab": 11, "n_ctx": 6}
    return ov.Transformer.random(ov.Config(**{**given, **sizes}), seed=seed)


@pytest.mark.parametrize(("layer", "head"), HEADS)
def test_each_circuit_is_its_product(layer: int, head: int) -> None:
    m = model()
    W_V, W_O, W_Q, W_K = (getattr(m, name)[layer, head] for name in ("W_V", "W_O", "W_Q", "W_K"))
    for circuit, dense in (
        (circuits.ov, W_V @ W_O),
        (circuits.qk, W_Q @ W_K.T),
        (circuits.full_ov, m.W_E @ W_V @ W_O @ m.W_U),
        (circuits.full_qk, m.W_E @ W_Q @ W_K.T @ m.W_E.T),
    ):
        np.testing.assert_allclose(circuit(m, layer, head).AB, dense, atol=1e-12)
        np.testing.assert_allclose(circuit(m).AB[layer, head], dense, atol=1e-12)
        assert circuit(m, layer, head).A.shape[-1] == m.config.d_head


def test_the_full_circuit_is_what_an_intervention_adds() -> None:
    m = model()
    for token in (0, 7):
        frozen = m.run([token]).frozen()
        silent = frozen.run(heads=set()).logits
        for layer, head in HEADS:
            added = frozen.run(heads={(layer, head)}).logits - silent
            np.testing.assert_allclose(circuits.full_ov(m, layer, head).AB[token], added[0], atol=1e-12)


def test_scores_are_read_from_the_full_qk_circuit() -> None:
    m = model()
    tokens = [3, 1, 4]
    scores = circuits.full_qk(m, 0, 1).AB[np.ix_(tokens, tokens)] / np.sqrt(m.config.d_head)
    np.testing.assert_allclose(m.run(tokens).scores[0, 1], scores, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), d_head=st.integers(1, 6), d_vocab=st.integers(2, 12))
def test_eigenvalues_are_those_of_the_dense_circuit(seed: int, d_head: int, d_vocab: int) -> None:
    m = model(seed, d_head=d_head, d_vocab=d_vocab)
    values = circuits.eigenvalues(m)
    assert values.shape == (3, 2, d_head)
    for layer, head in HEADS:
        dense = circuits.full_ov(m, layer, head).AB
        for power in (1, 2, 3):  # sums of powers tell eigenvalues apart, whatever their order
            theirs = np.trace(np.linalg.matrix_power(dense, power))
            size = np.abs(values[layer, head] ** power).sum() + 1e-9
            assert abs((values[layer, head] ** power).sum() - theirs) <= 1e-8 * size


def test_copying_scores() -> None:
    random = circuits.copying_score(model())
    assert random.shape == (3, 2)
    m = model()
    rng = np.random.default_rng(0)
    P = rng.normal(size=(3, 2, 9, 4))
    weights = {name: getattr(m, name) for name in ("W_Q", "W_K")}
    E = rng.normal(size=(11, 9))
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


def test_a_virtual_head_is_the_product_in_order() -> None:
    m = model()
    whole = circuits.virtual_head(m, [(0, 1), (1, 0), (2, 1)])
    parts = [m.W_V[pair] @ m.W_O[pair] for pair in ((0, 1), (1, 0), (2, 1))]
    np.testing.assert_allclose(whole.AB, parts[0] @ parts[1] @ parts[2], atol=1e-12)
    assert whole.A.shape[-1] == 4


def test_top_outputs_are_those_of_the_dense_row(monkeypatch: pytest.MonkeyPatch) -> None:
    m = model()
    monkeypatch.setattr(circuits, "_BLOCK", 25)  # two rows at a time
    found = circuits.top_outputs(m, 1, 1, [5, 0, 5, 9, 2], k=4)
    dense = circuits.full_ov(m, 1, 1).AB[[5, 0, 5, 9, 2]]
    np.testing.assert_array_equal(found.tokens, np.argsort(-dense, axis=1)[:, :4])
    np.testing.assert_allclose(found.logits, -np.sort(-dense, axis=1)[:, :4], atol=1e-12)
    whole = circuits.full_ov(m, 1, 1).AB
    hits = (np.argsort(-whole, axis=1)[:, :3] == np.arange(11)[:, None]).any(axis=1)
    assert circuits.copying_accuracy(m, 1, 1, k=3) == pytest.approx(hits.mean())


def test_the_vocabulary_is_never_squared() -> None:
    m = model(n_layers=1, n_heads=1, d_vocab=6_000)
    tracemalloc.start()
    circuits.copying_accuracy(m, 0, 0)
    circuits.eigenvalues(m)
    circuits.top_outputs(m, 0, 0, np.arange(50))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6  # [d_vocab, d_vocab] would be 288 MB


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda m: circuits.ov(m, 3, 0), ValueError, "layer below 3"),
        (lambda m: circuits.ov(m, 1), TypeError, "layer, head"),
        (lambda m: circuits.ov("m", 1, 0), TypeError, "model: expected Transformer"),
        (lambda m: circuits.composition_scores(m, "X"), ValueError, 'kind: expected one of "Q", "K", "V"'),
        (lambda m: circuits.virtual_head(m, []), ValueError, "at least one"),
        (lambda m: circuits.virtual_head(m, [(1, 0), (0, 1)]), ValueError, "layers that increase"),
        (lambda m: circuits.top_outputs(m, 0, 0, [11]), ValueError, "tokens"),
        (
            lambda m: circuits.top_outputs(m, 0, 0, [1], k=12),
            ValueError,
            "k: expected a whole number from 1 to 11",
        ),
        (lambda m: circuits.copying_accuracy(m, 0, 0, k=0), ValueError, "k: expected"),
    ],
)
def test_bad_input_is_named(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call(model())
