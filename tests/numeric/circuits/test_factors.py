"""Circuits: equal to what dense matrices and interventions give, and never larger than they need be."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from ovlearn import circuits
from ovlearn.numeric.circuits import factors

from .cases import HEADS, model, times


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


def test_a_virtual_head_is_the_product_in_order() -> None:
    m = model()
    whole = circuits.virtual_head(m, [(0, 1), (1, 0), (2, 1)])
    parts = [m.W_V[pair] @ m.W_O[pair] for pair in ((0, 1), (1, 0), (2, 1))]
    np.testing.assert_allclose(whole.AB, parts[0] @ parts[1] @ parts[2], atol=1e-12)
    assert whole.A.shape[-1] == 4


def test_the_vocabulary_is_never_squared() -> None:
    m = model(n_layers=1, n_heads=1, d_vocab=6_000)
    tracemalloc.start()
    circuits.copying_accuracy(m, 0, 0)
    circuits.eigenvalues(m)
    circuits.top_outputs(m, 0, 0, np.arange(50))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6  # [d_vocab, d_vocab] would be 288 MB


def test_all_heads_of_a_large_model_are_too_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    m = model()
    numbers = 2 * 3 * 2 * 11 * 4
    monkeypatch.setattr(factors, "_LARGEST", 8 * numbers)
    assert circuits.full_ov(m).shape == circuits.full_qk(m).shape == (3, 2, 11, 11)
    monkeypatch.setattr(factors, "_LARGEST", 8 * numbers - 1)
    for circuit in (circuits.full_ov, circuits.full_qk):
        with pytest.raises(ValueError, match=r"^layer, head: expected a head, .*, got none: .* take 0.0 GB$"):
            circuit(m)
        assert circuit(m, 1, 0).shape == (11, 11)
    assert circuits.ov(m).shape == (3, 2, 9, 9)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda m: circuits.ov(m, 3, 0), ValueError, "layer below 3"),
        (lambda m: circuits.ov(m, 1), TypeError, "layer, head"),
        (lambda m: circuits.ov("m", 1, 0), TypeError, "model: expected Transformer"),
        (lambda m: circuits.composition_scores(m, "X"), ValueError, 'kind: expected one of "Q", "K", "V"'),
        (lambda m: circuits.composition_scores(m, ["Q"]), ValueError, r"kind: .*, got \[.Q.\] \(list\)"),
        (
            lambda m: circuits.composition_baseline(3),
            TypeError,
            "of: expected a Config or a Transformer",
        ),
        (lambda m: circuits.virtual_head(m, None), TypeError, "heads: expected a sequence of .*, got None"),
        (lambda m: circuits.virtual_head(m, 3), TypeError, "heads: expected a sequence of .*, got 3"),
        (
            lambda m: circuits.virtual_head(m, "ab"),
            TypeError,
            "heads: expected .layer, head. with .*'a'",
        ),
        (lambda m: circuits.top_outputs(m, None, None, [1]), TypeError, "layer, head: .*, got .None, None"),
        (lambda m: circuits.copying_accuracy(m, None, None), TypeError, "layer, head: .*, got .None, None"),
        (lambda m: circuits.top_outputs(m, 0, 0, [[1, 2], [3]], k=2), ValueError, "tokens: .* a ragged list"),
        (lambda m: circuits.top_outputs(m, 0, 0, []), ValueError, "tokens: expected at least one token"),
        (
            lambda m: circuits.top_outputs(m, 0, 0, [1.5]),
            TypeError,
            "tokens: expected integers, got dtype",
        ),
        (lambda m: circuits.copying_quantiles(m, q=[0.5, 2]), ValueError, "q: expected numbers from 0 to 1"),
        (
            lambda m: circuits.copying_quantiles(m, heads=0),
            ValueError,
            "heads: expected a whole number",
        ),
        (lambda m: circuits.copying_quantiles("m"), TypeError, "model: expected Transformer"),
        (
            lambda m: circuits.copying_quantiles(times(m, W_U=0)),
            ValueError,
            "model: expected a W_E and a W_U between which heads can copy, got none",
        ),
        (
            lambda m: circuits.eigenvalues(times(m, W_E=1e200, W_U=1e200)),
            ValueError,
            "model: expected eigenvalues that float64 can hold, got larger ones",
        ),
        (
            lambda m: circuits.top_outputs(times(m, W_E=1e200, W_U=1e200), 0, 0, 1),
            ValueError,
            "model: expected logits that float64 can hold, got larger ones",
        ),
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
