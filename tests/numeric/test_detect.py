"""What a head's attention does: against planted patterns, and sums written out."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlearn.numeric import Config, Run, Transformer, detect

from .cases import make_model, make_run, quick, runs

PERIOD = 3
DETECTORS = {  # each with how far back it looks, and from which query on
    "previous_token": (lambda run: detect.previous_token(run), 1, 1),
    "induction": (lambda run: detect.induction(run, PERIOD), PERIOD - 1, PERIOD),
    "duplicate_token": (lambda run: detect.duplicate_token(run, PERIOD), PERIOD, PERIOD),
}


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("batch", [(), (3,)])
def test_the_mean_written_out(name: str, batch: tuple[int, ...]) -> None:
    detector, back, first = DETECTORS[name]
    run = make_model(n_ctx=9).run(np.random.default_rng(0).integers(0, 7, (*batch, 8)))
    found = detector(run)
    pattern = run.pattern if batch else run.pattern[:, None]  # [layer, batch, head, query, key]
    for layer, head in np.ndindex(found.shape):
        weights = [one[query, query - back] for one in pattern[layer, :, head] for query in range(first, 8)]
        assert found[layer, head] == pytest.approx(np.mean(weights))


@pytest.mark.parametrize("name", DETECTORS)
def test_a_planted_head_is_found_and_no_other(name: str) -> None:
    """A pattern that lies wholly on the diagonal scores 1 with its own detector, 0 with the others."""
    _, back, first = DETECTORS[name]
    run = make_run(n_ctx=9)
    planted = np.zeros((*run.pattern.shape[:-2], 8, 8))
    for query in range(8):
        planted[..., query, query - back if query >= first else query] = 1
    run = replace(run, pattern=planted)
    for other, (detector, *_) in DETECTORS.items():
        assert (detector(run) == (1.0 if other == name else 0.0)).all(), other


@quick
@given(runs())
def test_scores_are_means_of_weights(run: Run) -> None:
    if run.pattern.shape[-1] > 1:
        scores = detect.previous_token(run)
        assert scores.shape == (run.model.config.n_layers, run.model.config.n_heads)
        assert ((scores >= 0) & (scores <= 1 + 1e-6)).all()


@quick
@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 9))
def test_repeated_tokens(period: int, batch: int, seed: int) -> None:
    config = Config(1, 1, 4, 2, d_vocab=6, n_ctx=13)
    tokens = detect.repeated_tokens(config, period, batch, seed)
    assert tokens.shape == (batch, 2 * period)
    assert (tokens[:, :period] == tokens[:, period:]).all()
    assert all(len(set(row[:period].tolist())) == period for row in tokens)
    assert ((tokens >= 0) & (tokens < 6)).all()
    assert np.array_equal(tokens, detect.repeated_tokens(config, period, batch, seed))


def test_other_seeds_give_other_tokens() -> None:
    config = Config(1, 1, 4, 2, d_vocab=20, n_ctx=20)
    first, second = (detect.repeated_tokens(config, 10, 4, seed) for seed in (0, 1))
    assert not np.array_equal(first, second)
    assert len({tuple(row) for row in first.tolist()}) == 4


def test_the_loss_of_a_guess_is_that_of_a_guess() -> None:
    """Without weights every token is as likely as any other."""
    config = Config(1, 1, 4, 2, d_vocab=6, n_ctx=12)
    blank = {name: np.zeros_like(getattr(Transformer.random(config), name)) for name in ("W_E", "W_U")}
    model = replace(Transformer.random(config), **blank)
    run = model.run(detect.repeated_tokens(config, 5, batch=2))
    assert detect.repeat_loss(run, 5) == pytest.approx(log(6))


def test_the_loss_written_out() -> None:
    config = Config(1, 2, 8, 3, d_vocab=6, n_ctx=12)
    tokens = detect.repeated_tokens(config, 4, batch=3)
    run = Transformer.random(config).run(tokens)
    losses = []
    for row, logits in zip(tokens, run.logits, strict=True):
        for pos in (5, 6, 7):  # of the second copy, but for its first token
            odds = np.exp(logits[pos - 1])
            losses.append(-log(odds[row[pos]] / odds.sum()))
    assert detect.repeat_loss(run, 4) == pytest.approx(np.mean(losses))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda run: detect.induction(run, 0), "period: expected a whole number from 1 to 3, got 0"),
        (lambda run: detect.induction(run, 4), "period: expected a whole number from 1 to 3, got 4"),
        (lambda run: detect.duplicate_token(run, 9), "period: expected a whole number from 1 to 3, got 9"),
        (lambda run: detect.repeat_loss(run, 1), "period: expected a whole number from 2 to 3, got 1"),
        (lambda run: detect.previous_token(run.model.run([1])), "run: expected at least 2 tokens, got 1"),
        (
            lambda run: detect.previous_token(run.model.run([1, 2], record=["v"])),
            'run: expected one that recorded its pattern, got none: add "pattern" to `record`',
        ),
        (
            lambda run: detect.repeat_loss(run.frozen().run(resid=run.embedding), 2),
            "run: expected one of tokens, got one of a residual stream",
        ),
        (
            lambda run: detect.repeated_tokens(run.model.config, 4),
            "period: expected a whole number from 1 to 3, got 4",
        ),
    ],
)
def test_what_does_not_fit(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$".replace("(", r"\(")):
        call(make_run())  # type: ignore[operator]


def test_what_is_no_run() -> None:
    with pytest.raises(TypeError, match="run: expected Run, got"):
        detect.previous_token(make_model())  # type: ignore[arg-type]
