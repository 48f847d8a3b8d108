"""Heads read in words: rows against dense ones, parts that add up, and what silence does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlearn.numeric import GPT, Config, Transformer, checkpoints, circuits, reading
from ovlearn.numeric.circuits.raising import largest, smallest

from .answers import FIXTURES, FOLDERS
from .cases import quick

TEXT = [3, 14, 1, 5, 9, 2]


def llama() -> GPT:
    model = checkpoints.load(FIXTURES / "llama-biased")
    wide = {field.name: getattr(model, field.name) for field in fields(model)}
    wide["config"] = replace(model.config, dtype=np.float64)
    return GPT(**wide)


@pytest.fixture(params=FOLDERS)
def model(request: pytest.FixtureRequest) -> GPT:
    loaded = checkpoints.load(FIXTURES / request.param)
    wide = {field.name: getattr(loaded, field.name) for field in fields(loaded)}
    wide["config"] = replace(loaded.config, dtype=np.float64)
    return GPT(**wide)


# Rows.


@quick
@given(
    st.integers(1, 700) | st.integers(2000, 4000),
    st.integers(1, 12),
    st.sampled_from([-100, 0, 100]),
    st.integers(0, 2**32 - 1),
)
def test_the_first_few_are_those_of_a_full_sort(width: int, k: int, middle: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = middle + rng.integers(-20, 20, size=(3, width)).astype(float)  # with many equal ones
    k = min(k, width)
    for found, sign in ((largest(rows, k), -1), (smallest(rows, k), 1)):
        order = np.argsort(sign * rows, axis=1, kind="stable")[:, :k]
        assert np.array_equal(found[0], order)
        assert np.array_equal(found[1], np.take_along_axis(rows, order, axis=1))


def dense(model: GPT, layer: int, head: int, x: Any) -> Any:
    """Rows [token, d_vocab] by the definition: what the head writes of x, through the last norm's gain."""
    read = x - x.mean(axis=-1, keepdims=True) if model.normalization == "LN" else x
    read = read / np.sqrt((read**2).mean(axis=-1, keepdims=True) + model.eps) * model.ln1_w[layer]
    wrote = read @ model.W_V[layer, head] @ model.W_O[layer, head]
    wrote = wrote - wrote.mean(axis=-1, keepdims=True) if model.normalization == "LN" else wrote
    logits = wrote * model.ln_final_w @ model.W_U
    return logits - logits.mean(axis=-1, keepdims=True)


@pytest.mark.parametrize("ids", [[2, 5, 11], range(17)], ids=["fewer than d_head", "more"])
def test_rows_are_those_of_the_dense_circuit(model: GPT, ids: Sequence[int]) -> None:
    found = reading.rows(model, 1, 0, ids, k=4)
    rows = dense(model, 1, 0, model.W_E[list(ids)])
    assert np.array_equal(found.raised, np.argsort(-rows, axis=1)[:, :4])
    assert np.array_equal(found.lowered, np.argsort(rows, axis=1)[:, :4])
    assert np.allclose(found.by, -np.sort(-rows, axis=1)[:, :4])
    assert np.allclose(found.down_by, np.sort(rows, axis=1)[:, :4])
    assert np.allclose(found.spread, rows.std(axis=1))


def test_the_strongest_rows_are_those_that_spread_widest(model: GPT) -> None:
    spread = reading.rows(model, 1, 2, range(17), k=1).spread
    assert reading.strongest(model, 1, 2, 5).tolist() == np.argsort(-spread)[:5].tolist()


def test_rows_of_recorded_streams_and_of_the_first_mlp(model: GPT) -> None:
    run = model.run(TEXT)
    found = reading.rows(model, 1, 2, TEXT, k=3, basis=run.resid_pre[1])
    assert np.allclose(found.spread, dense(model, 1, 2, run.resid_pre[1]).std(axis=1))
    alone = reading.after_first_mlp(model, TEXT)
    assert (
        np.allclose(alone, reading.after_first_mlp(model.folded(), TEXT) + 0) or model.normalization == "LN"
    )
    found = reading.rows(model, 1, 2, TEXT, k=3, basis="after first MLP")
    assert np.allclose(found.spread, dense(model, 1, 2, alone).std(axis=1))


