"""One loop that fits the weights: AdamW with warm-up, a cosine, and clipped gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import jax
import numpy as np
import optax
from numpy.typing import NDArray

from ovlearn.numeric import Config
from training import jaxnetwork as network

Batch = tuple[
    NDArray[np.intp], NDArray[np.bool]
]  # tokens [batch, pos]; which positions count [batch, pos - 1]


@dataclass(frozen=True)
class Fit:
    """How to fit: so many steps, the greatest rate, the decay of weights, and the dropout."""

    steps: int
    rate: float
    decay: float = 0.0
    dropout: float = 0.0
    warmup: int = 100


def fit(
    config: Config, how: Fit, batches: Iterator[Batch], seed: int, told: Callable[[int, float], None]
) -> dict[str, NDArray[np.float32]]:
    """Return weights fitted to the batches; `told` hears of the step and its loss now and then."""
    rates = optax.warmup_cosine_decay_schedule(0, how.rate, how.warmup, how.steps, how.rate / 100)
    optimizer = optax.chain(
        optax.clip_by_global_norm(1.0), optax.adamw(rates, b2=0.98, weight_decay=how.decay)
    )
    weights = network.initial(config, seed)
    state, key = optimizer.init(weights), jax.random.key(seed)

    @jax.jit
    def step(weights, state, key, tokens, counts):  # type: ignore[no-untyped-def]
        loss, slope = jax.value_and_grad(cross_entropy)(weights, tokens, counts, how.dropout, key)
        change, state = optimizer.update(slope, state, weights)
        return optax.apply_updates(weights, change), state, loss

    for number, (tokens, counts) in zip(range(how.steps), batches, strict=False):
        weights, state, loss = step(weights, state, jax.random.fold_in(key, number), tokens, counts)
        if number % 50 == 49 or number == how.steps - 1:
            told(number + 1, float(loss))
    return {name: np.asarray(weight) for name, weight in weights.items()}


def cross_entropy(
    weights: network.Weights,
    tokens: jax.Array,
    counts: jax.Array,
    dropout: float = 0.0,
    key: jax.Array | None = None,
) -> jax.Array:
    """Return the mean loss, in nats, of predicting the next token where `counts` says so."""
    logits = network.logits(weights, tokens[:, :-1], dropout, key)  # [batch, pos - 1, d_vocab]
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, tokens[:, 1:])  # [batch, pos - 1]
    return (losses * counts).sum() / counts.sum()
