"""Composition as a graph: heads, and the later heads that read what they write."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ovlearn.arguments import Head, complaint, described
from ovlearn.numeric.arrays import Array
from ovlearn.plots import inputs
from ovlearn.plots.graphlayout import Edge, draw
from ovlearn.plots.picture import READOUT, Picture, folded
from ovlearn.plots.wording import figure, plural

MOST_EDGES = 64  # drawn: more can no longer be followed
_MOST_ROWS = 256  # of the table
_KINDS = ("", "Q", "K", "V")


class Ranking(NamedTuple):
    """All pairs, the largest first, and what they are held against; the first `drawn` are edges."""

    pairs: list[Edge]
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
    values = inputs.pair_scores(scores)  # [layer, head, layer, head]
    level = None if baseline is None else inputs.real_number("baseline", baseline)
    if kind not in _KINDS:
        raise ValueError(complaint("kind", 'one of "Q", "K", "V", or ""', described(kind)))
    shown = inputs.nodes(heads, *values.shape[:2])
    ranking = ranked(values, shown, level or 0.0)
    bound = "0" if level is None else f"the baseline, {figure(level)}"
    word = f"{kind}-composition" if kind else "Composition"
    edges, name = ranking.pairs[: ranking.drawn], title or word
    body = draw(shown, edges, word, _rest(ranking, bound), name, _says(shown, ranking, word, bound))
    return Picture(title, caption, body + READOUT, _table(ranking, level, name))


def ranked(scores: Array, shown: list[Head], level: float) -> Ranking:
    """Return the pairs of shown heads, the first in an earlier layer: largest score first, NaN last.

    A strength is 0 at the level, and 1 for the largest score above it.
    """
    pairs = [(first, later) for first in shown for later in shown if first[0] < later[0]]
    found = [(float(scores[*first, *later]), first, later) for first, later in pairs]
    found.sort(key=lambda each: (np.isnan(each[0]), -each[0]))
    above = sum(score > level for score, *_ in found)
    reach = found[0][0] - level if above else 1.0
    edges = [Edge(first, later, score, (score - level) / reach) for score, first, later in found]
    without = sum(np.isnan(edge.score) for edge in edges)
    return Ranking(edges, min(above, MOST_EDGES), above, int(without))


def _rest(ranking: Ranking, bound: str) -> str:
    """What is not drawn, for the legend."""
    if not ranking.pairs:
        return "no two heads in different layers"
    if not ranking.drawn:
        return f"no pair is above {bound}"
    left = len(ranking.pairs) - ranking.drawn
    return f"{left:,} not drawn" if left else ""


def _says(shown: list[Head], ranking: Ranking, word: str, bound: str) -> str:
    columns = len({layer for layer, _ in shown})
    start = (
        f"{len(shown)} {plural('head', len(shown))} in {columns} {plural('column', columns)}, "
        "one a layer, earlier layers at the left."
    )
    if not ranking.pairs:
        return f"{start} No two of them are in different layers, so there is no edge."
    meaning = (
        f"An edge leads from a head to a later one that reads what it writes: the wider, the further their "
        f"{word if word[1] == '-' else word.lower()} score is above {bound}."
    )
    largest = ranking.pairs[0]
    most = "" if np.isnan(largest.score) else f" The largest is {largest.name} with {figure(largest.score)}."
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
        return folded("Show the scores", head, rows, name)
    rest = f"{name}: the largest {len(rows)} of {len(ranking.pairs):,} pairs"
    return folded(f"Show the largest {len(rows)} scores", head, rows, rest)


def _row(pair: Edge, level: float | None) -> list[str]:
    numbers = [pair.score] if level is None else [pair.score, pair.score - level]
    return [pair.name, *map(figure, numbers)]
