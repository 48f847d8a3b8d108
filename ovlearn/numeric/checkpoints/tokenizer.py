"""What makes token ids of a text, and words of token ids: the package `tokenizers`, and how we ask it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ovlearn.arguments import complaint, described
from ovlearn.numeric.arrays import Tokens, any_array, read_only

_NEEDED = "reading texts needs tokenizers: pip install 'ovlearn[weights]'"
_BEGIN = ("<|endoftext|>", "<s>", "<|begin_of_text|>", "<bos>")


@dataclass(frozen=True)
class Tokenizer:
    """Token ids of a text, and back. `begin`: the id that a text should begin with, or None.

    No token is put before a text unless one is asked for: `encode(text, begin=True)`. Models rest much of
    their attention on the first token, whatever it is; so let it be one that says nothing.
    """

    begin: int | None
    _inner: Any = field(repr=False)

    def encode(self, text: str, *, begin: bool = False) -> Tokens:
        """Return the token ids of a text, [pos], with the begin token before them if asked.

        Raises TypeError for what is no text; ValueError where there is no begin token.
        """
        if not isinstance(text, str):
            raise TypeError(complaint("text", "a str", described(text)))
        ids = self._inner.encode(text, add_special_tokens=False).ids
        if begin and self.begin is None:
            raise ValueError(complaint("begin", "False, as this tokenizer has no begin token", "True"))
        return read_only(np.array([self.begin, *ids] if begin else ids, dtype=np.intp))

    def decode(self, ids: ArrayLike) -> str:
        """Return the text of token ids [pos]."""
        return str(self._inner.decode(self._checked(ids), skip_special_tokens=False))

    def words(self, ids: ArrayLike) -> list[str]:
        """Return one string a token, spaces and all."""
        return [self.decode([one]) for one in self._checked(ids)]

    def id_of(self, word: str) -> int:
        """Return the id of a word that is one token.

        Raises ValueError for one that is several, and says which.
        """
        ids = self.encode(word)
        if len(ids) != 1:
            pieces = ", ".join(map(repr, self.words(ids))) or "nothing"
            raise ValueError(complaint("word", "one token", f"{word!r}, which is {len(ids)}: {pieces}"))
        return int(ids[0])

    def __len__(self) -> int:
        """How many tokens there are."""
        return int(self._inner.get_vocab_size())

    def _checked(self, ids: ArrayLike) -> list[int]:
        given = any_array("ids", ids)
        if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
            raise ValueError(complaint("ids", "token ids [pos]", f"shape {given.shape}, dtype {given.dtype}"))
        bad = [int(one) for one in given if not 0 <= one < len(self)]
        if bad:
            raise ValueError(complaint("ids", f"ids from 0 to {len(self) - 1}", str(bad[0])))
        return [int(one) for one in given]


def from_folder(folder: Path) -> Tokenizer | None:
    """Return the tokenizer of a folder's tokenizer.json; None where there is none.

    Raises ImportError without the package; ValueError for a file that it cannot read.
    """
    file = folder / "tokenizer.json"
    if not file.is_file():
        return None
    return from_text(file.read_text(encoding="utf-8"))


def from_text(text: str) -> Tokenizer:
    """Return the tokenizer that a tokenizer.json holds.

    Raises as `from_folder` does.
    """
    try:
        inner = _package().Tokenizer.from_str(text)
    except Exception as error:  # its package raises no other
        if isinstance(error, ImportError):
            raise
        raise ValueError(complaint("tokenizer.json", "a tokenizer", str(error))) from None
    ids = (inner.token_to_id(token) for token in _BEGIN)
    return Tokenizer(next((one for one in ids if one is not None), None), inner)


def byte_level(tokens: Sequence[str], merges: Sequence[str], special: Sequence[str], *, digits: bool) -> str:
    """Return the byte-level BPE of a vocabulary and its merges, as a tokenizer.json.

    `special`: tokens that are never split; `digits`: whether each digit is split off first.
    """
    package = _package()
    pairs = [tuple(merge.split(" ", 1)) for merge in merges]
    model = package.models.BPE(vocab={token: at for at, token in enumerate(tokens)}, merges=pairs)
    inner = package.Tokenizer(model)
    steps = [package.pre_tokenizers.Digits(individual_digits=True)] if digits else []
    steps.append(package.pre_tokenizers.ByteLevel(add_prefix_space=False))
    inner.pre_tokenizer = package.pre_tokenizers.Sequence(steps)
    inner.decoder = package.decoders.ByteLevel()
    inner.add_special_tokens([package.AddedToken(token, normalized=False) for token in special])
    return str(inner.to_str())


def _package() -> Any:
    try:
        import tokenizers
        import tokenizers.decoders
        import tokenizers.models
        import tokenizers.pre_tokenizers
    except ModuleNotFoundError:
        raise ImportError(_NEEDED) from None
    return tokenizers
