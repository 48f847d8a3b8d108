"""The models that were written by hand: each weight is there for a reason that one can read.

The stream is cut into slots, a range of dimensions each: one for the token, one for the position, one for
what the first layer found, one for what is said. A head reads from one slot and writes to another.
"""

from __future__ import annotations

from string import ascii_lowercase
from typing import Any

import numpy as np

from ovlearn.numeric.arrays import Array
from ovlearn.numeric.config import Config, weight_shapes
from ovlearn.numeric.zoo.zoomodel import ZooModel

_SHARP = 12.0  # a score, after the division by √d_head: e¹² to 1 against what does not match
_LOUD = 10.0  # a logit


def copying(name: str) -> ZooModel:
    """W_OV is a projection and W_U = W_Eᵀ: each token raises itself most, in fewer dimensions than tokens."""
    tokens, d_model, d_head = ascii_lowercase[:10], 8, 5
    rng = np.random.default_rng(0)
    P = np.linalg.qr(rng.normal(size=(d_model, d_head))).Q  # [d_model, d_head], orthonormal columns
    directions = rng.normal(size=(len(tokens), d_head))  # [d_vocab, d_head]
    W_E = directions / np.linalg.norm(directions, axis=1, keepdims=True) @ P.T  # [d_vocab, d_model]
    config = Config(1, 1, d_model, d_head, len(tokens), n_ctx=8)
    nothing = np.zeros((1, 1, d_model, d_head))
    return _made(
        name,
        config,
        tokens,
        "One head that copies: its W_OV is a projection, so all eigenvalues of its circuit are positive.",
        W_E=W_E,
        W_Q=nothing,
        W_K=nothing,
        W_V=P[None, None],
        W_O=P.T[None, None],
        W_U=W_E.T,
    )


def skip_trigrams(name: str) -> ZooModel:
    """`in` and `at` look for `keep`; `keep` raises `mind` and `bay`, whichever of the two looks at it."""
    tokens = ("keep", "in", "at", "mind", "bay", "the", "a", "off")
    v = len(tokens)
    token, said = _slots(v, v)
    config = Config(1, 1, 2 * v, 2, v, n_ctx=8)
    weights = _blank(config)
    weights["W_E"][:, token] = np.eye(v)
    weights["W_Q"][0, 0, [1, 2], 0] = _sharp(config)  # `in` and `at` ask …
    weights["W_K"][0, 0, 0, 0] = 1  # … and `keep` answers
    weights["W_V"][0, 0, 0, 1] = 1
    weights["W_O"][0, 0, 1, said][[3, 4]] = _LOUD / 2  # `mind` and `bay`
    weights["W_U"][said] = np.eye(v)
    return _made(
        name,
        config,
        tokens,
        "Two skip-trigrams, keep … in mind and keep … at bay, and the two that come along with them.",
        **weights,
    )


def two_back(name: str) -> ZooModel:
    """Two previous-token heads, the second reading what the first wrote: together they look two back."""
    tokens, n_ctx = ascii_lowercase[:6], 8
    v = len(tokens)
    token, position, previous, said = _slots(v, n_ctx, v, v)
    config = Config(2, 1, 3 * v + n_ctx, n_ctx, v, n_ctx, positional=True)
    weights = _blank(config)
    weights["W_E"][:, token], weights["W_pos"][:, position] = np.eye(v), np.eye(n_ctx)
    for layer in (0, 1):
        _look_back(weights, layer, position, config)
    _move(weights, 0, token, previous)
    _move(weights, 1, previous, said)
    weights["W_U"][said] = _LOUD * np.eye(v)
    return _made(
        name,
        config,
        tokens,
        "A virtual head: one head moves a token one place on, the next moves it on again.",
        **weights,
    )


