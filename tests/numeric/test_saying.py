"""What a model of words says: against sums written out, and paths one by one."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log
from string import ascii_lowercase
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlearn.numeric import Transformer, detect, paths, zoo
from ovlearn.numeric.config import weight_shapes
from ovlearn.numeric.zoo import ZooModel, saying

from .cases import assert_close, assert_raises, configs, quick


def wordy(model: Transformer) -> ZooModel:
    """A model whose tokens are letters; the first of them stands before every text."""
    return ZooModel(
        model.config,
        **{name: getattr(model, name) for name in weight_shapes(model.config)},
        name="letters",
        tokens=tuple(ascii_lowercase[: model.config.d_vocab]),
        made="by hand",
        shows="Nothing.",
        provenance="at random",
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[ZooModel, str, str]:
    """A random model, a text and a word."""
    config = draw(configs(max_layers=3, max_heads=3))
    model = wordy(Transformer.random(config, draw(st.integers(0, 10**6))))
    letters = st.sampled_from(model.tokens)
    return model, " ".join(draw(st.lists(letters, max_size=config.n_ctx - 1))), draw(letters)


def read(model: ZooModel, text: str) -> Any:
    """The run of a text, its first token before it."""
    return model.run(np.insert(model.encode(text), 0, 0))


def centred(logits: np.ndarray) -> np.ndarray:
    """Logits [d_vocab] less their mean."""
    return logits - logits.sum() / len(logits)


@quick
@given(cases())
def test_a_probability_written_out(case: tuple[ZooModel, str, str]) -> None:
    model, text, word = case
    logits = read(model, text).logits[-1].tolist()
    expected = exp(logits[model.tokens.index(word)]) / sum(map(exp, logits))
    assert saying.probability(model, text, word) == pytest.approx(expected, rel=1e-5)


@quick
@given(cases())
def test_the_shares_of_all_paths_one_by_one(case: tuple[ZooModel, str, str]) -> None:
    model, text, _ = case
    run = read(model, text)
    whole = centred(run.logits[-1])
    expected = np.zeros(model.config.n_layers + 1)  # [k]
    for path in paths.enumerate(model.config):
        expected[len(path)] += centred(paths.contribution(run, path)[-1]) @ whole / (whole @ whole)
    assert_close(saying.shares(model, text), expected)
    assert saying.shares(model, text).sum() == pytest.approx(1, abs=1e-4)


@quick
@given(cases())
def test_a_boxed_path_is_one_of_a_frozen_run_without_positions(case: tuple[ZooModel, str, str]) -> None:
    model, text, word = case
    run = read(model, text)
    of_words = run.frozen().run(resid=model.W_E[run.tokens])
    found = saying.boxed(model, text, word)  # [layer, head]
    assert found.shape == (model.config.n_layers, model.config.n_heads)
    for head in np.ndindex(found.shape):
        added = centred(paths.contribution(of_words, (head,))[-1])
        assert found[head] == pytest.approx(added[model.tokens.index(word)], rel=1e-4, abs=1e-5)


def test_a_head_that_writes_nothing_adds_nothing() -> None:
    model = zoo.load("king-james-two-layers")
    W_O = model.W_O.copy()
    W_O[1, 6] = 0
    silent = replace(model, W_O=W_O)
    before, after = (saying.boxed(each, "silver and", "gold") for each in (model, silent))
    assert after[1, 6] == 0 < before[1, 6]
    assert np.array_equal(np.delete(before, 14), np.delete(after, 14))  # the patterns do not hang on layer 1
    assert saying.probability(silent, "silver and", "gold") < 0.2


def test_the_losses_written_out() -> None:
    """One row of those that are measured after another, and each word by its own logarithm."""
    model, (train, held_out) = zoo.load("king-james-two-layers"), zoo.text()
    losses = []
    for begin in range(0, len(held_out) - 62, 4 * 63):
        row = [0, *held_out[begin : begin + 63]]
        logits = model.run(row).logits.astype(float)  # [pos, d_vocab]
        losses += [log(np.exp(logits[i]).sum()) - logits[i, row[i + 1]] for i in range(31, 63)]
    assert saying.held_out_loss(model) == pytest.approx(np.mean(losses), abs=1e-4)
    seen, total = np.bincount(train, minlength=2000), len(train) + 2000
    expected = sum(-log((seen[token] + 1) / total) for token in held_out) / len(held_out)
    assert saying.frequency_loss(model) == pytest.approx(expected)


def test_what_the_heads_look_at_written_out() -> None:
    model, (_, held_out) = zoo.load("king-james-two-layers"), zoo.text()
    rows = [[0, *held_out[begin : begin + 63]] for begin in range(0, len(held_out) - 62, 32 * 63)]
    pattern = model.run(rows).pattern  # [layer, batch, head, query, key]
    before = [pattern[:, :, :, i, i - 1].mean(axis=1) for i in range(1, 64)]
    assert_close(saying.previous_word(model), np.mean(before, axis=0))
    blocks = detect.repeated_tokens(model.config, 5, batch=64, seed=5)
    pattern = model.run([[0, *block] for block in blocks]).pattern
    followed = [pattern[:, :, :, i, i - 4].mean(axis=1) for i in range(6, 11)]
    assert_close(saying.repeated_words(model, 5), np.mean(followed, axis=0))


def test_a_word_that_is_none() -> None:
    model = zoo.load("king-james-two-layers")
    message = "text: expected words that are tokens of king-james-two-layers, got 'platinum'"
    for call in (saying.probability, saying.boxed):
        assert_raises(ValueError, message, call, model, "silver and", "platinum")
        assert_raises(ValueError, message, call, model, "platinum and", "gold")
    assert_raises(ValueError, message, saying.shares, model, "platinum and")
