"""The forward pass of every network here, on one page: embed, attend, write, unembed.

It goes layer by layer and head by head, over Q, K, V and O. It never forms `W_OV` and knows nothing of paths,
so that it can judge both. A network has weights, and `parts` for whatever it has beside attention heads. By
default each part does nothing, or the plainest thing.

Source: the article, 'Motivation'; Elhage et al. (2021), 'Transformer Overview'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ovlearn.arguments import complaint, described
from ovlearn.numeric.arrays import Array, Tokens
from ovlearn.numeric.config import Config

# What one head computes from what it reads, by name: attend(x, layer, head).
Attend = Callable[[Array, int, int], dict[str, Array]]
# What stands in the place of a computed value: change(name, layer, head or None, value).
Change = Callable[[str, int, int | None, Array], Array]
OF_HEADS = ("q", "k", "v", "scores", "pattern", "z", "head_out")


def embed(net: Any, tokens: Tokens) -> Array:
    """Return the stream before the first layer [(batch), pos, d_model]."""
    embedding: Array = net.W_E[tokens]  # [(batch), pos, d_model]
    return embedding if net.W_pos is None else embedding + net.W_pos[: tokens.shape[-1]]


def attention(net: Any, x: Array, layer: int, head: int) -> dict[str, Array]:
    """Return what one head computes from what it reads, x [(batch), pos, d_model]."""
    q, k, v = net.parts.project(net, x, layer, head)  # [(batch), pos, d_head] each
    scores = q @ k.swapaxes(-1, -2) / net.attn_scale  # [(batch), query, key]
    seen = masked(scores, net.parts.window(net, layer)) if net.config.causal else scores
    pattern = softmax(seen)  # [(batch), query, key]
    z = pattern @ v  # [(batch), pos, d_head]
    head_out = z @ net.W_O[layer, head]  # [(batch), pos, d_model]
    return {"q": q, "k": k, "v": v, "scores": scores, "pattern": pattern, "z": z, "head_out": head_out}


def unchanged(name: str, layer: int, head: int | None, value: Array) -> Array:
    """Return a value as it was computed."""
    return value


def forward(
    net: Any,
    stream: Array,
    record: Iterable[str] | None = None,
    attend: Attend | None = None,
    change: Change = unchanged,
) -> dict[str, Array]:
    """Take a stream [(batch), pos, d_model] through every layer; return what was computed, by name.

    record: the names of what to keep beside embedding, resid_final and logits, by default all that there is;
    attend: what a head does, by default `attention`; change: what stands in the place of the stream that a
    layer reads, of what a head writes, or of what an MLP writes, by default that itself.
    """
    attend = attend or partial(attention, net)
    kept = {name: _blank(name, net.config, stream.shape) for name in wanted(record, recordable(net))}
    embedding = stream
    for layer in range(net.config.n_layers):
        stream = change("resid_pre", layer, None, stream)
        read = net.parts.read(net, stream, layer)  # [(batch), pos, d_model]
        written = np.zeros_like(stream)  # [(batch), pos, d_model]
        for head in range(net.config.n_heads):
            of_head = attend(read, layer, head)
            of_head["head_out"] = change("head_out", layer, head, of_head["head_out"])
            written += of_head["head_out"]
            for name in kept.keys() & of_head.keys():
                kept[name][layer, ..., head, :, :] = of_head[name]
        of_layer = {"resid_pre": stream, **net.parts.write(net, stream, written, layer, change)}
        for name in kept.keys() & of_layer.keys():
            kept[name][layer] = of_layer[name]
        stream = of_layer["resid_post"]
    return kept | {
        "embedding": embedding,
        "resid_final": stream,
        "logits": net.parts.unembed(net, stream),  # [(batch), pos, d_vocab]
    }


# The parts of a network of attention heads alone.


def as_it_is(net: Any, stream: Array, layer: int) -> Array:
    """Return what the heads of a layer read: the stream [(batch), pos, d_model] itself."""
    return stream


def project(net: Any, x: Array, layer: int, head: int) -> tuple[Array, Array, Array]:
    """Return a head's queries, keys and values [(batch), pos, d_head] of what it reads."""
    return x @ net.W_Q[layer, head], x @ net.W_K[layer, head], x @ net.W_V[layer, head]


def add(net: Any, stream: Array, written: Array, layer: int, change: Change) -> dict[str, Array]:
    """Return the stream [(batch), pos, d_model] that a layer leaves once its heads have written."""
    return {"resid_post": stream + written}


def unembed(net: Any, stream: Array) -> Array:
    """Return the logits [(batch), pos, d_vocab] of the last stream."""
    logits: Array = stream @ net.W_U
    return logits


@dataclass(frozen=True)
class Parts:
    """What a network does beside attention; each part is handed the network.

    read: what the heads of a layer read of the stream, as through a norm. project: a head's queries, keys and
    values, so biases, and rotation by position. write: what a layer does with what its heads wrote, an MLP
    after them or beside them. unembed: the logits. records: the names of what `write` records beside
    resid_post. window: how many keys a query of a layer sees, its own among them; None for all.
    """

    read: Callable[[Any, Array, int], Array] = as_it_is
    project: Callable[[Any, Array, int, int], tuple[Array, Array, Array]] = project
    write: Callable[[Any, Array, Array, int, Change], dict[str, Array]] = add
    unembed: Callable[[Any, Array], Array] = unembed
    records: Callable[[Any], tuple[str, ...]] = lambda net: ()
    window: Callable[[Any, int], int | None] = lambda net, layer: None


def masked(scores: Array, window: int | None = None) -> Array:
    """Return the scores with -inf wherever a key comes after its query, or so far before it."""
    return np.where(_seen(scores.shape[-1], window), scores, -np.inf)  # [(batch), query, key]


@lru_cache(maxsize=4)
def _seen(length: int, window: int | None) -> NDArray[np.bool]:
    """Which keys each query sees, [query, key]."""
    seen: NDArray[np.bool] = np.tri(length, dtype=bool)
    return seen if window is None else seen & ~np.tri(length, k=-window, dtype=bool)


def softmax(scores: Array) -> Array:
    """Return the softmax over the keys; less the row's maximum, so that exp cannot overflow."""
    weights: Array = np.exp(scores - scores.max(axis=-1, keepdims=True))  # [(batch), query, key]
    total: Array = weights.sum(axis=-1, keepdims=True)  # [(batch), query, 1]
    return weights / total


def recordable(net: Any) -> tuple[str, ...]:
    """Return the names of what a pass can record of each layer and head."""
    return ("resid_pre", *OF_HEADS, *net.parts.records(net), "resid_post")


def wanted(record: Iterable[str] | None, names: tuple[str, ...]) -> set[str]:
    """Return the names to record; raise for a name that there is not."""
    expected = f"some of {', '.join(names)}"
    if record is None:
        return set(names)
    if isinstance(record, str) or not isinstance(record, Iterable):
        raise TypeError(complaint("record", expected, described(record)))
    chosen = list(record)
    for name in chosen:
        if name not in names:
            raise ValueError(complaint("record", expected, repr(name)))
    return set(chosen)


def _blank(name: str, config: Config, stream: tuple[int, ...]) -> Array:
    """Return an array for one activation of all layers; it has its shape even where there are no layers."""
    *batch, pos, d_model = stream
    if name not in OF_HEADS:
        return np.empty((config.n_layers, *stream), config.dtype)
    width = {"scores": pos, "pattern": pos, "head_out": d_model}.get(name, config.d_head)
    return np.empty((config.n_layers, *batch, config.n_heads, pos, width), config.dtype)
