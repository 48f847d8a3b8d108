"""How streams are read, in any network: through a norm whose factor is held, or as they are."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ovlearn.numeric.arrays import Array
from ovlearn.numeric.gpt import GPT
from ovlearn.numeric.norms import centred, normed, scale_of
from ovlearn.numeric.transformer import Transformer


@lru_cache(maxsize=2)
def folded(model: Transformer) -> Transformer:
    """Return a model with its gains and means in its weights, so that circuits are products of weights."""
    return model.folded()


@lru_cache(maxsize=2)
def unembedding(net: Transformer) -> Array:
    """Return a folded model's W_U less its mean over the vocabulary, [d_model, d_vocab]."""
    mean = net.W_U.mean(axis=1, keepdims=True)  # [d_model, 1]
    return net.W_U if isinstance(net, GPT) and net.normalization else net.W_U - mean


@lru_cache(maxsize=2)
def logits_gram(net: Transformer) -> Array:
    """Return `unembedding` times itself transposed, [d_model, d_model]: lengths of logits follow from it."""
    W_U = unembedding(net)
    gram: Array = W_U @ W_U.T
    return gram


def scale(model: Transformer, stream: Array) -> Array:
    """Return what a norm divides a stream [..., d_model] by, [..., 1]; 1 where there is none."""
    return scale_of(stream, model.normalization, model.eps) if isinstance(model, GPT) else np.ones(1)


def held(model: Transformer, part: Array, by: Array) -> Array:
    """Return what a folded model's norm makes of a part of a stream [..., d_model], its factor held."""
    centre = centred(part, model.normalization) if isinstance(model, GPT) else part
    read: Array = centre / by
    return read


def read(model: Transformer, stream: Array) -> Array:
    """Return what a folded model reads of a stream [..., d_model] of its own: its norm."""
    return normed(stream, model.normalization, model.eps) if isinstance(model, GPT) else stream


@lru_cache(maxsize=1)
def embeddings_read(net: Transformer) -> Array:
    """Return what a folded model reads of each token's embedding, [d_vocab, d_model]."""
    return read(net, net.W_E)
