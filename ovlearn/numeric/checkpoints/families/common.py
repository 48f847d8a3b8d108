"""What families share: how heads lie in a linear layer, and which word stands for which activation."""

from __future__ import annotations

import numpy as np

from ovlearn.arguments import complaint
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.checkpoints.options import Options
from ovlearn.numeric.checkpoints.tensors import Tensors
from ovlearn.numeric.config import Config

# Hugging Face's words for activations, and ours.
ACTIVATIONS = {
    "gelu_new": "gelu_new",
    "gelu_pytorch_tanh": "gelu_new",
    "gelu_fast": "gelu_new",
    "gelu": "gelu",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
}


def reading(weight: Array, d_head: int) -> Array:
    """Return a linear layer [layer, heads · d_head, d_model] as [layer, head, d_model, d_head]."""
    layers, _, d_model = weight.shape
    return np.ascontiguousarray(weight.reshape(layers, -1, d_head, d_model).swapaxes(-1, -2))


def writing(weight: Array, d_head: int) -> Array:
    """Return a linear layer [layer, d_model, heads · d_head] as [layer, head, d_head, d_model]."""
    layers, d_model, _ = weight.shape
    return weight.swapaxes(-1, -2).reshape(layers, -1, d_head, d_model)


def of_heads(bias: Array, d_head: int) -> Array:
    """Return a bias [layer, heads · d_head] as [layer, head, d_head]."""
    return bias.reshape(len(bias), -1, d_head)


def sizes(
    options: Options,
    *,
    layers: str,
    heads: str,
    width: str,
    context: str = "max_position_embeddings",
    positional: bool = False,
    d_head: int | None = None,
) -> Config:
    """Return the sizes of a model, by the names that its family has for them.

    d_head: what a head is wide, where the heads need not share the width between them.

    Raises ValueError where one is missing or none, and where the heads cannot share the width.
    """
    return Config(
        options.size(layers),
        options.size(heads),
        options.size(width),
        head_width(options, width, heads) if d_head is None else d_head,
        options.size("vocab_size"),
        options.size(context),
        positional=positional,
        dtype=np.float32,
    )


def head_width(options: Options, width: str, heads: str) -> int:
    """Return d_head where the heads share the width: it must be a multiple of their number."""
    d_model, n_heads = options.size(width), options.size(heads)
    if d_model % n_heads:
        expected = f"a multiple of {heads} = {n_heads}"
        raise ValueError(complaint(f"{options.where}, {width}", expected, str(d_model)))
    return d_model // n_heads


def unembedding(options: Options, tensors: Tensors, W_E: Array, name: str, *, tied: bool) -> Array:
    """Return W_U [d_model, d_vocab]: the embedding's transpose, where the two are tied by default or not.

    Raises ValueError where they are said to be tied, and the file holds two that differ.
    """
    tied = options.flag("tie_word_embeddings", tied)
    if tied and not tensors.has(name):
        return W_E.T
    W_U = tensors.take(name, *W_E.shape)  # [d_vocab, d_model]
    if tied and not np.array_equal(W_U, W_E):
        expected = "a copy of the embedding, as tie_word_embeddings is true"
        raise ValueError(complaint(f"{tensors.where}, {name}", expected, "other numbers"))
    return W_E.T if tied else W_U.T
