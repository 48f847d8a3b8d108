"""How much a head reads of what an earlier one writes."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ovlearn.arguments import complaint, described, instance_of
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.config import Config
from ovlearn.numeric.transformer import Transformer

_READS = {"Q": ("W_Q", "W_K"), "K": ("W_K", "W_Q"), "V": ("W_V", "W_O")}


def composition_scores(model: Transformer, kind: Literal["Q", "K", "V"]) -> Array:
    """Return how much each head reads of what each earlier one writes, [layer, head, layer, head].

    The first two axes name the head that writes. V: ‖W_OV¹ W_OV²‖ / (‖W_OV¹‖ ‖W_OV²‖), Frobenius norms. Q has
    W_QK² in the place of W_OV², K has its transpose. 0 where the first head is not in an earlier layer; NaN
    where a head's matrix is zero to rounding. No factor of any weight changes them: each is taken away before
    the products. `composition_baseline` says what random heads give.

    Raises TypeError for what is no model, ValueError for another kind.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> composition_scores(model, "K")[1].max()
    np.float64(0.0)

    Source: Elhage et al. (2021), 'Two-Layer Attention-Only Transformers', the composition diagram.
    """
    instance_of("model", model, Transformer)
    if not isinstance(kind, str) or kind not in _READS:
        raise ValueError(complaint("kind", 'one of "Q", "K", "V"', described(kind)))
    left = _writing(model)  # [layer, head, d_head, d_model], of norm 1 or NaN
    right = _reading(model, kind)  # the same
    layers, heads = model.config.n_layers, model.config.n_heads
    scores = np.zeros((layers, heads, layers, heads), left.dtype)
    for layer in range(layers - 1):
        scores[layer, :, layer + 1 :] = _norms_of_products(left[layer], right[layer + 1 :])
    return scores


def composition_baseline(of: Config | Transformer) -> float:
    """Return the root mean square of composition scores between random heads: 1 / √d_model.

    Not their mean, which is a little below. Derived, not sampled. A Gaussian matrix is as likely as any
    rotation of it. So the directions that the second head reads, d_model of them, are hit alike by what the
    first one writes: E‖M¹ M²‖² is ‖M¹‖² ‖M²‖² / d_model, whatever d_head is. Of a model whose heads all write
    and read without a mean over d_model, as a folded `GPT` has, it is 1 / √(d_model − 1): that direction is
    hit by nobody.

    Raises TypeError for what is neither a config nor a model.

    >>> from ovlearn.numeric import GPT
    >>> config = Config(n_layers=2, n_heads=2, d_model=64, d_head=3, d_vocab=7, n_ctx=5)
    >>> composition_baseline(config)
    0.125
    >>> round(composition_baseline(GPT.random(config).folded()) ** -2)
    63
    """
    if isinstance(of, Config):
        return float(1 / np.sqrt(of.d_model))
    if not isinstance(of, Transformer):
        raise TypeError(complaint("of", "a Config or a Transformer", described(of)))
    readers = all(_centred(weight.swapaxes(-1, -2)) for weight in (of.W_Q, of.W_K, of.W_V))
    directions = of.config.d_model - (readers and _centred(of.W_O))
    return float(1 / np.sqrt(directions))


def _centred(weight: Array) -> bool:
    """Whether the rows [..., d_model] have no mean beside their size, and are not all zero."""
    size = np.linalg.norm(weight, axis=-1)  # [...]
    mean = np.abs(weight.mean(axis=-1)) * np.sqrt(weight.shape[-1])  # [...], as a part of the norm
    return bool(size.any() and (mean <= 32 * np.finfo(weight.dtype).eps * size.max()).all())


def _writing(model: Transformer) -> Array:
    """R W_O of each head's W_V W_O, where W_V = Q R: as large as the head's matrix, which is made 1.

    Q has orthonormal columns: what follows a matrix has the same norm if it follows this smaller one.
    """
    return _of_norm_one(np.linalg.qr(_unit(model.W_V), mode="r") @ _unit(model.W_O))


def _reading(model: Transformer, kind: str) -> Array:
    """The same of what each head reads with, transposed: its rows are what meets the stream."""
    near, far = (_unit(getattr(model, name)) for name in _READS[kind])
    if kind == "V":  # W_V W_O: W_O's rows are in the stream, those of W_Q and W_K are in the head
        far = far.swapaxes(-1, -2)
    return _of_norm_one(np.linalg.qr(far, mode="r") @ near.swapaxes(-1, -2))


def _unit(weight: Array) -> Array:
    """Each head's weight over its largest entry and its norm: nothing overflows, or is lost, in a product."""
    largest = np.abs(weight).max(axis=(-2, -1), keepdims=True, initial=0)  # [layer, head, 1, 1]
    scaled = weight / np.where(largest > 0, largest, 1)
    norm = np.linalg.norm(scaled, axis=(-2, -1), keepdims=True)  # [layer, head, 1, 1]
    return scaled / np.where(norm > 0, norm, 1)


def _of_norm_one(core: Array) -> Array:
    """Each head's core, of factors of norm 1, over its norm; NaN where that is what rounding leaves of 0."""
    norm = np.linalg.norm(core, axis=(-2, -1), keepdims=True)  # [layer, head, 1, 1]
    return core / np.where(norm > 8 * np.finfo(core.dtype).eps, norm, np.nan)


def _norms_of_products(left: Array, right: Array) -> Array:
    """Return ‖L Rᵀ‖ of every L [head, inner, d_model] with every R [layer, head, inner, d_model].

    One large product, and then the norms [head, layer, head] of its blocks.
    """
    heads, inner, d_model = left.shape
    product = left.reshape(-1, d_model) @ right.reshape(-1, d_model).T  # [head · inner, layer · head · inner]
    blocks = product.reshape(heads, inner, *right.shape[:-1])  # [head, inner, layer, head, inner]
    norms: Array = np.sqrt(np.einsum("aibcj,aibcj->abc", blocks, blocks))
    return norms
