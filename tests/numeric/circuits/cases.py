"""Models of three layers with two heads, every size another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import ovlearn as ov

HEADS = [(layer, head) for layer in range(3) for head in range(2)]


def model(seed: int = 0, **sizes: Any) -> ov.Transformer:
    given = {"n_layers": 3, "n_heads": 2, "d_model": 9, "d_head": 4, "d_vocab": 11, "n_ctx": 6}
    return ov.Transformer.random(ov.Config(**{**given, **sizes}), seed=seed)


def one_head(circuit: Any, seed: int | None = None, dtype: Any = np.float64) -> ov.Transformer:
    """One head with this full OV circuit [d_vocab, d_vocab]; from a seed, in rotated bases everywhere."""
    n = len(circuit)
    d_model = n + 2
    rng = np.random.default_rng(seed)
    turns = [np.linalg.qr(rng.normal(size=(k, k)))[0] for k in (d_model, n)]
    stream, inside = turns if seed is not None else (np.eye(d_model), np.eye(n))
    weights = {
        "W_E": np.eye(n, d_model) @ stream,
        "W_V": (stream.T @ np.eye(d_model, n) @ circuit @ inside)[None, None],
        "W_O": (inside.T @ np.eye(n, d_model) @ stream)[None, None],
        "W_U": stream.T @ np.eye(d_model, n),
    }
    nothing = np.zeros((1, 1, d_model, n))
    config = ov.Config(1, 1, d_model, n, n, n_ctx=3, dtype=dtype)
    return ov.Transformer(config, W_Q=nothing, W_K=nothing, **weights)


def times(m: ov.Transformer, **factors: float) -> ov.Transformer:
    """The model with some weights times a number each."""
    return replace(m, **{name: factor * getattr(m, name) for name, factor in factors.items()})
