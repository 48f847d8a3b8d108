"""A model of the zoo: a transformer that knows its tokens and its origin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from ovlearn.arguments import complaint, described
from ovlearn.numeric.arrays import Tokens, listed_ids, read_only
from ovlearn.numeric.transformer import Transformer


@dataclass(frozen=True, eq=False, repr=False)
class ZooModel(Transformer):
    """A `Transformer` with a name, the text of each token, what it shows and where it comes from.

    name: as `zoo.load` takes it.  tokens: the text of each token id.  made: "by hand" or "trained".
    shows: what it is there for, in one sentence.  provenance: of what, by what, under which licence.
    periods: how long the blocks of repeated tokens are on which it is measured, if it is.

    >>> from ovlearn.numeric import zoo
    >>> zoo.load("copying")
    ZooModel('copying')
    """

    _: KW_ONLY
    name: str
    tokens: tuple[str, ...]
    made: str
    shows: str
    provenance: str
    periods: tuple[int, ...] = ()

    def encode(self, text: str | Iterable[str]) -> Tokens:
        """Return the ids [pos] of words, given as a list or as text with spaces between them.

        Raises TypeError for what is neither, ValueError for a word that is no token of this model.

        >>> from ovlearn.numeric import zoo
        >>> zoo.load("copying").encode("b a d").tolist()
        [1, 0, 3]
        """
        if not isinstance(text, str | Iterable):
            raise TypeError(complaint("text", "text, or a list of words", described(text)))
        words = text.split() if isinstance(text, str) else list(text)
        ids = {word: number for number, word in enumerate(self.tokens)}
        for word in words:
            if word not in ids:
                raise ValueError(complaint("text", f"words that are tokens of {self.name}", repr(word)))
        return read_only(np.array([ids[word] for word in words], np.intp))

    def words(self, ids: Any) -> list[str]:
        """Return the text of token ids [pos].

        Raises as `run` does for ids that are none.
        """
        return [self.tokens[number] for number in listed_ids("ids", ids, self.config)]

    def __repr__(self) -> str:
        """Give the name alone: the card says the rest."""
        return f"ZooModel({self.name!r})"