def test_a_random_head_is_noise_and_a_copying_one_is_not() -> None:
    config = Config(1, 1, 40, 16, 90, 8)
    random = Transformer.random(config, seed=1)
    found = reading.rows(random, 0, 0, range(90), k=3)
    assert 0.8 < np.median(found.spread / found.noise) < 1.25
    P = np.linalg.qr(np.random.default_rng(2).normal(size=(40, 40)))[0][:, :16]  # [d_model, d_head]
    copies = replace(random, W_V=P[None, None], W_O=P.T[None, None], W_U=random.W_E.T)
    found = reading.rows(copies, 0, 0, range(90), k=3)
    assert (found.raised[:, 0] == np.arange(90)).mean() > 0.8


def test_directions_are_those_of_the_whole_matrix() -> None:
    model = llama()
    found = reading.directions(model, 2, 1, count=2, k=3)
    net = model.folded()
    U, S, Vh = np.linalg.svd(net.W_V[2, 1] @ net.W_O[2, 1])
    assert np.allclose(found.size, S[:2])
    x = model.W_E / np.sqrt((model.W_E**2).mean(axis=1, keepdims=True) + model.eps)
    for at in range(2):
        along, said = x @ U[:, at], Vh[at] @ net.W_U
        both = [(set(np.argsort(s * along)[-3:]), set(np.argsort(s * said)[-3:])) for s in (1, -1)]
        assert (set(found.looks_at[at]), set(found.raised[at])) in both


# All heads, by what they do.


def test_heads_are_measured_on_tokens_said_twice(model: GPT) -> None:
    found = reading.measured(model)
    run, period = reading.repeated(model)
    tokens = np.asarray(run.tokens)
    assert np.array_equal(tokens[:, :period], tokens[:, period:])  # these have no begin token
    pattern = model.run(tokens, record=["pattern"]).pattern  # [layer, batch, head, query, key]
    later, each = np.arange(period, 2 * period), np.arange(1, 2 * period)
    for name, weights in (
        ("induction", pattern[..., later, later - period + 1]),
        ("duplicate token", pattern[..., later, later - period]),
        ("previous token", pattern[..., each, each - 1]),
    ):
        assert np.allclose(found[name], weights.mean(axis=(1, -1))), name
    assert np.allclose(found["copying"], circuits.copying_score(model.folded()))


def test_a_begin_token_comes_before_them() -> None:
    class Begins:
        begin = 2

    run, period = reading.repeated(replace(llama(), tokenizer=Begins()))
    tokens = np.asarray(run.tokens)
    assert tokens.shape[1] == 1 + 2 * period
    assert (tokens[:, 0] == 2).all()


# What a head gave, from where.


def test_what_a_head_gives_is_attention_times_row(model: GPT) -> None:
    run, toward = model.run(TEXT), [1, 4, 4, 7, 0, 12]
    found = reading.gives(run, 1, 2, toward)
    assert np.array_equal(found.attention, run.pattern[1, 2])
    x, scale = run.resid_pre[1], model.norm_scale(run.resid_final)  # [pos, d_model], [pos, 1]
    rows = dense(model, 1, 2, x)  # [key, d_vocab]
    assert np.allclose(found.gave, run.pattern[1, 2] * rows[:, toward].T / scale)
    by = model.norm_scale(x) / np.sqrt(
        (centred(model, run.embedding) ** 2).mean(-1, keepdims=True) + model.eps
    )
    boxed = dense(model, 1, 2, run.embedding) / by  # by the factor that the norm had
    assert np.allclose(found.boxed, run.pattern[1, 2] * boxed[:, toward].T / scale)
    lengths = [np.linalg.norm(each, axis=1) for each in (boxed, rows)]
    assert np.allclose(found.norm_share, lengths[0] / lengths[1])
    assert np.allclose(found.cosine, (boxed * rows).sum(axis=1) / lengths[0] / lengths[1])
    lean = reading.gives(model.run(TEXT, record=["resid_pre"]), 1, 2, toward)
    assert np.allclose(lean.attention, found.attention)  # computed, where it was not recorded


def centred(model: GPT, x: Any) -> Any:
    return x - x.mean(axis=-1, keepdims=True) if model.normalization == "LN" else x


# What parts gave.


@pytest.mark.parametrize("against", [None, 7])
def test_the_parts_add_up(model: GPT, against: int | None) -> None:
    run = model.run(TEXT)
    for position in (-1, 2):
        found = reading.parts(run, 4, against, position)
        assert found.sum == pytest.approx(found.total, abs=1e-9)
        assert (found.toward, found.against, found.position) == (4, against, position % len(TEXT))
        other = run.logits[position].mean() if against is None else run.logits[position, against]
        assert found.total == pytest.approx(run.logits[position, 4] - other)
        b_V = np.einsum("lhe,lhed->lhd", model.b_V, model.W_O)
        assert np.allclose(found.sources.sum(axis=-1), found.heads), b_V.any()


