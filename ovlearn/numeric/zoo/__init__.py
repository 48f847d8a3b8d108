"""Small models to read, that come with the course: some written by hand, some trained, one an excerpt.

`names` lists them, `load` returns one with its tokens and where it comes from, `card` measures it.
"""

from __future__ import annotations

from typing import Literal, overload

from ovlearn.arguments import complaint, described
from ovlearn.numeric.zoo import excerpt, handmade, trained
from ovlearn.numeric.zoo.cards import Card, Figure, measured
from ovlearn.numeric.zoo.excerpt import Excerpt
from ovlearn.numeric.zoo.excerptrun import ExcerptRun
from ovlearn.numeric.zoo.trained import Text, text
from ovlearn.numeric.zoo.zoomodel import ZooModel

__all__ = ["Card", "Excerpt", "ExcerptRun", "Figure", "Text", "ZooModel", "card", "load", "names", "text"]

_MAKERS = handmade.MAKERS | trained.LOADERS
_EXCERPTS = {excerpt.NAME: excerpt.stored}


def names() -> tuple[str, ...]:
    """Return the names of all models: those written by hand, those that were trained, the excerpt.

    >>> names()[0]
    'copying'
    """
    return (*_MAKERS, *_EXCERPTS)


@overload
def load(name: Literal["smollm2-excerpt"]) -> Excerpt: ...  # type: ignore[overload-overlap]
@overload
def load(name: str) -> ZooModel: ...
def load(name: str) -> ZooModel | Excerpt:
    """Return a model: a `Transformer` that also knows its tokens and where it comes from.

    "smollm2-excerpt" is no network but an `Excerpt`: some words, heads and runs of a language model.

    Raises TypeError for what is no string, ValueError for a name that there is not.

    >>> model = load("skip-trigrams")
    >>> model.words(model.encode("keep the"))
    ['keep', 'the']
    """
    if not isinstance(name, str):
        raise TypeError(complaint("name", "the name of a model", described(name)))
    if name in _EXCERPTS:
        return _EXCERPTS[name](name)
    if name not in _MAKERS:
        raise ValueError(complaint("name", f"one of {', '.join(names())}", repr(name)))
    return _MAKERS[name](name)


def card(name: str) -> Card:
    """Return what a model is, and what is measured on it now: nothing on a card is typed.

    Raises as `load` does.

    >>> card("copying").figures[0].name
    'copying score'
    """
    return measured(load(name))
