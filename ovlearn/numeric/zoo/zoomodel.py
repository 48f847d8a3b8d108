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

    @property
    def tokenizer(self) -> ZooTokenizer:
        """This model's words, asked as the tokenizer of any network is."""
        return ZooTokenizer(self)

    def __repr__(self) -> str:
        """Give the name alone: the card says the rest."""
        return f"ZooModel({self.name!r})"


@dataclass(frozen=True)
class ZooTokenizer:
    """The words of a model of the zoo, with the methods of `checkpoints`' tokenizers.

    >>> from ovlearn.numeric import zoo
    >>> zoo.load("copying").tokenizer.id_of("d")
    3
    """

    model: ZooModel

    @property
    def begin(self) -> int | None:
        """The id that a text should begin with, or None."""
        return self.model.tokens.index("<bos>") if "<bos>" in self.model.tokens else None

    def encode(self, text: str, *, begin: bool = False) -> Tokens:
        """Return the ids [pos] of a text's words, with the begin token before them if asked.

        Raises as `ZooModel.encode` does, and ValueError where there is no begin token.
        """
        ids = self.model.encode(text)
        if begin and self.begin is None:
            raise ValueError(complaint("begin", "False, as this model has no begin token", "True"))
        return read_only(np.array([self.begin, *ids] if begin else ids, np.intp))

    def decode(self, ids: Any) -> str:
        """Return the text of token ids [pos]."""
        return " ".join(self.words(ids))

    def words(self, ids: Any) -> list[str]:
        """Return one string a token."""
        return self.model.words(ids)

    def id_of(self, word: str) -> int:
        """Return the id of a word. Raises ValueError for one that is no token."""
        return int(self.model.encode([word])[0])
