"""Patterns, matrices and pictures shared by the tests of the pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ovlearn import plots
from ovlearn.plots import Picture

NASTY = ["<b>", "a&b", 'say "hi"', "it's", "\n", " the", "", "</script>", "]]>", "--", "é", "日本"]


def softmax(scores: Any) -> Any:
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def make_pattern(size: int, seed: int = 0, *, causal: bool = True) -> Any:
    scores = 2 * np.random.default_rng(seed).normal(size=(size, size))
    return softmax(np.where(np.tri(size, dtype=bool), scores, -np.inf) if causal else scores)


def make_matrix(rows: int, columns: int, seed: int = 0) -> Any:
    return 3 * np.random.default_rng(seed).normal(size=(rows, columns))


def pictures() -> dict[str, Picture]:
    """One of each, small and large."""
    return {
        "pattern": plots.pattern(make_pattern(5), list("abcde"), "A pattern", "What it shows."),
        "large pattern": plots.pattern(make_pattern(40)),
        "nasty pattern": plots.pattern(make_pattern(len(NASTY)), NASTY, "<i>&", 'x < y & "z"'),
        "matrix": plots.matrix(make_matrix(3, 5), rows=["x", "y", "z"], title="A matrix"),
        "long matrix": plots.matrix(make_matrix(2, 64), title="Long"),
        "bars": plots.bars([1.5, -0.5, 0], ["one", "two", "three"], "Bars", "Three of them."),
        "explorer": plots.path_explorer("Paths", "All of them."),
    }
