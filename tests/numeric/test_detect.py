"""What a head's attention does: against planted patterns, and sums written out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from inspect import isfunction, signature
from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlearn.numeric import Config, Run, Transformer, detect

from .cases import make_model, make_run, quick, runs

PERIOD = 3
TWICE = [6, 0, 2, 6, 0, 2]
LOOKS_AT: dict[str, Callable[[int], int | None]] = {  # from a query to its key; None where it does not count
    "previous_token": lambda query: query - 1 if query >= 1 else None,
    "induction": lambda query: query - PERIOD + 1 if query >= PERIOD else None,
    "duplicate_token": lambda query: query - PERIOD if query >= PERIOD else None,
}
# What looks at no one key, written out: its value for one pattern [query, key].
WRITTEN_OUT: dict[str, Callable[[Any], float]] = {}
MEASURES: dict[str, Callable[..., Any]] = {
    name: found
    for name, found in vars(detect).items()
    if isfunction(found) and found.__module__ == detect.__name__ and not name.startswith("_")
    if "run" in signature(found).parameters and signature(found).return_annotation == "Array"
}


def measured(name: str, run: Run) -> Any:
    """What a measure gives, at our period where it asks for one."""
    period = [PERIOD] if "period" in signature(MEASURES[name]).parameters else []
    return MEASURES[name](run, *period)


def keys(name: str) -> dict[int, int]:
    """Where a measure looks from each query that counts."""
    return {query: key for query in range(6) if (key := LOOKS_AT[name](query)) is not None}


def test_of_every_measure_we_know_where_it_looks_or_what_it_is() -> None:
    known = {*LOOKS_AT, *WRITTEN_OUT}
    assert sorted(set(MEASURES) - known) == [], "a measure without a row in LOOKS_AT or WRITTEN_OUT"
    assert sorted(known - set(MEASURES)) == [], "a row without a measure"


def written_out(name: str, pattern: Any) -> float:
    """What a measure is of one pattern [query, key], by another route."""
    if name in WRITTEN_OUT:
        return WRITTEN_OUT[name](pattern)
    return float(np.mean([pattern[query, key] for query, key in keys(name).items()]))


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("batch", [1, 4])
def test_the_mean_written_out(name: str, batch: int) -> None:
    tokens = detect.repeated_tokens(make_model().config, PERIOD, batch)
    run = make_model().run(tokens if batch > 1 else tokens[0])
    found = measured(name, run)
    pattern = run.pattern if batch > 1 else run.pattern[:, None]  # [layer, batch, head, query, key]
    assert found.shape == (2, 3)
    for layer, head in np.ndindex(found.shape):
        values = [written_out(name, one) for one in pattern[layer, :, head]]
        assert found[layer, head] == pytest.approx(np.mean(values))


@pytest.mark.parametrize("name", LOOKS_AT)
def test_a_planted_head_is_found_and_no_other(name: str) -> None:
    """A pattern that lies wholly where a measure looks scores 1; with another, what both look at."""
    run = make_model().run(TWICE)
    planted = np.zeros((*run.pattern.shape[:-2], 6, 6))
    for query in range(6):
        planted[..., query, keys(name).get(query, query)] = 1
    run = replace(run, pattern=planted)
    assert (measured(name, run) == 1).all()
    for other in LOOKS_AT:
        shared = [keys(name).get(query, query) == key for query, key in keys(other).items()]
        assert measured(other, run) == pytest.approx(np.full((2, 3), np.mean(shared))), other


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_says_what_it_needs(name: str) -> None:
    with pytest.raises(TypeError, match="run: expected Run, got"):
        measured(name, make_model())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="run: expected one that recorded its pattern, got none"):
        measured(name, make_model().run(TWICE, record=["v"]))


@pytest.mark.parametrize("copies", [2, 3, 4])
@pytest.mark.parametrize("before", [[], [9], [9, 8], [9, 8, 7, 9, 9]])
@pytest.mark.parametrize("cut", [0, 2])
def test_any_number_of_copies(copies: int, before: list[int], cut: int) -> None:
    """A head that shares its attention between all earlier copies is perfect, whatever comes before them."""
    block = [0, 1, 2, 3, 4]
    tokens = [*before, *(block * copies), *block[:cut]]
    run = make_model(d_vocab=10, n_ctx=30).run([tokens, tokens])
    shapes = {"induction": 1, "duplicate_token": 0}
    for name, after in shapes.items():
        planted = np.zeros(run.pattern.shape)
        for query, token in enumerate(tokens):
            seen = [place for place in range(query) if tokens[place] == token and token < 5]
            for place in seen or [query]:
                planted[..., query, place + after if seen else query] += 1 / max(1, len(seen))
        perfect = replace(run, pattern=planted)
        for other in shapes:
            score = getattr(detect, other)(perfect, 5)
            assert score == pytest.approx(1 if other == name else 0), (other, name)
            assert score.shape == (2, 3)


def test_the_loss_of_a_text_with_a_first_token_and_three_copies() -> None:
    model = make_model(d_vocab=10, n_ctx=20)
    tokens = [9, *([0, 1, 2, 3] * 3)]
    run = model.run(tokens)
    losses = []
    for pos in range(6, 13):  # from the second token of the second copy on
        odds = np.exp(run.logits[pos - 1])
        losses.append(-log(odds[tokens[pos]] / odds.sum()))
    assert detect.repeat_loss(run, 4) == pytest.approx(np.mean(losses))


@pytest.mark.parametrize(
    "tokens",
    [
        [6, 0, 1, 2, 3, 5],  # nothing is said twice
        [6, 6, 6, 0, 1, 2],  # another period
        [5, 0, 2, 6, 0, 1, 6, 3, 1],  # broken at its end
        [3, 4, 5, 6, 0, 2, 6],  # only the end happens to repeat
        [[6, 0, 2, 6, 0, 2], [6, 0, 2, 6, 0, 3]],  # in one text alone
    ],
)
def test_texts_that_do_not_repeat(tokens: list[int]) -> None:
    run = make_model(n_ctx=9).run(tokens)
    for detector in (detect.induction, detect.duplicate_token, detect.repeat_loss):
        with pytest.raises(ValueError, match=r"^run: expected tokens that repeat with period 3, got others$"):
            detector(run, 3)


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
        (lambda run: detect.duplicate_token(run, 0), "period: expected a whole number from 1 to 3, got 0"),
        (lambda run: detect.induction(run, 1), "period: expected a whole number from 2 to 3, got 1"),
        (lambda run: detect.induction(run, 4), "period: expected a whole number from 2 to 3, got 4"),
        (lambda run: detect.duplicate_token(run, 9), "period: expected a whole number from 1 to 3, got 9"),
        (lambda run: detect.repeat_loss(run, 1), "period: expected a whole number from 2 to 3, got 1"),
        (lambda run: detect.previous_token(run.model.run([1])), "run: expected at least 2 tokens, got 1"),
        (
            lambda run: detect.repeat_loss(run.frozen().run(resid=run.embedding), 2),
            "run: expected one of tokens, got one of a residual stream",
        ),
        (
            lambda run: detect.repeat_loss(run.model.run([1, 2, 1]), 2),
            "run: expected two tokens of the second copy, got one",
        ),
        (
            lambda run: detect.induction(run.model.run([1, 2, 1, 2], record=["v"]), 2),
            'run: expected one that recorded its pattern, got none: add "pattern" to `record`',
        ),
        (
            lambda run: detect.induction(run.frozen().run(resid=run.embedding), 2),
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


def test_the_loss_does_not_change_with_what_is_added_to_all_logits_of_a_place() -> None:
    model = Transformer.random(Config(1, 2, 8, 4, 7, 12))
    run = model.run([[3, 1, 4, 2, 3, 1, 4, 2], [0, 5, 6, 1, 0, 5, 6, 1]])
    moved = replace(run, logits=run.logits - np.arange(16).reshape(2, 8, 1) * 200.0)
    assert detect.repeat_loss(moved, 4) == pytest.approx(detect.repeat_loss(run, 4))


def test_tokens_that_repeat_nowhere_have_no_block() -> None:
    run = Transformer.random(Config(1, 2, 8, 4, 7, 12)).run([0, 1, 2, 3])
    with pytest.raises(ValueError, match="expected tokens that repeat with period 3"):
        detect.duplicate_token(run, 3)


def test_a_begin_token_stands_before_and_nowhere_else() -> None:
    config = Config(n_layers=1, n_heads=1, d_model=4, d_head=3, d_vocab=7, n_ctx=13)
    tokens = detect.repeated_tokens(config, 6, batch=50, begin=3)
    assert tokens.shape == (50, 13)
    assert (tokens[:, 0] == 3).all()
    assert (tokens[:, 1:] != 3).all()
    assert (tokens[:, 1:7] == tokens[:, 7:]).all()
    for bad, message in (
        (
            {"period": 7},
            "period: expected a whole number from 1 to 6, got 7",
        ),  # room for two, and the begin token
        ({"period": 2, "begin": 7}, "begin: expected a whole number from 0 to 6, got 7"),
    ):
        with pytest.raises(ValueError, match="expected") as caught:
            detect.repeated_tokens(config, **{"begin": 3, **bad})
        assert str(caught.value) == message
