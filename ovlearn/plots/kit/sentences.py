"""Words in a row, and arcs over them: where a position looks, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ovlearn.arguments import complaint
from ovlearn.numeric.arrays import real_array
from ovlearn.plots import inputs
from ovlearn.plots.kit.lines import arc
from ovlearn.plots.kit.parts import Part, row
from ovlearn.plots.kit.shapes import box, text
from ovlearn.plots.wording import figure, label

_LEAST, _SAID = 5e-3, 0.05  # of a weight: from there on an arc is drawn, and its number written


def words(tokens: Any, at: tuple[float, float] = (0, 0), thing: str = "", gap: float = 14) -> list[Part]:
    """Return a box for each word, from left to right: the first one's middle is at the place.

    Raises TypeError for what is no list of labels, ValueError for none.

    >>> first, second = words(["silver", " and"])
    >>> second.left[0] - first.right[0]
    14.0
    """
    expected = "words, at least one"
    texts = [str(token) for token in inputs.collection("tokens", expected, tokens)]
    if not texts:
        raise ValueError(complaint("tokens", expected, "none"))
    return row([box(label(text), at, thing) for text in texts], gap)


def attention(sentence: Sequence[Part], weights: Any, thing: str = "pattern") -> list[Part]:
    """Return arcs from the last of the words to each, as thick as the weight that it gives; and to itself.

    Below a word stands what it is given, from 5 % on. `weights`: one for each word, from 0 to 1, as a row of
    a pattern. Raises TypeError for what are no real numbers, ValueError for another number of them, or one
    outside.

    >>> len(attention(words(["a", "b", "c"]), [0.5, 0.0, 0.5]))  # two arcs, two weights
    4
    """
    found = real_array("weights", weights)  # [key]
    if found.shape != (len(sentence),):
        raise ValueError(complaint("weights", f"{len(sentence)}, one a word", f"shape {found.shape}"))
    given = list(zip(sentence, map(float, found), strict=True))
    arcs = [
        arc(sentence[-1].top, part.top, weight, thing, f"position {place}: {figure(weight)}")
        for place, (part, weight) in enumerate(given)
        if not 0 <= weight < _LEAST
    ]
    shares = [
        text(f"{100 * weight:.0f} %", (part.bottom[0], part.bottom[1] + 14), thing)
        for part, weight in given
        if weight >= _SAID
    ]
    return arcs + shares
