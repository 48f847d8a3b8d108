"""Sequences in which a block of random tokens comes twice, its length drawn anew for each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ovlearn.numeric import Config
from training.fitting import Batch


def batches(config: Config, size: int, periods: tuple[int, int], seed: int) -> Iterator[Batch]:
    """Yield batches without end: a block of different tokens, at once the same block again, others around.

    periods: the shortest and the longest block. Only what the first copy foretells counts.
    """
    rng = np.random.default_rng(seed)
    while True:
        rows = [_sequence(config, rng, periods) for _ in range(size)]
        yield tuple(np.stack(part) for part in zip(*rows, strict=True))


def _sequence(config: Config, rng: np.random.Generator, periods: tuple[int, int]) -> Batch:
    """One sequence [n_ctx], and which of its next tokens the model must know [n_ctx - 1]."""
    period = int(rng.integers(periods[0], periods[1] + 1))
    begin = int(rng.integers(0, config.n_ctx - 2 * period + 1))
    ids = rng.permutation(config.d_vocab)
    tokens = rng.choice(ids[period:], config.n_ctx)
    tokens[begin : begin + 2 * period] = np.tile(ids[:period], 2)
    counts = np.zeros(config.n_ctx - 1, bool)
    counts[begin + period : begin + 2 * period - 1] = True
    return tokens, counts
