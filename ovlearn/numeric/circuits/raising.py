"""What a head raises, token by token: rows of its full OV circuit, some at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ovlearn.arguments import Head, complaint, head_pair, instance_of, whole_number
from ovlearn.numeric.arrays import Array, Tokens, listed_ids
from ovlearn.numeric.circuits.factors import full_ov
from ovlearn.numeric.circuits.scaling import up_to_one
from ovlearn.numeric.factored import FactoredMatrix
from ovlearn.numeric.transformer import Transformer

_BLOCK = 2**22  # logits that are held at once
_PIECE = 64  # tokens of a row of which the first is found, before its first few are


class TopOutputs(NamedTuple):
    """For each token looked at: the tokens whose logits rise most, and by how much, both [token, k]."""

    tokens: Tokens
    logits: Array


def top_outputs(model: Transformer, layer: int, head: int, tokens: ArrayLike, k: int = 10) -> TopOutputs:
    """Return the k tokens whose logits rise most where the head looks at each of `tokens` [token].

    The largest first; of equal ones, the lower id. Blockwise: never [d_vocab, d_vocab] in memory.

    Raises TypeError or ValueError for a head or token that does not exist, and for k out of range; ValueError
    for logits beyond the largest float.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> top_outputs(model, 1, 0, [2, 5], k=3).tokens.shape
    (2, 3)
    """
    pair, count = _asked(model, layer, head, k)
    circuit = full_ov(model, *pair)
    ids = listed_ids("tokens", tokens, model.config)
    found = [largest(block, count) for _, block in _rows(circuit, ids)]
    return TopOutputs(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def copying_accuracy(model: Transformer, layer: int, head: int, k: int = 1) -> float:
    """Return the share of tokens for which fewer than k others rise as much where the head looks at them.

    A tie is no hit: of a head that writes nothing, or the same to all logits, it is 0 for every k < d_vocab.
    What rounding could have made different is a tie; no factor of any weight changes it.

    Raises TypeError or ValueError for a head that does not exist, and for k out of range.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> copying_accuracy(model, 1, 0, k=7)
    1.0
    """
    (layer, head), count = _asked(model, layer, head, k)
    weights = (model.W_E, model.W_V[layer, head], model.W_O[layer, head], model.W_U)
    W_E, W_V, W_O, W_U = (up_to_one(weight)[0] for weight in weights)  # no factor changes who rises most
    circuit, hits = FactoredMatrix(W_E @ W_V, W_O @ W_U), 0
    longest = np.linalg.norm(circuit.B, axis=0).max()
    for ids, block in _rows(circuit, np.arange(model.config.d_vocab)):
        own = np.take_along_axis(block, ids[:, None], axis=1)  # [row, 1]
        noise = 8 * np.finfo(block.dtype).eps * longest * np.linalg.norm(circuit.A[ids], axis=1)  # [row]
        rivals = (block >= own - noise[:, None]).sum(axis=1) - 1  # [row], itself not counted
        hits += int((rivals < count).sum())
    return hits / model.config.d_vocab


def _asked(model: Transformer, layer: int, head: int, k: int) -> tuple[Head, int]:
    """One head, and k."""
    config = instance_of("model", model, Transformer).config
    pair = head_pair("layer, head", (layer, head), config.n_layers, config.n_heads)
    return pair, whole_number("k", k, minimum=1, below=config.d_vocab + 1)


def _rows(circuit: FactoredMatrix, ids: Tokens) -> Iterator[tuple[Tokens, Array]]:
    """Some rows of a full circuit at a time: their ids [row], and their logits [row, d_vocab]."""
    height = max(1, _BLOCK // circuit.shape[-1])
    for begin in range(0, len(ids), height):
        block = ids[begin : begin + height]
        with np.errstate(over="ignore", invalid="ignore"):  # said below
            logits = circuit.A[block] @ circuit.B
        if not np.isfinite(logits).all():
            raise ValueError(complaint("model", f"logits that {logits.dtype} can hold", "larger ones"))
        yield block, logits


def largest(logits: Array, k: int) -> tuple[Tokens, Array]:
    """Return the ids and values [row, k] of each row's k largest, falling; of equal ones, the lower id first.

    >>> largest(np.array([[3.0, 9, 1, 9]]), 2)
    (array([[1, 3]]), array([[9., 9.]]))
    """
    return _extreme(logits, k, np.maximum, -1)


def smallest(logits: Array, k: int) -> tuple[Tokens, Array]:
    """Return the ids and values [row, k] of each row's k smallest, rising; of equal ones, lower ids first."""
    return _extreme(logits, k, np.minimum, 1)


def _extreme(logits: Array, k: int, reduce: np.ufunc, sign: int) -> tuple[Tokens, Array]:
    """The k that come first by sign times their value.

    Every so many tokens are a piece. Whatever is among the first k stands in one of the k pieces whose own
    first one comes first; so most of a row is looked at once, and never sorted. Where several pieces tie for
    the last place, lower ids may stand in any of them: such rows are sorted whole.
    """
    rows, width = logits.shape
    pieces = -(-width // _PIECE)
    if k >= pieces // 4:
        order = _first(sign * logits, k)
        return order, np.take_along_axis(logits, order, axis=1)
    depth = width // pieces
    tops = reduce.reduce(logits[:, : depth * pieces].reshape(rows, depth, pieces), axis=1)  # [row, piece]
    rest = logits[:, depth * pieces :]  # [row, fewer than pieces]
    reduce(tops[:, : rest.shape[1]], rest, out=tops[:, : rest.shape[1]])
    tops = sign * tops
    chosen = np.sort(np.argpartition(tops, k - 1, axis=1)[:, :k], axis=1)  # [row, k]
    ids = (np.arange(depth + 1)[:, None] * pieces + chosen[:, None, :]).reshape(rows, -1)  # rising in a row
    values = sign * np.take_along_axis(logits, np.minimum(ids, width - 1), axis=1)
    values[ids >= width] = np.inf  # they come last
    order = np.take_along_axis(ids, _first(values, k), axis=1)  # [row, k]
    last = np.take_along_axis(tops, chosen, axis=1).max(axis=1, keepdims=True)  # [row, 1]
    tied = (tops <= last).sum(axis=1) > k  # [row]
    order[tied] = _first(sign * logits[tied], k)
    return order, np.take_along_axis(logits, order, axis=1)


def _first(values: Array, k: int) -> Tokens:
    """Where the k smallest of each row stand [row, k], rising; of equal ones, the first."""
    if 4 * k >= values.shape[1]:
        return np.argsort(values, axis=1, kind="stable")[:, :k]
    found = np.sort(np.argpartition(values, k - 1, axis=1)[:, :k], axis=1)  # [row, k]
    of_found = np.take_along_axis(values, found, axis=1)  # [row, k]
    order = np.take_along_axis(found, np.argsort(of_found, axis=1, kind="stable"), axis=1)
    tied = (values <= of_found.max(axis=1, keepdims=True)).sum(axis=1) > k  # [row]
    order[tied] = np.argsort(values[tied], axis=1, kind="stable")[:, :k]
    return order
