"""Composition as a graph: heads, and the later heads that read what they write."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ovlearn.arguments import Head, complaint, described
from ovlearn.numeric.arrays import Array
from ovlearn.plots import head_inputs, inputs
from ovlearn.plots.graphlayout import Edge, Legend, draw, name_of
from ovlearn.plots.picture import READOUT, Picture, folded, table
from ovlearn.plots.svg import figure

MOST_EDGES = 64  # drawn: more can no longer be followed
_MOST_ROWS = 256  # of the table
_KINDS = ("", "Q", "K", "V")


class Pair(NamedTuple):
    """A head, a later one, and the score of the two: NaN where there is none."""

    first: Head
    later: Head
    score: float


class Ranking(NamedTuple):
    """All pairs, the largest first, and what they are held against; the first `drawn` are edges."""

    pairs: list[Pair]
    level: float
    drawn: int
    above: int
    without: int


def composition(
    scores: Any, baseline: Any = None, kind: str = "", heads: Any = None, title: str = "", caption: str = ""
) -> Picture:
    """Return composition scores [layer, head, layer, head] as a graph, a column of heads for each layer.

    An edge is the wider and the darker the further its score is above the baseline, or above 0 without one;
    of what is above, the strongest 64 are drawn. A pair whose score is NaN has no edge. The picture says how
    many pairs it leaves out, and why.
    `scores`: as `circuits.composition_scores` returns them; `kind`: "Q", "K" or "V", for the words;
    `heads`: the (layer, head) pairs to show, all of them by default.

    Raises: TypeError for what is no array of real numbers, no number or no list of heads; ValueError for
    another shape, infinity, a score of a pair whose first head is not earlier, another kind, a head that
    does not exist, and more than 16 layers of 16 heads.

    >>> from ovlearn.numeric import Config, Transformer, circuits
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> level = circuits.composition_baseline(model.config)
    >>> composition(circuits.composition_scores(model, "K"), level, "K", title="Who reads whom")
    Picture('Who reads whom')
    """
    title, caption = inputs.texts(title, caption)
    values = head_inputs.pair_scores(scores)  # [layer, head, layer, head]
    level = None if baseline is None else head_inputs.real_number("baseline", baseline)
    if kind not in _KINDS:
        raise ValueError(complaint("kind", 'one of "Q", "K", "V", or ""', described(kind)))
    shown = head_inputs.nodes(heads, *values.shape[:2])
    ranking = ranked(values, shown, level or 0.0)
    bound = "0" if level is None else f"the baseline, {figure(level)}"
    word = f"{kind}-composition" if kind else "Composition"
    edges = _edges(ranking, word)
    body = draw(shown, edges, _legend(ranking, bound), title or word, _says(shown, ranking, word, bound))
    return Picture(title, caption, body + READOUT, _table(ranking, level, title or word))


def ranked(scores: Array, shown: list[Head], level: float) -> Ranking:
    """Return the pairs of shown heads, the first in an earlier layer: largest score first, NaN last."""
    pairs = [
        Pair(first, later, float(scores[*first, *later]))
        for first in shown
        for later in shown
        if first[0] < later[0]
    ]
    pairs.sort(key=lambda pair: (np.isnan(pair.score), -pair.score))
    above = sum(pair.score > level for pair in pairs)
    without = sum(np.isnan(pair.score) for pair in pairs)
    return Ranking(pairs, level, min(above, MOST_EDGES), above, int(without))


def _edges(ranking: Ranking, word: str) -> list[Edge]:
    """The drawn pairs with their strengths, from 0 at the level to 1 for the largest."""
    drawn = ranking.pairs[: ranking.drawn]
    reach = drawn[0].score - ranking.level if drawn else 1.0
    return [
        Edge(
            pair.first,
            pair.later,
            (pair.score - ranking.level) / reach,
            f"{_named(pair)}: {word} {figure(pair.score)}",
        )
        for pair in drawn
    ]


def _named(pair: Pair) -> str:
    return f"{name_of(pair.first)} → {name_of(pair.later)}"


def _legend(ranking: Ranking, bound: str) -> Legend:
    """What the widest edge stands for, what the narrowest, and what is not drawn."""
    drawn = ranking.pairs[: ranking.drawn]
    left = len(ranking.pairs) - len(drawn)
    if not ranking.pairs:
        return Legend([], "no two heads in different layers")
    if not drawn:
        return Legend([], f"no pair is above {bound}")
    scores = [figure(pair.score) for pair in drawn[:1] + drawn[1:][-1:]]
    return Legend(scores, f"{left:,} not drawn" if left else "")


def _says(shown: list[Head], ranking: Ranking, word: str, bound: str) -> str:
    columns = len({layer for layer, _ in shown})
    start = (
        f"{len(shown)} head{'s' if len(shown) > 1 else ''} in {columns} column{'s' if columns > 1 else ''}, "
        "one a layer, earlier layers at the left."
    )
    if not ranking.pairs:
        return f"{start} No two of them are in different layers, so there is no edge."
    meaning = (
        f"An edge leads from a head to a later one that reads what it writes: the wider, the further their "
        f"{word if word[1] == '-' else word.lower()} score is above {bound}."
    )
    largest = ranking.pairs[0]
    most = (
        "" if np.isnan(largest.score) else f" The largest is {_named(largest)} with {figure(largest.score)}."
    )
    return f"{start} {meaning}{most} {_counts(ranking, bound)}"


def _counts(ranking: Ranking, bound: str) -> str:
    """How many pairs are drawn, and why the others are not."""
    below = len(ranking.pairs) - ranking.above - ranking.without
    reasons = [
        (ranking.above - ranking.drawn, f"weaker than the {MOST_EDGES} strongest"),
        (below, f"at or below {bound}"),
        (ranking.without, "without a score"),
    ]
    left = "; ".join(f"{count:,} {why}" for count, why in reasons if count)
    drawn = f"{ranking.drawn} of {len(ranking.pairs):,} pairs are drawn"
    return f"{drawn}. Not drawn: {left}." if left else f"{drawn}."


def _table(ranking: Ranking, level: float | None, name: str) -> str:
    """The pairs, the largest first; of very many, the largest alone."""
    if not ranking.pairs:
        return ""
    head = ["from → to", "score", *(["above the baseline by"] if level is not None else [])]
    rows = [_row(pair, level) for pair in ranking.pairs[:_MOST_ROWS]]
    if len(rows) == len(ranking.pairs):
        return folded("Show the scores", table(head, rows, name))
    rest = f"{name}: the largest {len(rows)} of {len(ranking.pairs):,} pairs"
    return folded(f"Show the largest {len(rows)} scores", table(head, rows, rest))


def _row(pair: Pair, level: float | None) -> list[str]:
    numbers = [pair.score] if level is None else [pair.score, pair.score - level]
    return [_named(pair), *("none" if np.isnan(value) else figure(value) for value in numbers)]
