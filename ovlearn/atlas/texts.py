"""Texts on which an atlas shows what heads look at and what they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict

import numpy as np

from ovlearn.arguments import complaint
from ovlearn.atlas.words import words_of
from ovlearn.numeric import Run, Transformer, reading
from ovlearn.numeric.arrays import Array, Tokens
from ovlearn.numeric.model import softmax

TEXTS = (
    "They said they would do it by",
    "The house (which we bought last year",
    "The capital of France is",
    "Anna gave the book to Paul because he wanted to read it. She",
    "The cat sat on the mat. The dog sat on the",
)
_LONGEST = 256  # tokens: what a page can show


class TextWords(TypedDict):
    """A text as a page shows it. next [pos]: the word that came next, at last the most probable one."""

    title: str
    words: list[str]
    next: list[str]
    probability: list[float]


@dataclass(frozen=True, eq=False)
class Text:
    """A text that a model has run on: its words, what came next [pos], how probable that was, and the run."""

    title: str
    words: list[str]
    next: Tokens
    probability: Array
    run: Run

    def as_data(self, model: Transformer) -> TextWords:
        """Return its words, for a page."""
        return {
            "title": self.title,
            "words": self.words,
            "next": words_of(model, self.next),
            "probability": [round(float(one), 3) for one in self.probability],
        }


def texts_of(model: Transformer, texts: Sequence[str]) -> list[Text]:
    """Return a model's runs on texts, a begin token before each where it has one; at last one on random
    tokens that are said twice.

    A model without a tokenizer has that one alone. Raises ValueError for texts where there is no tokenizer,
    for one that is too long, and for one with words that are none of its tokens.
    """
    tokenizer: Any = model.tokenizer
    if texts and tokenizer is None:
        raise ValueError(complaint("texts", "none, as this model has no tokenizer", f"{len(texts)}"))
    ids = [_encoded(model, text) for text in texts]
    tokens, _ = reading.repeated(model)
    assert tokens.tokens is not None
    every = [*zip(texts, ids, strict=True), ("random tokens, said twice", tokens.tokens[0])]
    return [_text(model, title, found) for title, found in every]


def known_texts(model: Transformer) -> tuple[str, ...]:
    """Return those of `TEXTS` that a model can read: none of them, where their words are not its tokens."""
    found = []
    for text in TEXTS if model.tokenizer is not None else ():
        try:
            _encoded(model, text)
        except ValueError:
            continue
        found.append(text)
    return tuple(found)


def _encoded(model: Transformer, text: str) -> Tokens:
    tokenizer: Any = model.tokenizer
    ids: Tokens = tokenizer.encode(text, begin=tokenizer.begin is not None)
    room = min(model.config.n_ctx, _LONGEST)
    if not text.strip() or len(ids) > room:
        raise ValueError(complaint("text", f"words, at most {room} tokens", f"{len(ids)}: {text[:40]!r}"))
    return ids


def _text(model: Transformer, title: str, ids: Tokens) -> Text:
    run = model.run(ids, record=["resid_pre"])
    after = np.append(ids[1:], run.logits[-1].argmax())  # [pos]
    probability = softmax(run.logits)[np.arange(len(ids)), after]  # [pos]
    small = replace(run, logits=run.logits[:0].copy())  # all other logits are no longer needed
    return Text(title, words_of(model, ids), after, probability, small)
