"""The circuits themselves: products of weights, kept as two factors."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from itertools import pairwise
from typing import Any

from ovlearn.arguments import Head, complaint, described, head_pair, instance_of
from ovlearn.numeric.factored import FactoredMatrix
from ovlearn.numeric.transformer import Transformer

_LARGEST = 2**31  # bytes of the two factors of a full circuit: beyond that, a head has to be named


def ov(model: Transformer, layer: int | None = None, head: int | None = None) -> FactoredMatrix:
    """Return W_OV = W_V W_O, [d_model, d_model]: what a head moves. Every head's unless one is named.

    Without `layer` and `head` the result has these as leading axes, [layer, head, d_model, d_model].

    Raises TypeError or ValueError for a head that does not exist, or for a layer without a head.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> ov(model, 1, 0).shape, ov(model).shape
    ((8, 8), (2, 2, 8, 8))

    Source: the article, 'Motivation'; Elhage et al. (2021), 'Splitting Attention Head terms into
    Query-Key and Output-Value Circuits'.
    """
    at = _which(model, layer, head)
    return FactoredMatrix(model.W_V[at], model.W_O[at])


def full_ov(model: Transformer, layer: int | None = None, head: int | None = None) -> FactoredMatrix:
    """Return W_E W_V W_O W_U, [d_vocab, d_vocab]: row a says how logits change where token a is looked at.

    Its factors hold 2 · d_vocab · d_head numbers a head. Of all heads of GPT-2 these are 3.7 GB in float32.

    Raises as `ov` does, and ValueError for all heads at once where that takes more than 2 GiB.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> full_ov(model, 1, 0).shape
    (7, 7)

    Source: the article, 'The Circuit': the last three matrices of its boxed equation, with W_E.
    """
    at = _which(model, layer, head, full=True)
    return FactoredMatrix(model.W_E @ model.W_V[at], model.W_O[at] @ model.W_U)


def qk(model: Transformer, layer: int | None = None, head: int | None = None) -> FactoredMatrix:
    """Return W_QK = W_Q W_Kᵀ, [d_model, d_model]: where a head looks, before the division by √d_head.

    Raises as `ov` does.

    Source: Elhage et al. (2021), 'Splitting Attention Head terms into
    Query-Key and Output-Value Circuits'.
    """
    at = _which(model, layer, head)
    return FactoredMatrix(model.W_Q[at], model.W_K[at].swapaxes(-1, -2))


def full_qk(model: Transformer, layer: int | None = None, head: int | None = None) -> FactoredMatrix:
    """Return W_E W_Q W_Kᵀ W_Eᵀ, [d_vocab, d_vocab]: the score of each query token with each key token.

    The embeddings alone: not what earlier layers or positions add. Before the division by √d_head.
    As large as `full_ov`, and raises as it does.

    Source: Elhage et al. (2021), 'Splitting Attention Head terms into
    Query-Key and Output-Value Circuits'.
    """
    at = _which(model, layer, head, full=True)
    return FactoredMatrix(model.W_E @ model.W_Q[at], (model.W_E @ model.W_K[at]).swapaxes(-1, -2))


def virtual_head(model: Transformer, heads: Iterable[Head]) -> FactoredMatrix:
    """Return the product of the heads' W_OV, first layer first: what heads one after the other move.

    Raises TypeError for what are no heads, ValueError for none, and for layers that do not increase.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> virtual_head(model, [(0, 1), (1, 0)])
    FactoredMatrix(shape=(8, 8), inner=3)

    Source: Elhage et al. (2021), 'Virtual Attention Heads'.
    """
    config = instance_of("model", model, Transformer).config
    if not isinstance(heads, Iterable):
        raise TypeError(complaint("heads", "a sequence of (layer, head) pairs", described(heads)))
    pairs = [head_pair("heads", pair, config.n_layers, config.n_heads) for pair in heads]
    if not pairs:
        raise ValueError(complaint("heads", "at least one (layer, head)", "none"))
    if any(before[0] >= after[0] for before, after in pairwise(pairs)):
        raise ValueError(complaint("heads", "layers that increase", str(pairs)))
    return reduce(lambda whole, pair: whole @ ov(model, *pair), pairs[1:], ov(model, *pairs[0]))


def _which(model: Transformer, layer: int | None, head: int | None, full: bool = False) -> Any:
    """The index of one head, or of all."""
    config = instance_of("model", model, Transformer).config
    if layer is not None or head is not None:
        return head_pair("layer, head", (layer, head), config.n_layers, config.n_heads)
    numbers = 2 * config.n_layers * config.n_heads * config.d_vocab * config.d_head
    size = numbers * model.W_E.itemsize
    if full and size > _LARGEST:
        came = f"none: of all heads its factors take {size / 1e9:.1f} GB"
        raise ValueError(complaint("layer, head", "a head, and others after it", came))
    return ()
