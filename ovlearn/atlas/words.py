"""Tokens as one can see them."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from ovlearn.numeric import Transformer
from ovlearn.numeric.arrays import any_array


def shown(word: str) -> str:
    """Return a token as one can see it: a space before it as ·, what cannot be printed by its code.

    >>> shown(" they"), shown("\\n")
    ('·they', '\\\\n')
    """
    seen = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in word)
    return f"·{seen[1:]}" if seen.startswith(" ") else seen


def words_of(model: Transformer, ids: ArrayLike) -> list[str]:
    """Return tokens as one can see them; by their ids where the model has no tokenizer."""
    tokenizer: Any = model.tokenizer
    given = any_array("ids", ids)
    return [shown(word) for word in tokenizer.words(given)] if tokenizer else [str(one) for one in given]
