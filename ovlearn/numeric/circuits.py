"""A model's circuits: what its heads read and write, composed from the weights alone.

Everything is kept in the inner size, d_head, and batched over heads. No [d_vocab, d_vocab] array is formed
unless `.AB` asks for it. Row vectors: W_OV = W_V W_O, W_QK = W_Q W_Kᵀ.

Of a `GPT` these are products of its weights as they stand: they leave out its biases, its MLPs and what layer
norm divides by, and its gains too, unless it was `folded`. `checkpoints.left_out` says how much that is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ovlearn.arguments import Head, complaint, described, head_pair, instance_of, whole_number
from ovlearn.numeric.arrays import Array, Tokens, vocabulary_ids
from ovlearn.numeric.config import Config
from ovlearn.numeric.factored import FactoredMatrix
from ovlearn.numeric.transformer import Transformer

Complex = NDArray[np.complexfloating[Any]]
_BLOCK = 2**22  # logits that are held at once


class TopOutputs(NamedTuple):
    """For each token looked at: the tokens whose logits rise most, and by how much, both [token, k]."""

    tokens: Tokens
    logits: Array


def ov(model: Transformer, layer: int | None = None, head: int | None = None) -> FactoredMatrix:
    """Return W_OV = W_V W_O, [d_model, d_model]: what a head moves. Every head's unless one is named.

    Without `layer` and `head` the result has these as leading axes, [layer, head, d_model, d_model].

    Raises TypeError or ValueError for a head that does not exist, or for a layer without a head.

    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> ov(model, 1, 0).shape, ov(model).shape
    ((8, 8), (2, 2, 8, 8))

    Source: the article, 'Motivation'; Elhage et al. (2021), 'Splitting Attention Head terms into Circuits'.
    """
    at = _which(model, layer, head)
    return FactoredMatrix(model.W_V[at], model.W_O[at])


def full_ov(model: Transformer, layer: int | None = None, head: int | None = None) -> FactoredMatrix:
    """Return W_E W_V W_O W_U, [d_vocab, d_vocab]: row a says how logits change where token a is looked at.

    Raises as `ov` does.

    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> full_ov(model, 1, 0).shape
    (7, 7)

    Source: the article, 'The Circuit': the last three matrices of its boxed equation, with W_E.
    """
    at = _which(model, layer, head)
    return FactoredMatrix(model.W_E @ model.W_V[at], model.W_O[at] @ model.W_U)


def qk(model: Transformer, layer: int | None = None, head: int | None = None) -> FactoredMatrix:
    """Return W_QK = W_Q W_Kᵀ, [d_model, d_model]: where a head looks, before the division by √d_head.

    Raises as `ov` does.

    Source: Elhage et al. (2021), 'Splitting Attention Head terms into Circuits'.
    """
    at = _which(model, layer, head)
    return FactoredMatrix(model.W_Q[at], model.W_K[at].swapaxes(-1, -2))


def full_qk(model: Transformer, layer: int | None = None, head: int | None = None) -> FactoredMatrix:
    """Return W_E W_Q W_Kᵀ W_Eᵀ, [d_vocab, d_vocab]: the score of each query token with each key token.

    The embeddings alone: not what earlier layers or positions add. Before the division by √d_head.
    Raises as `ov` does.

    Source: Elhage et al. (2021), 'Splitting Attention Head terms into Circuits'.
    """
    at = _which(model, layer, head)
    return FactoredMatrix(model.W_E @ model.W_Q[at], (model.W_E @ model.W_K[at]).swapaxes(-1, -2))


def eigenvalues(model: Transformer) -> Complex:
    """Return the eigenvalues of every head's full OV circuit, [layer, head, d_head], complex, in no order.

    They are those of W_O W_U W_E W_V, [d_head, d_head]: the two products have the same ones but for zeros.
    W_U W_E is the same for all heads, and formed once.

    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> eigenvalues(model).shape
    (2, 2, 3)

    Source: Elhage et al. (2021), 'Summarizing OV/QK Matrices'.
    """
    inner = _inner(model)  # [layer, head, d_head, d_head]
    values = np.linalg.eigvals(inner)
    return values.astype(np.result_type(inner, np.complex64))  # numpy drops imaginary parts that are all zero


def copying_score(model: Transformer) -> Array:
    """Return Σλ / Σ|λ| of every head's full OV circuit, [layer, head], from −1 to 1.

    At 1 all eigenvalues are positive: as far as this goes, the head raises the tokens that it looks at. NaN
    for a head whose eigenvalues are all zero: it neither raises nor lowers, and 0/0 is no score.

    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> bool((abs(copying_score(model)) <= 1).all())
    True

    Source: Elhage et al. (2021), 'Copying/Primitive In-Context Learning'.
    """
    values = eigenvalues(model)  # [layer, head, d_head]
    total, sizes = values.sum(axis=-1).real, np.abs(values).sum(axis=-1)  # [layer, head] each
    score: Array = np.divide(total, sizes, out=np.full_like(sizes, np.nan), where=sizes > 0)
    return score


def composition_scores(model: Transformer, kind: Literal["Q", "K", "V"]) -> Array:
    """Return how much each head reads of what each earlier one writes, [layer, head, layer, head].

    The first two axes name the head that writes. V: ‖W_OV¹ W_OV²‖ / (‖W_OV¹‖ ‖W_OV²‖), Frobenius norms. Q has
    W_QK² in the place of W_OV², K has its transpose. 0 where the first head is not in an earlier layer; NaN
    where a head's matrix is zero. `composition_baseline` says what random heads give.

    Raises ValueError for another kind.

    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> composition_scores(model, "K")[1].max()
    np.float64(0.0)

    Source: Elhage et al. (2021), 'Two-Layer Attention-Only Transformers', the composition diagram.
    """
    instance_of("model", model, Transformer)
    read = {"Q": qk, "K": lambda one: qk(one).T, "V": ov}
    if kind not in read:
        raise ValueError(complaint("kind", 'one of "Q", "K", "V"', described(kind)))
    left, right = _core(ov(model)), _core(read[kind](model).T)  # [layer, head, d_head, d_model] each
    first, later = (np.linalg.norm(core, axis=(-2, -1)) for core in (left, right))  # [layer, head] each
    sizes = first[:, :, None, None] * later  # [layer, head, layer, head]
    norms = np.zeros_like(sizes)
    for layer in range(model.config.n_layers - 1):
        norms[layer, :, layer + 1 :] = _norms_of_products(left[layer], right[layer + 1 :])
    scores: Array = np.divide(norms, sizes, out=np.full_like(norms, np.nan), where=sizes > 0)
    layers = np.arange(model.config.n_layers)
    scores.swapaxes(1, 2)[layers[:, None] >= layers] = 0  # [layer, layer, head, head], a view
    return scores


def composition_baseline(config: Config) -> float:
    """Return the root mean square of composition scores between random heads: 1 / √d_model.

    Derived, not sampled. A Gaussian matrix is as likely as any rotation of it. So the directions that the
    second head reads, d_model of them, are hit alike by what the first one writes: E‖M¹ M²‖² is
    ‖M¹‖² ‖M²‖² / d_model, whatever d_head is.

    >>> composition_baseline(Config(n_layers=2, n_heads=2, d_model=64, d_head=3, d_vocab=7, n_ctx=5))
    0.125
    """
    return float(1 / np.sqrt(instance_of("config", config, Config).d_model))


def virtual_head(model: Transformer, heads: Sequence[Head]) -> FactoredMatrix:
    """Return the product of the heads' W_OV, first layer first: what heads one after the other move.

    Raises TypeError for what are no heads, ValueError for none, and for layers that do not increase.

    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> virtual_head(model, [(0, 1), (1, 0)])
    FactoredMatrix(shape=(8, 8), inner=3)

    Source: Elhage et al. (2021), 'Virtual Attention Heads'.
    """
    config = instance_of("model", model, Transformer).config
    pairs = [head_pair("heads", pair, config.n_layers, config.n_heads) for pair in heads]
    if not pairs:
        raise ValueError(complaint("heads", "at least one (layer, head)", "none"))
    if any(before[0] >= after[0] for before, after in pairwise(pairs)):
        raise ValueError(complaint("heads", "layers that increase", str(pairs)))
    return reduce(lambda whole, pair: whole @ ov(model, *pair), pairs[1:], ov(model, *pairs[0]))


def top_outputs(model: Transformer, layer: int, head: int, tokens: ArrayLike, k: int = 10) -> TopOutputs:
    """Return the k tokens whose logits rise most where the head looks at each of `tokens` [token].

    The largest first; of equal ones, the lower id. Blockwise: never [d_vocab, d_vocab] in memory.

    Raises TypeError or ValueError for a head or token that does not exist, and for k out of range.

    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> top_outputs(model, 1, 0, [2, 5], k=3).tokens.shape
    (2, 3)
    """
    circuit = full_ov(model, layer, head)
    count = whole_number("k", k, minimum=1, below=model.config.d_vocab + 1)
    ids = vocabulary_ids(np.atleast_1d(np.asarray(tokens)), model.config).ravel()
    found = [_largest(block, count) for _, block in _rows(circuit, ids)]
    return TopOutputs(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def copying_accuracy(model: Transformer, layer: int, head: int, k: int = 1) -> float:
    """Return the share of tokens for which fewer than k others rise more where the head looks at them.

    Raises as `top_outputs` does.

    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> copying_accuracy(model, 1, 0, k=7)
    1.0
    """
    circuit = full_ov(model, layer, head)
    count = whole_number("k", k, minimum=1, below=model.config.d_vocab + 1)
    hits = 0
    for ids, block in _rows(circuit, np.arange(model.config.d_vocab)):
        own = np.take_along_axis(block, ids[:, None], axis=1)  # [row, 1]
        hits += int(((block > own).sum(axis=1) < count).sum())
    return hits / model.config.d_vocab


def _which(model: Transformer, layer: int | None, head: int | None) -> Any:
    """The index of one head, or of all."""
    config = instance_of("model", model, Transformer).config
    if layer is None and head is None:
        return ()
    return head_pair("layer, head", (layer, head), config.n_layers, config.n_heads)


def _core(matrices: FactoredMatrix) -> Array:
    """Return R B [..., inner, right] of each matrix A B, where A = Q R.

    Q has orthonormal columns: what follows a matrix has the same norm if it follows this smaller one.
    """
    core: Array = np.linalg.qr(matrices.A, mode="r") @ matrices.B
    return core


def _norms_of_products(left: Array, right: Array) -> Array:
    """Return ‖L Rᵀ‖ of every L [head, inner, d_model] with every R [layer, head, inner, d_model].

    One large product, and then the norms [head, layer, head] of its blocks.
    """
    heads, inner, d_model = left.shape
    product = left.reshape(-1, d_model) @ right.reshape(-1, d_model).T  # [head · inner, layer · head · inner]
    blocks = product.reshape(heads, inner, *right.shape[:-1])  # [head, inner, layer, head, inner]
    norms: Array = np.sqrt(np.einsum("aibcj,aibcj->abc", blocks, blocks))
    return norms


def _inner(model: Transformer) -> Array:
    """W_O W_U W_E W_V of every head, [layer, head, d_head, d_head]."""
    shared = instance_of("model", model, Transformer).W_U @ model.W_E  # [d_model, d_model]
    inner: Array = model.W_O @ shared @ model.W_V
    return inner


def _rows(circuit: FactoredMatrix, ids: Tokens) -> Iterator[tuple[Tokens, Array]]:
    """Some rows of a full circuit at a time: their ids [row], and their logits [row, d_vocab]."""
    height = max(1, _BLOCK // circuit.shape[-1])
    for begin in range(0, len(ids), height):
        block = ids[begin : begin + height]
        yield block, circuit.A[block] @ circuit.B


def _largest(logits: Array, k: int) -> tuple[Tokens, Array]:
    """The ids and values [row, k] of each row's k largest, falling; of equal ones, the lower id first."""
    order = np.argsort(-logits, axis=1, kind="stable")[:, :k]  # [row, k]
    return order, np.take_along_axis(logits, order, axis=1)