def test_a_part_is_what_its_silence_takes_away_once_the_norm_is_held() -> None:
    """In the last layer nothing comes after a head but the norm."""
    model = llama()
    run = model.run(TEXT)
    silenced = model.run(TEXT, replace={("head_out", 2, 3): "silence"})
    lost = (run.resid_final - run.mlp_out[2]) - (silenced.resid_final - silenced.mlp_out[2])  # type: ignore[index]
    direction = (model.W_U[:, 4] - model.W_U.mean(axis=1)) * model.ln_final_w
    gave = lost[-1] / model.norm_scale(run.resid_final)[-1] @ direction
    assert reading.parts(run, 4).heads[2, 3] == pytest.approx(gave)


# How far the box reaches.


def test_with_one_layer_of_heads_alone_the_box_is_all() -> None:
    model = Transformer.random(Config(1, 3, 8, 4, 11, 6), seed=3)
    found = reading.reach(model.run([3, 1, 4, 1]), 0, 2, toward=5)
    assert found.share == pytest.approx(1)
    assert found.norm_share == pytest.approx(1)
    assert found.cosine["embedding"] == pytest.approx(1)


def test_reach_is_what_parts_say(model: GPT) -> None:
    run = model.run(TEXT)
    found, whole = reading.reach(run, 1, 2, toward=4), reading.parts(run, 4)
    folded = reading.parts(model.folded().run(TEXT), 4)
    assert found.gave == pytest.approx(folded.heads[1, 2])
    if not model.b_V.any() and model.normalization == "RMS":  # else folding moves a part to b_O
        assert found.gave == pytest.approx(whole.heads[1, 2])
        assert found.gave_from_there == pytest.approx(whole.sources[1, 2, found.looked_at])
    assert found.looked_at == abs(folded.sources[1, 2]).argmax()
    assert found.attention == pytest.approx(run.pattern[1, 2, -1, found.looked_at])
    assert list(found.cosine) == ["embedding", "after first MLP", "after layer 0"]
    at = found.looked_at
    streams = (run.embedding[at], reading.after_first_mlp(model, [TEXT[at]])[0], run.resid_post[0, at])
    recorded = dense(model, 1, 2, run.resid_pre[1][at])
    for cosine, stream in zip(found.cosine.values(), streams, strict=True):
        row = dense(model, 1, 2, stream)
        assert cosine == pytest.approx(row @ recorded / np.linalg.norm(row) / np.linalg.norm(recorded))


# What stands in the place of something.


def test_what_stands_in_for_a_head(model: GPT) -> None:
    run, other = model.run(TEXT), model.run(TEXT[::-1])
    place = ("head_out", 1, 2)
    for stand, expected in (
        ("silence", 0 * run.head_out[1, 2]),
        ("mean", np.broadcast_to(run.head_out[1, 2].mean(axis=0), run.head_out[1, 2].shape)),
        (other, other.head_out[1, 2]),
        (2 * run.head_out[1, 2], 2 * run.head_out[1, 2]),
    ):
        found = model.run(TEXT, replace={place: stand})
        assert np.allclose(found.head_out[1, 2], expected)
        assert np.array_equal(found.head_out[0], run.head_out[0])
        assert not np.allclose(found.logits, run.logits)
    assert np.allclose(model.run(TEXT, replace={place: run}).logits, run.logits)


def test_what_stands_in_for_an_mlp_and_for_a_stream(model: GPT) -> None:
    run, other = model.run(TEXT), model.run(TEXT[::-1])
    silent = model.run(TEXT, replace={("mlp_out", 0): "silence"})
    assert not silent.mlp_out[0].any()  # type: ignore[index]
    assert np.allclose(silent.resid_post[0], run.resid_post[0] - run.mlp_out[0])  # type: ignore[index]
    moved = model.run(TEXT, replace={("resid_pre", 1): other})
    assert np.allclose(moved.logits, other.logits)
    assert np.array_equal(moved.head_out[0], run.head_out[0])


def test_another_stream_in_the_place_of_the_embedding(model: GPT) -> None:
    run = model.run(TEXT)
    assert np.allclose(model.run(TEXT, resid=run.embedding).logits, run.logits)
    assert not np.allclose(model.run(TEXT, resid=2 * run.embedding + 1).logits, run.logits)