def induction_by_keys(name: str) -> ZooModel:
    """Layer 0 notes each position's previous token; layer 1 looks for its own token among those notes."""
    tokens, n_ctx = ascii_lowercase[:8], 16
    v = len(tokens)
    token, position, previous, said = _slots(v, n_ctx, v, v)
    config = Config(2, 1, 3 * v + n_ctx, n_ctx, v, n_ctx, positional=True)
    weights = _blank(config)
    weights["W_E"][:, token], weights["W_pos"][:, position] = np.eye(v), np.eye(n_ctx)
    _look_back(weights, 0, position, config)
    _move(weights, 0, token, previous)
    weights["W_Q"][1, 0, token, :v] = _sharp(config) * np.eye(v)
    weights["W_K"][1, 0, previous, :v] = np.eye(v)
    weights["W_Q"][1, 0, token, v] = _sharp(config)  # nothing came before position 0, which looked at itself:
    weights["W_K"][1, 0, position, v][0] = -1  # so its note is not to be found
    _move(weights, 1, token, said)
    weights["W_U"][said] = _LOUD * np.eye(v)
    return _made(
        name,
        config,
        tokens,
        "Induction by K-composition: the keys of layer 1 read what the previous-token head wrote.",
        periods=(4, 5, 6, 7, 8),
        **weights,
    )


def induction_by_pointers(name: str) -> ZooModel:
    """Layer 0 finds where the same token was and notes that position; layer 1 looks one place further."""
    tokens, n_ctx = ascii_lowercase[:8], 16
    v = len(tokens)
    token, position, pointer, said = _slots(v, n_ctx, n_ctx, v)
    config = Config(2, 1, 2 * (v + n_ctx), v + n_ctx, v, n_ctx, positional=True)
    weights = _blank(config)
    weights["W_E"][:, token], weights["W_pos"][:, position] = np.eye(v), np.eye(n_ctx)
    weights["W_Q"][0, 0, token, :v] = _sharp(config) * np.eye(v)
    weights["W_K"][0, 0, token, :v] = np.eye(v)
    weights["W_Q"][0, 0, position, v:] = _sharp(config) * np.eye(n_ctx)
    weights["W_K"][0, 0, position, v:] = -2 * np.eye(n_ctx)  # a token is the same as itself, and not meant
    _move(weights, 0, position, pointer)
    weights["W_Q"][1, 0, pointer, :n_ctx] = _sharp(config) * np.eye(n_ctx, k=1)  # from p to p + 1
    weights["W_K"][1, 0, position, :n_ctx] = np.eye(n_ctx)
    _move(weights, 1, token, said)
    weights["W_U"][said] = _LOUD * np.eye(v)
    return _made(
        name,
        config,
        tokens,
        "Induction by pointer arithmetic: the queries of layer 1 read a position, and add one to it.",
        periods=(4, 5, 6, 7, 8),
        **weights,
    )


MAKERS = {
    "copying": copying,
    "skip-trigrams": skip_trigrams,
    "two-back": two_back,
    "induction-by-keys": induction_by_keys,
    "induction-by-pointers": induction_by_pointers,
}


def _slots(*widths: int) -> list[slice]:
    """Ranges of the stream's dimensions, one after the other."""
    ends = np.cumsum(widths).tolist()
    return [slice(end - width, end) for width, end in zip(widths, ends, strict=True)]


def _sharp(config: Config) -> float:
    """What a matching query and key must multiply to, for a score of _SHARP."""
    return float(_SHARP * np.sqrt(config.d_head))


def _blank(config: Config) -> dict[str, Array]:
    return {name: np.zeros(shape) for name, shape in weight_shapes(config).items()}


def _look_back(weights: dict[str, Array], layer: int, position: slice, config: Config) -> None:
    """Let a head's queries at position p look for position p − 1; position 0 has only itself."""
    n = config.n_ctx
    weights["W_Q"][layer, 0, position, :n] = _sharp(config) * np.eye(n, k=-1)
    weights["W_K"][layer, 0, position, :n] = np.eye(n)


def _move(weights: dict[str, Array], layer: int, source: slice, target: slice) -> None:
    """Let a head write to one slot what stands in another, where it looks."""
    width = source.stop - source.start
    weights["W_V"][layer, 0, source, :width] = np.eye(width)
    weights["W_O"][layer, 0, :width, target] = np.eye(width)


def _made(name: str, config: Config, tokens: Any, shows: str, **rest: Any) -> ZooModel:
    return ZooModel(
        config,
        name=name,
        tokens=tuple(tokens),
        made="by hand",
        shows=shows,
        provenance="written for this course, weight by weight",
        **rest,
    )
