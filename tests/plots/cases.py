"""Patterns, matrices and pictures shared by the tests of the pictures."""

from __future__ import annotations

from collections.abc import Callable
from doctest import DocTestParser
from inspect import BoundArguments, isfunction, signature
from typing import Any

import numpy as np
import pytest

from ovlearn import plots
from ovlearn.numeric import Config, Run, Transformer, zoo
from ovlearn.plots import Picture

DRAWN: dict[str, Callable[..., Picture]] = {
    name: found for name, found in vars(plots).items() if isfunction(found)
}
NASTY = ["<b>", "a&b", 'say "hi"', "it's", "\n", " the", "", "</script>", "]]>", "--", "é", "日本"]


def softmax(scores: Any) -> Any:
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def make_pattern(size: int, seed: int = 0, *, causal: bool = True) -> Any:
    scores = 2 * np.random.default_rng(seed).normal(size=(size, size))
    return softmax(np.where(np.tri(size, dtype=bool), scores, -np.inf) if causal else scores)


def make_matrix(rows: int, columns: int, seed: int = 0) -> Any:
    return 3 * np.random.default_rng(seed).normal(size=(rows, columns))


def make_scores(layers: int, heads: int, seed: int = 0) -> Any:
    """Composition scores [layer, head, layer, head], no two alike."""
    shape = layers, heads, layers, heads
    earlier = np.less.outer(np.arange(layers), np.arange(layers))[:, None, :, None]
    return np.where(earlier, np.random.default_rng(seed).uniform(0.05, 0.95, shape), 0)


def make_run(layers: int, heads: int, seed: int = 0) -> Run:
    config = Config(layers, heads, d_model=8, d_head=4, d_vocab=12, n_ctx=5)
    return Transformer.random(config, seed).run([3, 1, 4, 1, 5])


def example(name: str) -> BoundArguments:
    """The arguments with which the last example in a picture's docstring calls it."""
    draw, calls = DRAWN[name], []
    scope = {**draw.__globals__, name: lambda *args, **named: calls.append((args, named))}
    for step in DocTestParser().get_examples(draw.__doc__ or ""):
        exec(step.source, scope)
    assert calls, f"{name}: expected an example in its docstring, got none"
    args, named = calls[-1]
    return signature(draw).bind(*args, **named)


def refusal(draw: Callable[..., Picture], *args: Any, **named: Any) -> str:
    """The error with which a picture refuses these arguments."""
    with pytest.raises((TypeError, ValueError)) as caught:
        draw(*args, **named)
    return f"{caught.typename}: {caught.value}"


def pictures() -> dict[str, Picture]:
    """The example of each, and others, small and large."""
    examples = {f"{name}, its example": DRAWN[name](**example(name).arguments) for name in DRAWN}
    return examples | {
        "pattern": plots.pattern(make_pattern(5), list("abcde"), "A pattern", "What it shows."),
        "large pattern": plots.pattern(make_pattern(40)),
        "nasty pattern": plots.pattern(make_pattern(len(NASTY)), NASTY, "<i>&", 'x < y & "z"'),
        "matrix": plots.matrix(make_matrix(3, 5), rows=["x", "y", "z"], title="A matrix"),
        "long matrix": plots.matrix(make_matrix(2, 64), title="Long"),
        "bars": plots.bars([1.5, -0.5, 0], ["one", "two", "three"], "Bars", "Three of them."),
        "spectrum": plots.spectrum([2, 1 + 1j, 1 - 1j, -1, 0], title="A spectrum", caption="To the right."),
        "spectra": plots.spectrum(make_matrix(8, 40) + 1j, labels=NASTY[:8]),
        "composition": plots.composition(make_scores(2, 4), 0.3, "K", title="Composition"),
        "large composition": plots.composition(make_scores(12, 12), 0.3),
        "heads": plots.heads(make_matrix(2, 4), make_matrix(2, 4, 1), "<x>", "a & b", mark=[(0, 1)]),
        "large heads": plots.heads(make_matrix(12, 12), make_matrix(12, 12, 1), "x", "y", "All heads"),
        "contributions": plots.contributions(make_run(2, 2), 4, 3, NASTY, title="<i>&", most=3),
        "explorer": plots.path_explorer("Paths", "All of them."),
        "reader": plots.reader(
            zoo.load("smollm2-excerpt"), [(29, 2), (25, 2)], title="<i>&", caption='x < y & "z"'
        ),
    }
