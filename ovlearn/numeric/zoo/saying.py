"""What a model of words says: its loss on text that it never saw, its next word, and the paths behind that.

A text is words with spaces between them, as `ZooModel.encode` takes it. `<bos>` is put before it, as it was
when the model was trained. All of it is about the text's last position, where the next word is said.
"""

from __future__ import annotations

import numpy as np

from ovlearn.numeric import detect, paths
from ovlearn.numeric.arrays import Array, Tokens
from ovlearn.numeric.run import Run
from ovlearn.numeric.zoo import trained
from ovlearn.numeric.zoo.zoomodel import ZooModel


def probability(model: ZooModel, text: str, word: str) -> float:
    """Return the probability that a model gives to a word after a text.

    Raises as `encode` does.

    >>> from ovlearn.numeric import zoo
    >>> 0.5 < probability(zoo.load("king-james-two-layers"), "silver and", "gold") < 1
    True
    """
    (token,) = model.encode([word])
    logits = _run(model, text).logits[-1]  # [d_vocab]
    return float(np.exp(-_surprise(logits, token)))


def shares(model: ZooModel, text: str) -> Array:
    """Return the shares of the logits after a text that come through k = 0 … n_layers heads [k].

    The share of a part is ⟨part, logits⟩ / ⟨logits, logits⟩, both less their mean over the vocabulary. They
    sum to 1; a part that works against the rest has a share below 0.

    Raises as `encode` does.

    >>> from ovlearn.numeric import zoo
    >>> shares(zoo.load("king-james-two-layers"), "silver and").shape
    (3,)

    Source: Elhage et al. (2021), 'The Path Expansion Trick', its terms grouped by order.
    """
    orders = _centred(paths.by_order(_run(model, text))[:, -1])  # [k, d_vocab]
    whole = orders.sum(axis=0)  # [d_vocab]
    of_whole: Array = orders @ whole / (whole @ whole)  # [k]
    return of_whole


def boxed(model: ZooModel, text: str, word: str) -> Array:
    """Return what each head's A E W_E W_OV W_U adds to a word's logit after a text [layer, head].

    Less its mean over the vocabulary. These are paths from the words of the text through that head alone:
    what begins at a position, or passes two heads, is not in them.

    Raises as `encode` does.

    >>> from ovlearn.numeric import zoo
    >>> boxed(zoo.load("king-james-two-layers"), "silver and", "gold").shape
    (2, 8)

    Source: the article, 'The Circuit', its boxed equation.
    """
    (token,) = model.encode([word])
    run = _run(model, text)
    looked_at = run.pattern[..., -1, :] @ model.W_E[run.tokens]  # [layer, head, d_model]
    written = looked_at[..., None, :] @ model.W_V @ model.W_O  # [layer, head, 1, d_model]
    of_token: Array = _centred(written @ model.W_U)[..., 0, token]  # [layer, head]
    return of_token


def held_out_loss(model: ZooModel) -> float:
    """Return the mean loss, in nats, on words that it never saw, where at least half the context was read."""
    tokens, half = _held_out(model, every=4), (model.config.n_ctx - 1) // 2
    logits = model.run(tokens, record=()).logits[:, half:-1]  # [batch, pos, d_vocab]
    return float(_surprise(logits, tokens[:, half + 1 :]).mean())


def frequency_loss(model: ZooModel) -> float:
    """Return the same for a guess by the words' frequencies alone, over all of the held-out text."""
    train, held_out = trained.text()
    counts = np.bincount(train, minlength=model.config.d_vocab) + 1  # [d_vocab]
    return float(-np.log(counts / counts.sum())[held_out].mean())


def previous_word(model: ZooModel) -> Array:
    """Return each head's mean attention to the word before, on held-out text [layer, head]."""
    return detect.previous_token(model.run(_held_out(model, every=32), record=["pattern"]))


def repeated_words(model: ZooModel, period: int) -> Array:
    """Return each head's induction score on random words that come twice, after `<bos>` [layer, head].

    Raises as `detect.repeated_tokens` does for the period.
    """
    blocks = detect.repeated_tokens(model.config, period, batch=64, seed=period)  # [batch, pos]
    return detect.induction(model.run(np.insert(blocks, 0, 0, axis=1), record=["pattern"]), period)


def _run(model: ZooModel, text: str) -> Run:
    return model.run(model.encode(f"{model.tokens[0]} {text}"))


def _held_out(model: ZooModel, every: int) -> Tokens:
    """Rows [batch, n_ctx] of the held-out text, one of so many, `<bos>` first."""
    length = model.config.n_ctx - 1
    held_out = trained.text().held_out
    rows = held_out[: len(held_out) // length * length].reshape(-1, length)[::every]  # [batch, pos]
    return np.insert(rows, 0, 0, axis=1)  # [batch, pos]


def _centred(logits: Array) -> Array:
    """Logits [..., d_vocab] less their mean over the vocabulary, which no probability depends on."""
    centred: Array = logits - logits.mean(axis=-1, keepdims=True)  # [..., d_vocab]
    return centred


def _surprise(logits: Array, tokens: Tokens) -> Array:
    """−log of the probability that logits [..., d_vocab] give to tokens [...]."""
    shifted = logits - logits.max(axis=-1, keepdims=True)  # [..., d_vocab]
    of_token = np.take_along_axis(shifted, np.asarray(tokens)[..., None], axis=-1)[..., 0]  # [...]
    surprise: Array = np.log(np.exp(shifted).sum(axis=-1)) - of_token  # [...]
    return surprise
