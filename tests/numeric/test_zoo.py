"""The models of the zoo do what their cards say: each judged by what a few lines of Python expect of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from ovlearn.numeric import Transformer, circuits, detect, zoo
from ovlearn.numeric.zoo import cards, saying, trained

from .cases import assert_raises

RNG = np.random.default_rng(0)
FRESH = (5, 9, 14, 20, 24)  # periods, none of which is on a card
NETWORKS = [name for name in zoo.names() if name != "smollm2-excerpt"]
OF_WORDS = [name for name in zoo.names() if name.startswith("king-james")]
READ = {  # a text: the word after it, its probability; the head that says so, what it adds, what it looks at
    "silver and": ("gold", 0.71, (1, 6), 3.6, "silver"),
    "the sun and the": ("moon", 0.75, (1, 6), 4.4, "sun"),
    "in the beginning god created the heaven and the": ("earth", 0.30, (1, 6), 2.4, "heaven"),
    "and moses said unto the lord , and the lord said unto": ("moses", 0.50, (1, 3), 2.3, "lord"),
}


def silent(model: Transformer, layer: int, head: int) -> Transformer:
    """The model with one head that writes nothing."""
    W_O = model.W_O.copy()
    W_O[layer, head] = 0
    return replace(model, W_O=W_O)


def predictions(model: Transformer, tokens: np.ndarray) -> np.ndarray:
    return model.run(tokens).logits.argmax(axis=-1)


def test_names() -> None:
    """Those written by hand, those that were trained and the excerpt, which are files."""
    made = [zoo.load(name).made for name in zoo.names()]
    assert made == sorted(made, key=["by hand", "trained", "excerpt"].index)
    stored = {path.stem for path in trained.FOLDER.glob("*.npz")} - {"king-james-text"}
    assert sorted(zoo.names()[made.index("trained") :]) == sorted(stored)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_model_has_its_words(name: str) -> None:
    model = zoo.load(name)
    assert isinstance(model, Transformer)
    assert repr(model) == f"ZooModel({name!r})"
    assert len(set(model.tokens)) == len(model.tokens) == model.config.d_vocab
    assert model.shows.endswith(".")
    assert model.made in ("by hand", "trained")
    assert model.words(model.encode(list(model.tokens))) == list(model.tokens)


def test_what_is_no_model() -> None:
    assert_raises(ValueError, f"name: expected one of {', '.join(zoo.names())}, got 'copy'", zoo.load, "copy")
    assert_raises(TypeError, "name: expected the name of a model, got 3 (int)", zoo.load, 3)
    model = zoo.load("copying")
    assert_raises(ValueError, "text: expected words that are tokens of copying, got 'z'", model.encode, "a z")
    assert_raises(TypeError, "text: expected text, or a list of words, got 3 (int)", model.encode, 3)
    assert_raises(ValueError, "ids: expected ids from 0 to 9, got 10 at ids[0]", model.words, [10])
    assert_raises(
        ValueError, "ids: expected rows of equal length, got a ragged list", model.words, [[1, 2], [3]]
    )


# Written by hand.


def test_copying_raises_each_token_most_in_fewer_dimensions() -> None:
    model = zoo.load("copying")
    table = circuits.full_ov(model, 0, 0).AB  # [d_vocab, d_vocab]
    assert (table.argmax(axis=1) == np.arange(10)).all()
    assert np.linalg.matrix_rank(table) == model.config.d_head < model.config.d_vocab
    values = circuits.eigenvalues(model)[0, 0]
    assert (values.real > 0).all()
    assert np.abs(values.imag).max() < 1e-12
    assert circuits.copying_score(model)[0, 0] == pytest.approx(1)


def test_skip_trigrams_come_with_their_bug() -> None:
    model = zoo.load("skip-trigrams")
    for word, said in product(("in", "at"), ("mind", "bay")):
        logits = model.run(model.encode(f"keep the {word}")).logits[-1]
        assert set(np.array(model.tokens)[logits > 4.9]) == {"mind", "bay"}
        assert logits[model.encode(said)] == pytest.approx(5, abs=0.01)
    assert not model.run(model.encode("off the in")).logits.any()
    assert model.run(model.encode("keep the a")).logits[-1].max() == pytest.approx(
        5 / 3
    )  # no one looks: a mean


def test_two_back_needs_both_heads() -> None:
    model = zoo.load("two-back")
    tokens = RNG.integers(0, 6, (20, 8))
    assert (predictions(model, tokens)[:, 2:] == tokens[:, :-2]).all()
    run = model.run(tokens)
    assert (detect.previous_token(run) > 0.99).all()
    both = run.pattern[1, :, 0] @ run.pattern[0, :, 0]  # [batch, query, key]
    assert both[:, np.arange(2, 8), np.arange(6)].min() > 0.99
    for layer in (0, 1):
        assert not silent(model, layer, 0).run(tokens).logits.any()


@pytest.mark.parametrize(("name", "kind"), [("induction-by-keys", "K"), ("induction-by-pointers", "Q")])
def test_induction_by_hand(name: str, kind: str) -> None:
    model = zoo.load(name)
    for period in range(2, 9):
        tokens = detect.repeated_tokens(model.config, period, batch=8, seed=period)
        run = model.run(tokens)
        assert detect.induction(run, period)[1, 0] > 0.99
        assert (run.logits.argmax(axis=-1)[:, period:-1] == tokens[:, period + 1 :]).all()
        assert detect.repeat_loss(run, period) < 0.01
        assert detect.induction(silent(model, 0, 0).run(tokens), period)[1, 0] < 0.5
    for one in "QKV":
        score = circuits.composition_scores(model, one)[0, 0, 1, 0]  # type: ignore[arg-type]
        assert (score > circuits.composition_baseline(model.config)) == (one == kind)


# Trained.


@pytest.mark.parametrize("period", FRESH)
def test_induction_needs_two_layers(period: int) -> None:
    one, two = zoo.load("repeats-one-layer"), zoo.load("repeats-two-layers")
    tokens = detect.repeated_tokens(one.config, period, batch=32, seed=1000 + period)
    runs = one.run(tokens), two.run(tokens)
    assert detect.induction(runs[0], period).max() <= 0.4
    assert detect.induction(runs[1], period).max() >= 0.85
    losses = [detect.repeat_loss(run, period) for run in runs]
    assert losses[1] < 0.1 < 1 < losses[0]


def test_the_previous_token_head_is_what_the_induction_heads_read() -> None:
    model = zoo.load("repeats-two-layers")
    run = model.run(detect.repeated_tokens(model.config, 24, batch=32, seed=7))
    strongest = int(detect.previous_token(run)[0].argmax())
    into = detect.induction(run, 24)[1] > 0.5  # [head]
    assert into.any()
    means = circuits.composition_scores(model, "K")[0, :, 1][:, into].mean(axis=1)  # [head of layer 0]
    assert int(means.argmax()) == strongest
    assert means[strongest] > circuits.composition_baseline(model.config)


@pytest.mark.parametrize("name", OF_WORDS)
def test_the_text_is_what_the_models_of_words_were_trained_on(name: str) -> None:
    model, (train, held_out) = zoo.load(name), zoo.text()
    assert model.words(train[:4]) == ["in", "the", "beginning", "god"]
    assert len(train) + len(held_out) == 914_321  # as the docstring says
    assert 0.04 < len(held_out) / len(train) < 0.06
    counts = np.bincount(train, minlength=model.config.d_vocab)
    assert counts[0] == 0  # <bos>
    assert (np.diff(counts[2:]) <= 0).all()  # the most frequent first


@pytest.mark.parametrize("text", READ)
def test_one_can_read_what_two_layers_say(text: str) -> None:
    model = zoo.load("king-james-two-layers")
    word, probability, head, added, looked_at = READ[text]
    run = model.run(model.encode(f"<bos> {text}"))
    assert model.words([run.logits[-1].argmax()]) == [word]
    assert saying.probability(model, text, word) == pytest.approx(probability, abs=0.01)
    boxed = saying.boxed(model, text, word)  # [layer, head]
    assert np.unravel_index(boxed.argmax(), boxed.shape) == head
    assert boxed[head] == pytest.approx(added, abs=0.05)
    assert model.words([run.tokens[run.pattern[*head][-1].argmax()]]) == [looked_at]
    silenced = saying.probability(silent(model, *head), text, word)  # type: ignore[arg-type]
    assert silenced < probability / 2


def test_paths_through_one_head_carry_what_two_layers_say() -> None:
    model = zoo.load("king-james-two-layers")
    assert saying.shares(model, "silver and") == pytest.approx([0.16, 0.74, 0.10], abs=0.01)
    for text in READ:
        shares = saying.shares(model, text)  # [k]
        assert shares[1] == shares.max()
        assert shares[2] < 0.15


def test_what_the_heads_of_two_layers_of_words_do() -> None:
    """One looks at the word before; another one writes what all keys of layer 1 read; none does induction."""
    model = zoo.load("king-james-two-layers")
    before = saying.previous_word(model)  # [layer, head]
    assert before[1, 1] == pytest.approx(0.83, abs=0.01)
    assert np.delete(before, 9).max() < 0.35
    scores, chance = circuits.composition_scores(model, "K")[0, :, 1], circuits.composition_baseline(model)
    assert scores[2].min() > 2 * chance
    assert np.delete(scores, 2, axis=0).max() < 1.5 * chance
    assert max(saying.repeated_words(model, period).max() for period in FRESH) < 0.15


def test_the_weights_are_light() -> None:
    """The excerpt is no trained model of ours, and has a bound of its own."""
    sizes = {path.stem: path.stat().st_size for path in trained.FOLDER.glob("*.npz")}
    assert sizes.pop("smollm2-excerpt") <= 3e6
    assert sum(sizes.values()) <= 6e6


# Cards.


def test_a_card_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another model, another card: nothing of it is typed."""
    model = zoo.load("repeats-two-layers")
    figures = {figure.name: figure.values for figure in cards.measured(model).figures}
    worse = {
        figure.name: figure.values
        for figure in cards.measured(silent(model, 1, 2)).figures  # type: ignore[arg-type]
    }
    assert list(figures) == list(worse)
    by_period = "loss on the second copy, in nats, by period 6, 12, 18, 24"
    assert (worse[by_period] > figures[by_period]).all()
    run = model.run(detect.repeated_tokens(model.config, 12, batch=64, seed=12))
    assert np.array_equal(figures["induction, period 12"], detect.induction(run, 12))


