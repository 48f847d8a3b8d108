"""Small models to read, that come with the course: some written by hand, some trained.

`names` lists them, `load` returns one with its tokens and where it comes from, `card` measures it.
"""

from __future__ import annotations

from ovlearn.arguments import complaint, described
from ovlearn.numeric.zoo import handmade, trained
from ovlearn.numeric.zoo.cards import Card, Figure, measured
from ovlearn.numeric.zoo.trained import Text, text
from ovlearn.numeric.zoo.zoomodel import ZooModel

__all__ = ["Card", "Figure", "Text", "ZooModel", "card", "load", "names", "text"]

_MAKERS = handmade.MAKERS | trained.LOADERS


def names() -> tuple[str, ...]:
    """Return the names of all models: those written by hand, then those that were trained.

    >>> names()[0]
    'copying'
    """
    return tuple(_MAKERS)


def load(name: str) -> ZooModel:
    """Return a model: a `Transformer` that also knows its tokens and where it comes from.

    Raises TypeError for what is no string, ValueError for a name that there is not.

    >>> model = load("skip-trigrams")
    >>> model.words(model.encode("keep the"))
    ['keep', 'the']
    """
    if not isinstance(name, str):
        raise TypeError(complaint("name", "the name of a model", described(name)))
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
