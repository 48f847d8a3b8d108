"""A real language model, held to what was measured on it by hand, with numpy and with transformers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ovlearn.numeric import GPT, Run, circuits, detect, reading

TEXTS = {
    "they": "They said they would do it by",
    "he": "He wanted to do it by",
    "house": "The house (which we bought last year",
    "France": "The capital of France is",
    "Japan": "The capital of Japan is",
}
# A text, what comes next and how probable that is.
NEXT = [
    ("they", " themselves", 0.28),
    ("he", " himself", 0.58),
    ("house", ")", 0.85),
    ("France", " Paris", 0.81),
    ("Japan", " Tokyo", 0.74),
]
# A text, a head, what it gave to which word, a word it looks at, its attention there, what came from there.
GAVE = [
    ("they", (25, 2), " themselves", 3.19, " they", 0.43, 1.67),
    ("they", (25, 2), " themselves", 3.19, "They", 0.33, 1.26),
    ("he", (25, 2), " himself", 1.48, None, None, None),
    ("they", (26, 2), " themselves", 3.52, None, None, None),
    ("he", (26, 2), " himself", 4.39, None, None, None),
    ("house", (27, 7), ")", 4.38, " (", 0.40, 2.29),
    ("house", (26, 6), ")", 5.14, " (", 0.98, 5.12),
    ("France", (23, 4), " Paris", 2.88, " France", 0.95, 2.88),
    ("Japan", (23, 4), " Tokyo", 3.53, " Japan", 0.98, 3.54),
]
# A text, a head, a word in it: the cosine of the row of the embedding, and of the stream after layer 0, with
# that of the recorded stream; and the share of that row's length that is the embedding's.
COSINES = [
    ("they", (25, 2), " they", 0.63, 0.33, 0.023),
    ("they", (26, 2), " they", 0.82, 0.78, 0.015),
    ("house", (27, 7), " (", 0.59, 0.64, 0.008),
    ("house", (26, 6), " (", -0.24, 0.47, 0.013),
    ("France", (23, 4), " France", 0.23, 0.90, 0.009),
    ("Japan", (23, 4), " Japan", 0.27, 0.92, 0.009),
]
# A head, a word, the first words of its row, and how wide that spreads.
ROWS = [
    ((25, 2), " they", {" their", " themselves"}, 25),
    ((25, 2), " he", {" his", " himself"}, 38),
    ((27, 5), " she", {" she", " her", " herself"}, 44),
    ((27, 5), " we", set(), 56),
    ((27, 5), " they", set(), 35),
    ((27, 7), " (", {"’)", ")", ")—"}, 20),
    ((26, 6), " (", {"["}, 21),
    ((29, 2), " France", {" France", " French", " Paris"}, 40),
    ((29, 2), " dogs", {" Dogs", " canine", " Dog"}, 31),
]


@pytest.fixture(scope="module")
def runs(smollm2: GPT) -> dict[str, Run]:
    return {name: smollm2.run(smollm2.tokenizer.encode(text, begin=True)) for name, text in TEXTS.items()}


def place_of(model: GPT, run: Run, word: str) -> int:
    return max(at for at, one in enumerate(model.tokenizer.words(run.tokens)) if one == word)


def test_its_sizes(smollm2: GPT) -> None:
    config = smollm2.config
    assert (config.n_layers, config.n_heads, config.d_model, config.d_head) == (30, 9, 576, 64)
    assert (config.d_vocab, config.n_ctx, smollm2.n_key_value_heads) == (49152, 8192, 3)
    assert np.shares_memory(smollm2.W_U, smollm2.W_E)  # tied, and held once


def test_its_words(smollm2: GPT) -> None:
    words = smollm2.tokenizer
    ids = words.encode("The capital of France is", begin=True)
    assert ids.tolist() == [0, 504, 3575, 282, 4649, 314]
    assert words.words(ids) == ["<|endoftext|>", "The", " capital", " of", " France", " is"]
    assert (
        words.decode(words.encode("In 1984, naïve café: 日本 🙂\n\tdef f(x):"))
        == "In 1984, naïve café: 日本 🙂\n\tdef f(x):"
    )
    assert words.words(words.encode("1984")) == ["1", "9", "8", "4"]
    with pytest.raises(
        ValueError, match=r"^word: expected one token, got 'themselve', which is 3: 'the', 'ms', 'elve'$"
    ):
        words.id_of("themselve")


@pytest.mark.parametrize(("text", "word", "probability"), NEXT)
def test_what_comes_next(
    smollm2: GPT, runs: dict[str, Run], text: str, word: str, probability: float
) -> None:
    logits = runs[text].logits[-1].astype(float)
    chances = np.exp(logits - logits.max())
    chances /= chances.sum()
    assert chances.argmax() == smollm2.tokenizer.id_of(word)
    assert chances.max() == pytest.approx(probability, abs=0.005)


@pytest.mark.parametrize(("text", "head", "word", "gave", "at", "attention", "from_there"), GAVE)
def test_what_a_head_gave(
    smollm2: GPT, runs: dict[str, Run], text: str, head: tuple[int, int], word: str, gave: float,
    at: str | None, attention: Any, from_there: Any,
) -> None:  # fmt: skip
    run = runs[text]
    found = reading.parts(run, smollm2.tokenizer.id_of(word))
    assert found.sum == pytest.approx(found.total, rel=1e-5)
    assert found.heads[head] == pytest.approx(gave, abs=0.006)
    if at is not None:
        place = place_of(smollm2, run, at)
        assert run.pattern[(*head, -1, place)] == pytest.approx(attention, abs=0.006)
        assert found.sources[(*head, place)] == pytest.approx(from_there, abs=0.006)


@pytest.mark.parametrize(("text", "head", "word", "embedding", "later", "share"), COSINES)
def test_how_far_the_box_reaches(
    smollm2: GPT, runs: dict[str, Run], text: str, head: tuple[int, int], word: str, embedding: float,
    later: float, share: float,
) -> None:  # fmt: skip
    run = runs[text]
    target = smollm2.tokenizer.id_of(next(word for name, word, _ in NEXT if name == text))
    found = reading.reach(run, *head, target, place_of(smollm2, run, word))
    assert found.cosine["embedding"] == pytest.approx(embedding, abs=0.006)
    assert found.cosine["after layer 0"] == pytest.approx(later, abs=0.006)
    assert found.norm_share == pytest.approx(share, abs=0.0006)
    assert abs(found.share) < 0.03


@pytest.mark.parametrize(("head", "word", "raised", "spread"), ROWS)
def test_rows_in_words(
    smollm2: GPT, head: tuple[int, int], word: str, raised: set[str], spread: float
) -> None:
    words = smollm2.tokenizer
    found = reading.rows(smollm2, *head, words.id_of(word), k=6)
    assert raised <= set(words.words(found.raised[0]))
    assert found.spread[0] == pytest.approx(spread, abs=1)
    assert found.spread[0] > found.noise[0]


def test_a_row_that_has_nothing_to_say_spreads_as_noise_does(smollm2: GPT) -> None:
    nouns = [smollm2.tokenizer.id_of(word) for word in (" table", " river", " metal")]
    found = reading.rows(smollm2, 25, 2, nouns, k=3)
    assert (found.spread < 1.1 * found.noise).all()


def test_two_heads_of_one_layer_copy_and_do_the_opposite(smollm2: GPT) -> None:
    scores = circuits.copying_score(smollm2.folded())
    assert scores[29, 2] == pytest.approx(1, abs=0.005)
    assert scores[29, 0] == pytest.approx(-1, abs=0.005)


def test_heads_that_do_induction_and_heads_that_look_back(smollm2: GPT) -> None:
    block = np.random.default_rng(0).choice(np.arange(1000, 20_000), size=(8, 24), replace=False)
    tokens = np.concatenate(
        [np.zeros((8, 1), int), block, block], axis=1
    )  # [batch, pos], the begin token first
    run = smollm2.run(tokens, record=["pattern"])
    found, back = detect.induction(run, 24), detect.previous_token(run)
    assert set(map(tuple, np.argwhere(found > 0.7).tolist())) == {(18, 6), (17, 4), (17, 5), (17, 3)}
    assert found[18, 6] == pytest.approx(0.91, abs=0.04)
    assert {(11, 1), (16, 0)} <= set(map(tuple, np.argwhere(back > 0.65).tolist()))
    assert detect.repeat_loss(run, 24) < 3.5


def test_without_a_begin_token_the_first_word_is_a_sink(smollm2: GPT) -> None:
    ids = smollm2.tokenizer.encode("Anna gave the book to Paul because")
    streams = smollm2.run(ids, record=["resid_pre"]).resid_pre[25]  # [pos, d_model]
    sizes = np.sqrt((streams**2).mean(axis=1))
    assert sizes[0] > 20 * sizes[1:].max()
