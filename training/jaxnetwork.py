"""The course's transformer, in JAX: the same weights, names and shapes, differentiable.

Row vectors, attention heads alone, learned positions; no layer norm, no MLP, no biases.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from ovlearn.numeric import Config
from ovlearn.numeric.config import weight_shapes

Weights = dict[str, jax.Array]


def initial(config: Config, seed: int) -> Weights:
    """Return normally distributed weights: of variance 1 the embeddings, 1 / (3 d_model) all others."""
    rng = np.random.default_rng(seed)
    scales = dict.fromkeys(("W_E", "W_pos"), 1.0)
    small = 1 / math.sqrt(3 * config.d_model)
    return {
        name: jnp.asarray(rng.normal(0, scales.get(name, small), shape), jnp.float32)
        for name, shape in weight_shapes(config).items()
    }


def logits(
    weights: Weights, tokens: jax.Array, dropout: float = 0.0, key: jax.Array | None = None
) -> jax.Array:
    """Return the logits [batch, pos, d_vocab] of tokens [batch, pos].

    dropout: the share of what enters the stream that is set to zero, and the rest enlarged, with `key`.
    """
    keys = iter(jax.random.split(key, 1 + weights["W_Q"].shape[0])) if key is not None else None
    x = weights["W_E"][tokens] + weights["W_pos"][: tokens.shape[1]]  # [batch, pos, d_model]
    x = _dropped(x, dropout, keys)
    visible = jnp.tri(tokens.shape[1], dtype=bool)  # [query, key]
    for layer in range(weights["W_Q"].shape[0]):
        q, k, v = (_read(x, weights[name][layer]) for name in ("W_Q", "W_K", "W_V"))
        scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])  # [batch, head, query, key]
        pattern = jax.nn.softmax(jnp.where(visible, scores, -jnp.inf), axis=-1)  # [batch, head, query, key]
        z = pattern @ v  # [batch, head, pos, d_head]
        written = jnp.einsum("bhpe,hed->bpd", z, weights["W_O"][layer])  # [batch, pos, d_model]
        x = x + _dropped(written, dropout, keys)
    return x @ weights["W_U"]


def _read(x: jax.Array, weight: jax.Array) -> jax.Array:
    """What every head reads, [batch, head, pos, d_head], of the stream [batch, pos, d_model]."""
    return jnp.einsum("bpd,hde->bhpe", x, weight)


def _dropped(x: jax.Array, share: float, keys: object) -> jax.Array:
    if keys is None or not share:
        return x
    kept = jax.random.bernoulli(next(keys), 1 - share, x.shape)
    return jnp.where(kept, x / (1 - share), 0)