def test_bad_input() -> None:
    model = llama()
    run = model.run(TEXT)
    batch = model.run([TEXT, TEXT])
    plain = Transformer.random(Config(1, 2, 8, 3, 7, 5))
    for call, message in (
        (lambda: reading.rows(model, 3, 0, [1]), "layer, head: expected (layer, head) with layer below 3"),
        (lambda: reading.rows(model, 0, 0, [99]), "tokens: expected ids from 0 to 16, got 99"),
        (lambda: reading.rows(model, 0, 0, [1], k=18), "k: expected a whole number from 1 to 17, got 18"),
        (
            lambda: reading.rows(model, 0, 0, [1], basis="soul"),
            "basis: expected 'embedding', 'after first MLP' or",
        ),
        (
            lambda: reading.rows(model, 0, 0, [1], basis=np.ones((2, 24))),
            "basis: expected shape (1, 24), a stream",
        ),
        (
            lambda: reading.rows(plain, 0, 0, [1], 2, basis="after first MLP"),
            "basis: expected 'embedding' or an array",
        ),
        (lambda: reading.parts(batch, 1), "run: expected one of a single text, got a batch"),
        (lambda: reading.parts(run, 1, 17), "against: expected a whole number from 0 to 16, got 17"),
        (lambda: reading.parts(run, 17), "toward: expected a whole number from 0 to 16, got 17"),
        (lambda: reading.parts(run, 1, position=6), "position: expected a whole number from 0 to 5, got 6"),
        (
            lambda: reading.parts(model.run(TEXT, record=["v"]), 1),
            "run: expected one that recorded its head_out",
        ),
        (
            lambda: reading.parts(model.run(TEXT, record=["v", "pattern", "head_out"]), 1),
            "run: expected one that recorded its mlp_out",
        ),
        (lambda: reading.gives(run, 0, 0, [1]), "toward: expected 6 tokens, one a position, got 1"),
        (lambda: reading.gives(run, 3, 0, TEXT), "layer, head: expected (layer, head) with layer below 3"),
        (
            lambda: reading.gives(model.run(TEXT, record=[]), 0, 0, TEXT),
            "run: expected one that recorded its resid_pre",
        ),
        (lambda: reading.reach(batch, 0, 0, 1), "run: expected one of the tokens of a single text"),
        (
            lambda: reading.reach(run, 0, 0, 1, looked_at=6),
            "looked_at: expected a whole number from 0 to 5, got 6",
        ),
        (
            lambda: model.run(TEXT, replace={("z", 0, 1): "silence"}),
            'replace: expected ("head_out", layer, head)',
        ),
        (
            lambda: plain.run([1], replace={("mlp_out", 0): "mean"}),
            'replace: expected ("head_out", layer, head)',
        ),
        (
            lambda: model.run(TEXT, replace={("head_out", 0, 6): "mean"}),
            "replace, head_out: expected (layer, head)",
        ),
        (
            lambda: model.run(TEXT, replace={("mlp_out", 3): "mean"}),
            "replace, mlp_out: expected a whole number",
        ),
        (
            lambda: model.run(TEXT, replace={("mlp_out", 1): "half"}),
            "replace, ('mlp_out', 1): expected \"silence\"",
        ),
        (
            lambda: model.run(TEXT, replace={("mlp_out", 1): batch}),
            "replace, ('mlp_out', 1): expected shape (6, 24)",
        ),
        (lambda: model.run(TEXT, resid=np.ones((5, 24))), "resid: expected shape (6, 24), got shape (5, 24)"),
    ):
        with pytest.raises(ValueError, match="expected") as caught:
            call()
        assert str(caught.value).startswith(message), str(caught.value)
    for call, message in (
        (lambda: model.run(TEXT, replace=[1]), "replace: expected a table by place"),
        (lambda: model.run(TEXT, replace={"head_out": 1}), 'replace: expected ("head_out", layer, head)'),
        (
            lambda: model.run(TEXT, replace={("mlp_out", 1): None}),
            "replace, ('mlp_out', 1): expected \"silence\"",
        ),
        (lambda: reading.parts(3, 1), "run: expected Run, got 3 (int)"),
    ):
        with pytest.raises(TypeError, match="expected") as refused:
            call()
        assert str(refused.value).startswith(message), str(refused.value)
