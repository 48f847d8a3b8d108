"""What a head gave to a token's logit from each position of a text, and what of it the box accounts for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ovlearn.arguments import Head, complaint, head_pair, instance_of
from ovlearn.numeric.arrays import Array, Tokens, listed_ids
from ovlearn.numeric.model import attention as attention_of
from ovlearn.numeric.reading.streams import folded, held, logits_gram, read, scale, unembedding
from ovlearn.numeric.run import Run, recorded


@dataclass(frozen=True, eq=False)
class Given:
    """What a head gave at each position of a text, the query, to one token's logit, and from where.

    toward [query]: the token that is asked about at each position. attention [query, key]: the pattern.
    gave [query, key]: what came from each position, less the mean over the vocabulary, the norms' factors
    held: attention × row. boxed [query, key]: what came of it along the boxed path, from the embeddings
    through this head alone. cosine [key]: between the circuit's row of what stands at a position, from its
    embedding, and the row of the stream recorded there. norm_share [key]: the length of the embedding's row
    over that of the stream's, by the same factor of the norm.
    """

    head: Head
    toward: Tokens
    attention: Array
    gave: Array
    boxed: Array
    cosine: Array
    norm_share: Array


def gives(run: Run, layer: int, head: int, toward: ArrayLike) -> Given:
    """Return what a head gave to the logit of `toward` [pos] at each position, in a run of one text.

    The run has to have recorded its resid_pre; patterns that it did not record are computed from that. Any
    network: it is folded first.

    Raises TypeError for what is no Run; ValueError for a batch, for a head or a token that does not exist,
    for another number of tokens than positions, and where something was not recorded.

    >>> from ovlearn.numeric import Config, Transformer
    >>> model = Transformer.random(Config(n_layers=1, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> run = model.run([3, 1, 4])
    >>> found = gives(run, 0, 1, toward=[1, 4, 2])
    >>> direct = run.head_out[0, 1] @ (model.W_U - model.W_U.mean(axis=1, keepdims=True))
    >>> np.allclose(found.gave.sum(axis=1), direct[[0, 1, 2], [1, 4, 2]])
    True

    Source: the article, 'The Circuit'; Elhage et al. (2021), on attention × row.
    """
    net = folded(of_one_text(run).model)
    pair = head_pair("layer, head", (layer, head), net.config.n_layers, net.config.n_heads)
    wanted = listed_ids("toward", toward, net.config)
    stream = recorded(run, "resid_pre")[layer]  # [pos, d_model]
    if len(wanted) != len(stream):
        raise ValueError(complaint("toward", f"{len(stream)} tokens, one a position", str(len(wanted))))
    attention = _pattern(run, stream, *pair)  # [query, key]
    by = scale(net, stream)  # [pos, 1]
    values = {
        "stream": read(net, stream) @ net.W_V[pair],
        "embedding": held(net, run.embedding, by) @ net.W_V[pair],
    }  # [pos, d_head] each
    direction = unembedding(net)[:, wanted].T / scale(net, run.resid_final)  # [query, d_model]
    of_values = direction @ net.W_O[pair].T  # [query, d_head]
    gram = net.W_O[pair] @ logits_gram(net) @ net.W_O[pair].T  # [d_head, d_head]
    lengths = {name: np.sqrt(np.maximum(_dots(v, gram, v), 0)) for name, v in values.items()}  # [pos] each
    across = _dots(values["embedding"], gram, values["stream"])  # [pos]
    return Given(
        pair,
        wanted,
        attention,
        gave=attention * (of_values @ values["stream"].T),
        boxed=attention * (of_values @ values["embedding"].T),
        cosine=_over(across, lengths["embedding"] * lengths["stream"]).clip(-1, 1),
        norm_share=_over(lengths["embedding"], lengths["stream"]),
    )


def of_one_text(run: Run) -> Run:
    """Return a run of a single text of tokens; raise TypeError or ValueError for another."""
    if instance_of("run", run, Run).tokens is None or run.resid_final.ndim != 2:
        raise ValueError(complaint("run", "one of the tokens of a single text", "another"))
    return run


def _pattern(run: Run, stream: Array, layer: int, head: int) -> Array:
    """A head's pattern [query, key], as recorded, or from the stream that the layer read."""
    kept: Array | None = run.pattern
    if kept is None:
        x = run.model.parts.read(run.model, stream, layer)  # [pos, d_model]
        return attention_of(run.model, x, layer, head)["pattern"]
    pattern: Array = kept[layer, head]
    return pattern


def _dots(one: Array, gram: Array, other: Array) -> Array:
    """The product of each row of one with that of the other, [pos]."""
    found: Array = np.einsum("pn,nm,pm->p", one, gram, other, optimize=True)
    return found


def _over(one: Array, other: Array) -> Array:
    """One over the other, NaN where that is 0."""
    found: Array = np.divide(one, other, out=np.full_like(one, np.nan), where=other > 0)
    return found