@pytest.mark.parametrize("name", zoo.names())
def test_a_card_in_words(name: str) -> None:
    card = zoo.card(name)
    text, html = str(card), card._repr_html_()
    for figure in card.figures:
        assert str(figure) in text
        assert str(figure) in html
    assert card.provenance in text
    assert ("0/0 is no score" in text) == ("nan" in " ".join(map(str, card.figures)))


@pytest.mark.parametrize("name", OF_WORDS)
def test_the_models_of_words_have_learned_more_than_frequencies(name: str) -> None:
    figures = {
        figure.name: float(figure.values) for figure in zoo.card(name).figures if not figure.values.ndim
    }
    loss, unigram = (
        next(v for k, v in figures.items() if k.startswith(word)) for word in ("loss", "the same")
    )
    assert 2.5 < loss < 3.3
    assert 5 < unigram < 5.6


# Files.


def test_store_and_read_again(tmp_path: Path) -> None:
    model = zoo.load("repeats-one-layer")
    weights = {name: getattr(model, name) for name in ("W_E", "W_pos", "W_Q", "W_K", "W_V", "W_O", "W_U")}
    sizes = {
        name: getattr(model.config, name)
        for name in ("n_layers", "n_heads", "d_model", "d_head", "d_vocab", "n_ctx")
    }
    about = {"shows": "A copy.", "provenance": "here", "periods": [4]}
    trained.store("copy", tmp_path, weights, model.tokens, config=sizes | {"positional": True}, **about)
    again = trained.stored("copy", tmp_path)
    assert all(np.array_equal(getattr(again, name), weight) for name, weight in weights.items())
    assert (again.shows, again.provenance, again.periods) == ("A copy.", "here", (4,))
    assert again.tokens == model.tokens


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    message = "name: expected the file copy.npz beside the zoo, got none"
    assert_raises(FileNotFoundError, message, trained.stored, "copy", tmp_path)


