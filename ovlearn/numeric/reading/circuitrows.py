"""Rows of a head's full OV circuit, and its singular directions: what it would raise, by its weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ovlearn.arguments import Head, complaint, described, head_pair, instance_of, whole_number
from ovlearn.numeric.arrays import Array, Tokens, listed_ids, real_array
from ovlearn.numeric.blocks import mlp, normalized
from ovlearn.numeric.circuits.raising import largest, smallest
from ovlearn.numeric.factored import FactoredMatrix
from ovlearn.numeric.gpt import GPT
from ovlearn.numeric.reading.streams import embeddings_read, folded, logits_gram, read, unembedding
from ovlearn.numeric.transformer import Transformer

Basis = Literal["embedding", "after first MLP"]
_BLOCK = 2**22  # logits that are held at once
_RANDOM = 20  # heads whose rows a spread is compared with


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a head's circuit. `tokens`: the tokens looked at, [token]; the rest is one row each.

    raised, lowered [token, k]: the tokens whose logits rise, or fall, most; by [token, k] and down_by say by
    how much, less the mean over the vocabulary. spread [token]: the standard deviation of the whole row.
    noise [token]: the same of random heads between the same embeddings, as strong as this one. A row that
    spreads no wider than noise says nothing, unless its ends stand out: those of a random row lie some four
    spreads from its middle.
    """

    head: Head
    tokens: Tokens
    raised: Tokens
    by: Array
    lowered: Tokens
    down_by: Array
    spread: Array
    noise: Array


@dataclass(frozen=True, eq=False)
class Directions:
    """A head's strongest singular directions. size [direction]: how much each is stretched, by W_OV.

    looks_at, raised, lowered [direction, k]: the tokens whose embeddings lie most along what is read, and
    those whose logits rise and fall most with what is written. The sign of a direction is that in which the
    tokens looked at lie.
    """

    head: Head
    size: Array
    looks_at: Tokens
    raised: Tokens
    lowered: Tokens


def rows(
    model: Transformer,
    layer: int,
    head: int,
    tokens: ArrayLike,
    k: int = 10,
    *,
    basis: Basis | ArrayLike = "embedding",
) -> Rows:
    """Return rows of the full OV circuit of one head: what it raises where it looks at each of `tokens`
    [token].

    The model is folded first, so that gains count. What the head reads is a stream through the norm, which is
    as long for each token: from the embedding; "after first MLP", from the embedding and what the first
    layer's MLP makes of it alone; or from streams that you recorded, [token, d_model]. Blockwise: the rows
    are never all in memory.

    Raises TypeError or ValueError for a head or token that does not exist, for k out of range, for a basis
    that is not known, that this network does not have, or that has another shape.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> found = rows(model, 1, 0, [2, 5], k=3)
    >>> found.raised.shape, found.spread.shape
    ((2, 3), (2,))

    Source: Elhage et al. (2021), 'Splitting Attention Head terms into Query-Key and Output-Value Circuits'.
    """
    net = folded(instance_of("model", model, Transformer))
    config = net.config
    pair = head_pair("layer, head", (layer, head), config.n_layers, config.n_heads)
    count = whole_number("k", k, minimum=1, below=config.d_vocab + 1)
    ids = listed_ids("tokens", tokens, config)
    x = read(net, _streams(net, ids, basis))  # [token, d_model]
    A = x @ net.W_V[pair]  # [token, d_head]
    found = [(*largest(block, count), *smallest(block, count)) for block in _blocks(net, A, pair)]
    raised, by, lowered, down_by = (np.concatenate(part) for part in zip(*found, strict=True))
    strength = float(FactoredMatrix(net.W_V[pair], net.W_O[pair]).norm())
    random = [_spread(x @ W_V, gram, config.d_vocab) for W_V, gram in _random_heads(net)]
    noise = strength * np.mean(random, axis=0)  # [token]
    return Rows(pair, ids, raised, by, lowered, down_by, _spread(A, _gram(net, pair), config.d_vocab), noise)


def strongest(
    model: Transformer, layer: int, head: int, count: int = 20, *, basis: Basis = "embedding"
) -> Tokens:
    """Return the tokens whose rows of a head's full OV circuit spread widest, [token], falling.

    Raises as `rows` does.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> strongest(model, 1, 0, count=3).shape
    (3,)
    """
    net = folded(instance_of("model", model, Transformer))
    config = net.config
    pair = head_pair("layer, head", (layer, head), config.n_layers, config.n_heads)
    most = whole_number("count", count, minimum=1, below=config.d_vocab + 1)
    every = np.arange(config.d_vocab)
    x = embeddings_read(net) if basis == "embedding" else read(net, _streams(net, every, basis))
    A = x @ net.W_V[pair]  # [d_vocab, d_head]
    spread = _spread(A, _gram(net, pair), config.d_vocab)  # [d_vocab]
    found: Tokens = largest(spread[None], most)[0][0]
    return found


