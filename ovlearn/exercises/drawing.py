"""Random models and streams for checks: every size different from every other, and one small edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ovlearn.exercises.answers import Student
from ovlearn.numeric import Config, Run, Transformer


@dataclass(frozen=True)
class Case:
    """A random model, its run on random tokens, and a generator for whatever else a check draws."""

    model: Transformer
    run: Run
    rng: np.random.Generator

    @property
    def config(self) -> Config:
        """The model's sizes."""
        return self.model.config

    @property
    def words(self) -> str:
        """The sizes in words, for the evidence."""
        sizes = ("n_layers", "n_heads", "d_model", "d_head", "d_vocab")
        shown = ", ".join(f"{name}={getattr(self.config, name)}" for name in sizes)
        return f"{shown}, {self.run.resid_pre.shape[-2]} tokens"


def cases(student: Student, *, count: int = 3, edge: bool = True, **sizes: Any) -> Iterator[Case]:
    """Yield random models of pairwise different sizes, then one of the smallest size.

    `sizes`: fields of the config that the check needs as they are, n_layers=2; `edge`: whether to end with
    one layer, one head and one token.

    >>> [case.run.tokens.shape for case in cases(Student(None, seed=1), count=1)]
    [(5,), (1,)]
    """
    for rng in student.draws(count):
        yield _case(rng, positions=5, **{**_sizes(rng), **sizes})
    if edge:
        (rng,) = student.draws(1)
        smallest = {"n_layers": 1, "n_heads": 1, "d_model": 3, "d_head": 2, "d_vocab": 4, "n_ctx": 1}
        yield _case(rng, positions=1, **{**smallest, **sizes})


def _sizes(rng: np.random.Generator) -> dict[str, int]:
    """Sizes that all differ: 2 or 3 layers and heads, inner below outer."""
    layers = int(rng.integers(2, 4))
    d_head, d_model, d_vocab = 4, int(rng.integers(8, 11)), int(rng.integers(11, 14))
    return {
        "n_layers": layers,
        "n_heads": 5 - layers,
        "d_model": d_model,
        "d_head": d_head,
        "d_vocab": d_vocab,
        "n_ctx": 7,
    }


def _case(rng: np.random.Generator, positions: int, **sizes: Any) -> Case:
    config = Config(**sizes)
    model = Transformer.random(config, seed=int(rng.integers(2**31)))
    # no token twice where the vocabulary allows it, so that no two rows are equal by chance
    tokens = rng.permutation(config.d_vocab)[:positions]
    return Case(model, model.run(tokens), rng)