@pytest.mark.parametrize(
    ("name", "sizes", "loudest", "sharpest"),
    [
        ("copying", (1, 1, 8, 5, 10, 8), 0.82, 0),
        ("skip-trigrams", (1, 1, 16, 2, 8, 8), 1, 12 * 2**0.5),
        ("two-back", (2, 1, 26, 8, 6, 8), 10, 12 * 8**0.5),
        ("induction-by-keys", (2, 1, 40, 16, 8, 16), 10, 12 * 16**0.5),
        ("induction-by-pointers", (2, 1, 48, 24, 8, 16), 10, 12 * 24**0.5),
    ],
)
def test_what_is_built_by_hand_has_no_room_to_spare(
    name: str, sizes: tuple[int, ...], loudest: float, sharpest: float
) -> None:
    """As few dimensions as its words say; patterns are sharp, and what a head says is loud."""
    model = zoo.load(name)
    assert tuple(getattr(model.config, size) for size in SIZES) == sizes
    assert abs(model.W_U).max() == pytest.approx(loudest, rel=0.01)
    assert {0.0, *np.unique(abs(model.W_Q).round(9))} <= {0.0, *(round(k * sharpest, 9) for k in (1, 2))}
    assert tuple(model.periods) == ((4, 5, 6, 7, 8) if name.startswith("induction") else ())


SIZES = ("n_layers", "n_heads", "d_model", "d_head", "d_vocab", "n_ctx")


def test_the_held_out_loss_is_that_of_all_the_text() -> None:
    """Another route to the same number: each row by itself, and log-softmax written out."""
    model, (_, held_out) = zoo.load("king-james"), trained.text()
    figure = next(f for f in cards.measured(model).figures if f.name.startswith("loss"))
    losses = []
    for begin in range(0, len(held_out) // 63 * 63, 63 * 4 * 9):  # a ninth of what the card takes
        tokens = [0, *held_out[begin : begin + 63]]
        logits = model.run(tokens, record=()).logits.astype(float)
        for at in range(31, 63):
            losses.append(np.log(np.exp(logits[at] - logits[at].max()).sum()) - logits[at, tokens[at + 1]])
            losses[-1] += logits[at].max()
    assert float(figure.values) == pytest.approx(np.mean(losses), abs=0.15)


@pytest.mark.parametrize(("name", "share"), [("copying", 0.9), ("two-back", 1.0)])
def test_a_card_says_how_many_tokens_are_copied(name: str, share: float) -> None:
    figure = next(f for f in zoo.card(name).figures if f.name.startswith("share of tokens"))
    model = zoo.load(name)
    table = model.W_E
    for layer in range(model.config.n_layers):
        table = table @ model.W_V[layer, 0] @ model.W_O[layer, 0]
    table = table @ model.W_U
    copied = np.mean([table[token].argmax() == token for token in range(len(table))])
    assert float(figure.values) == copied >= share
