"""`make excerpt`: take the zoo's excerpt of SmolLM2 from the real file, and write it beside the zoo."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from ovlearn.arguments import Head
from ovlearn.numeric import GPT, checkpoints, reading
from ovlearn.numeric.arrays import Array, Tokens
from ovlearn.numeric.checkpoints.fetching import SHIPPED
from ovlearn.numeric.model import softmax
from ovlearn.numeric.reading.streams import folded, logits_gram
from ovlearn.numeric.zoo import excerpt, trained

HEADS = ((18, 6), (23, 4), (25, 2), (26, 2), (26, 6), (27, 5), (27, 7), (29, 0), (29, 2))
LAYERS = (1, *sorted({layer for layer, _ in HEADS}))
TEXTS = (
    "They said they would do it by",
    "He wanted to do it by",
    "The house (which we bought last year",
    "The capital of France is",
    "The capital of Japan is",
    "You can do it",
    " river gold seven paper night stone music green" * 2,
)
COMMON = 1_800
# What the stories name beside the words of the texts and the common ones.
STORY = (
    "<|endoftext|>", " themselves", " themself", " himself", " herself", " ourselves", " yourself", " myself",
    " itself", " his", " her", " our", " their", " he", " she", " we", " they", " you", " I", " (", ")", " )",
    ")—", "’)", "[", " [", "\n", " Paris", " Tokyo", " French", " Japanese", " France", " Japan", "France",
    "French", " dogs", " dog", " Dog", " Dogs", " canine", " king", " King", " kings", " queen", " Queen",
    " Kingdom", " kingdom", " water", " Water", " aquatic", " cat", " cats", " Cat", ".", ",", " by",
)  # fmt: skip
_BATCH = 100  # words that are run at once
_SURE = 0.9  # how probable it has to be that a word is whole
_PIECE = re.compile(r" [a-z]{3,}")


def chosen(model: GPT) -> dict[str, int]:
    """Return the words of the excerpt with their ids: the stories' and texts', then the common ones.

    Common: the first in the order of the tokenizer's merges (so of their frequency) of at least three small
    letters after a space, that are tokens with a capital too, and that the model takes for whole words.
    """
    words = model.tokenizer.words(np.arange(model.config.d_vocab))
    ids = {word: at for at, word in reversed(list(enumerate(words)))}
    texts = [word for text in TEXTS for word in model.tokenizer.words(model.tokenizer.encode(text))]
    needed = [word for word in (*STORY, *texts) if word in ids]
    likely = [word for word in words if _PIECE.fullmatch(word) and f" {word[1:].capitalize()}" in ids]
    common = whole_words(model, likely[: 2 * COMMON], words)
    return {word: ids[word] for word in dict.fromkeys((*needed, *common[:COMMON]))}


def whole_words(model: GPT, likely: list[str], words: list[str]) -> list[str]:
    """Return those after which the model does not go on spelling: the next token begins a word or is a sign.

    " wor" is followed by letters nearly always, " world" hardly ever. words: of the whole vocabulary.
    """
    begins = np.array([not re.match(r"[\w'’]", word) for word in words])  # [d_vocab]
    ids = {word: at for at, word in enumerate(words)}
    found = []
    for at in range(0, len(likely), _BATCH):
        batch = likely[at : at + _BATCH]
        tokens = [[model.tokenizer.begin, ids[word]] for word in batch]
        chances = softmax(model.run(tokens, record=()).logits[:, 1])  # [word, d_vocab]
        found += [
            word for word, sure in zip(batch, chances[:, begins].sum(axis=1), strict=True) if sure > _SURE
        ]
    return found


def taken(model: GPT) -> dict[str, Any]:
    """Return the arrays of the excerpt, by the names that they are stored under."""
    net = folded(model)
    assert isinstance(net, GPT)
    words = chosen(model)
    ids = np.array(list(words.values()))  # [word]
    places = tuple(np.array(HEADS).T)
    W_O = net.W_O[places]  # [head, d_head, d_model]
    parts: dict[str, Any] = {
        "about": np.array(json.dumps(_about(net), ensure_ascii=False)),
        "words": np.array(list(words)),
        "heads": np.array(HEADS),
        "layers": np.array(LAYERS),
        "gain": model.ln_final_w.astype(np.float32),
        "mean": (model.W_U.mean(axis=1) * model.ln_final_w).astype(np.float32),
        "gram": (W_O @ logits_gram(net) @ W_O.swapaxes(1, 2)).astype(np.float32),
        "noise": np.array([reading.rows(model, *head, ids[:8], k=1).noise.mean() for head in HEADS]),
        **excerpt.packed("W_E", net.W_E[ids]),
        **excerpt.packed("first", reading.after_first_mlp(net, ids)),
        **excerpt.packed("W_V", net.W_V[places]),
        **excerpt.packed("W_O", W_O),
    }
    for at, text in enumerate(TEXTS):
        recorded = _recorded(net, model.tokenizer, text)
        parts |= {f"{at}_{name}": array for name, array in recorded.items()}
    return parts


def _recorded(net: GPT, tokenizer: Any, text: str) -> dict[str, Any]:
    tokens: Tokens = tokenizer.encode(text, begin=True)
    run = net.run(tokens, record=["resid_pre", "pattern", "resid_post"])
    chances = softmax(run.logits)  # [pos, d_vocab]
    best: Array = np.argsort(-chances, axis=-1)[:, :5]  # [pos, 5]
    return {
        "words": np.array(tokenizer.words(tokens)),
        "pattern": run.pattern[tuple(np.array(HEADS).T)].astype(np.float16),
        "resid_pre": run.resid_pre[list(LAYERS)].astype(np.float16),
        "scale": net.norm_scale(run.resid_final)[:, 0].astype(np.float32),
        "next_words": np.array([tokenizer.words(row) for row in best]),
        "probabilities": np.take_along_axis(chances, best, axis=-1).astype(np.float32),
        "silenced": np.array([_silenced(net, tokens, head, best[-1, 0]) for head in HEADS], np.float32),
    }


def _silenced(net: GPT, tokens: Tokens, head: Head, word: int) -> float:
    """The probability of a word after a text, with one head writing nothing."""
    W_O = net.W_O.copy()  # [layer, head, d_head, d_model]
    W_O[head] = 0
    logits = replace(net, W_O=W_O).run(tokens, record=()).logits[-1]  # [d_vocab]
    return float(softmax(logits)[word])


def _about(net: GPT) -> dict[str, Any]:
    one = SHIPPED["smollm2"]
    return {
        "texts": TEXTS,
        "d_vocab": net.config.d_vocab,
        "eps": net.eps,
        "shows": f"Words, {len(HEADS)} heads and {len(TEXTS)} texts of a real language model: "
        "what its circuits say and do.",
        "provenance": f"an excerpt, rounded to 8 bits, of {one.says}",
    }


@click.command(help=__doc__)
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), default=trained.FOLDER)
def main(into: Path) -> None:
    """Write the excerpt."""
    into.mkdir(parents=True, exist_ok=True)
    path = into / f"{excerpt.NAME}.npz"
    np.savez_compressed(path, **taken(checkpoints.load(checkpoints.fetch("smollm2", click.echo))))
    click.echo(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