def after_first_mlp(model: Transformer, tokens: ArrayLike) -> Array:
    """Return embeddings and what the first layer's MLP makes of each alone, [token, d_model].

    Raises ValueError for a network without MLPs.
    """
    if not isinstance(model, GPT) or model.W_in is None or not model.config.n_layers:
        raise ValueError(
            complaint("basis", "'embedding' or an array, as there is no MLP", "'after first MLP'")
        )
    embedded = model.W_E[listed_ids("tokens", tokens, model.config)]  # [token, d_model]
    written: Array = mlp(model, normalized(model, embedded, "ln2", 0), 0)  # [token, d_model]
    return embedded + written


def directions(model: Transformer, layer: int, head: int, count: int = 8, k: int = 10) -> Directions:
    """Return the strongest singular directions of a head's W_OV, in tokens: of the folded model.

    Raises TypeError or ValueError for a head that does not exist, and for numbers out of range.

    Source: Millidge and Black (2022), 'The Singular Value Decompositions of Transformer Weight Matrices'.
    """
    net = folded(instance_of("model", model, Transformer))
    config = net.config
    pair = head_pair("layer, head", (layer, head), config.n_layers, config.n_heads)
    most = whole_number("count", count, minimum=1, below=min(config.d_head, config.d_model) + 1)
    k = whole_number("k", k, minimum=1, below=config.d_vocab + 1)
    U, S, Vh = FactoredMatrix(net.W_V[pair], net.W_O[pair]).svd()
    along = (embeddings_read(net) @ U[:, :most]).T  # [direction, d_vocab]
    said = Vh[:most] @ unembedding(net)  # [direction, d_vocab]
    ends = largest(along, k)[1].sum(axis=1) + smallest(along, k)[1].sum(axis=1)  # [direction]
    sign = np.where(ends < 0, -1, 1)[:, None]  # [direction, 1]
    looks_at, raised, lowered = (largest(part, k)[0] for part in (sign * along, sign * said, -sign * said))
    return Directions(pair, S[:most], looks_at, raised, lowered)


def _streams(net: Transformer, ids: Tokens, basis: Basis | ArrayLike) -> Array:
    """What the head reads the norm of, [token, d_model]."""
    if isinstance(basis, str):
        if basis == "embedding":
            return net.W_E[ids]
        if basis == "after first MLP":
            return after_first_mlp(net, ids)
        expected = "'embedding', 'after first MLP' or an array"
        raise ValueError(complaint("basis", expected, described(basis)))
    streams = real_array("basis", basis, net.config.dtype)
    if streams.shape != (len(ids), net.config.d_model):
        expected = f"shape ({len(ids)}, {net.config.d_model}), a stream for each token"
        raise ValueError(complaint("basis", expected, f"shape {streams.shape}"))
    return streams


def _blocks(net: Transformer, A: Array, pair: Head) -> Iterator[Array]:
    """Rows A W_O W_U, some at a time, [row, d_vocab]; few of them meet W_O first, which is far less to do."""
    W_O, W_U = net.W_O[pair], unembedding(net)
    left, right = (A @ W_O, W_U) if len(A) < len(W_O) else (A, W_O @ W_U)
    height = max(1, _BLOCK // W_U.shape[-1])
    for begin in range(0, len(A), height):
        yield left[begin : begin + height] @ right


def _gram(net: Transformer, pair: Head) -> Array:
    """A head's W_O W_U times itself transposed, [d_head, d_head]."""
    gram: Array = net.W_O[pair] @ logits_gram(net) @ net.W_O[pair].T
    return gram


def _spread(A: Array, gram: Array, d_vocab: int) -> Array:
    """The standard deviation of each row of A B [token], from B Bᵀ: B has no mean over the vocabulary."""
    squares = np.einsum("tn,nm,tm->t", A, gram, A, optimize=True) / d_vocab  # [token]
    spread: Array = np.sqrt(np.maximum(squares, 0))
    return spread


@lru_cache(maxsize=1)
def _random_heads(net: Transformer) -> list[tuple[Array, Array]]:
    """Gaussian heads whose W_V W_O has norm 1: W_V [d_model, d_head], and what `_spread` needs of W_O."""
    rng = np.random.default_rng(0)
    whole = logits_gram(net)  # [d_model, d_model]
    heads: list[tuple[Array, Array]] = []
    for _ in range(_RANDOM):
        W_V = rng.standard_normal((net.config.d_model, net.config.d_head), dtype=np.float32)
        W_O = rng.standard_normal((net.config.d_head, net.config.d_model), dtype=np.float32)
        heads.append((W_V / float(FactoredMatrix(W_V, W_O).norm()), W_O @ whole @ W_O.T))
    return heads
