"""What one pass through the network computed, and the pass itself: layer by layer, head by head."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

import numpy as np

from ovlearn.numeric.arrays import Array, Tokens, read_only
from ovlearn.numeric.config import Config

if TYPE_CHECKING:
    from ovlearn.numeric.frozen import FrozenNetwork
    from ovlearn.numeric.transformer import Transformer

# What one head computes from the stream, by name: attend(stream, layer, head).
Attend = Callable[[Array, int, int], dict[str, Array]]


@dataclass(frozen=True, eq=False)
class Run:
    """Everything that the network computed for some tokens; the arrays are read-only.

    Shapes, with batch only where the tokens had it; the last two axes of scores and pattern are (query, key):

    tokens       [(batch), pos]                          None where a residual stream was given instead
    resid_pre    [layer, (batch), pos, d_model]          the stream that a layer reads
    q, k         [layer, (batch), head, pos, d_head]     None in a run of a frozen network
    scores       [layer, (batch), head, pos, pos]        None in a run of a frozen network
    pattern      [layer, (batch), head, pos, pos]        softmax over the keys; its rows sum to 1
    v, z         [layer, (batch), head, pos, d_head]     z = pattern @ v
    head_out     [layer, (batch), head, pos, d_model]    what a head writes: z @ W_O
    resid_post   [layer, (batch), pos, d_model]          the stream that a layer leaves
    resid_final  [(batch), pos, d_model]                 the stream that W_U reads
    logits       [(batch), pos, d_vocab]

    `scores` are q kᵀ / √d_head before the causal mask, so finite everywhere; TransformerLens records them
    after the mask.

    >>> from ovlearn.numeric import Config, Transformer
    >>> config = Config(n_layers=2, n_heads=3, d_model=8, d_head=4, d_vocab=7, n_ctx=5)
    >>> run = Transformer.random(config).run([3, 1, 4])
    >>> run.pattern.shape, run.logits.shape
    ((2, 3, 3, 3), (3, 7))

    Source: the article, 'Motivation'; Elhage et al. (2021), 'Transformer Overview'; names of TransformerLens.
    """

    model: Transformer
    tokens: Tokens | None
    _: KW_ONLY
    resid_pre: Array
    q: Array | None = None
    k: Array | None = None
    scores: Array | None = None
    pattern: Array
    v: Array
    z: Array
    head_out: Array
    resid_post: Array
    resid_final: Array
    logits: Array

    @property
    def embedding(self) -> Array:
        """X_0 [(batch), pos, d_model]: the stream before the first layer, positions included."""
        return self.resid_pre[0] if len(self.resid_pre) else self.resid_final

    def frozen(self) -> FrozenNetwork:
        """Return the same network with this run's attention patterns held constant: linear in its stream.

        >>> from ovlearn.numeric import Config, Transformer
        >>> config = Config(n_layers=2, n_heads=3, d_model=8, d_head=4, d_vocab=7, n_ctx=5)
        >>> run = Transformer.random(config).run([3, 1, 4])
        >>> np.allclose(run.frozen().run().logits, run.logits)
        True

        Source: the article, 'The Circuit', first assumption.
        """
        from ovlearn.numeric.frozen import FrozenNetwork  # here, as a FrozenNetwork's run is a Run

        return FrozenNetwork(self)

    def __repr__(self) -> str:
        """Name the shape of the pass, without its numbers."""
        return f"Run({self.model!r}, logits={self.logits.shape})"


def run_layers(
    model: Transformer,
    tokens: Tokens | None,
    resid: Array,
    attend: Attend,
    records: Iterable[str],
    **constants: Array,
) -> Run:
    """Take a stream [(batch), pos, d_model] through every layer, and record what `attend` says of each head.

    records: the names of what `attend` returns.  constants: fields of the Run that are known beforehand.
    """
    kept = {name: _blank(name, model.config, resid.shape) for name in records}
    pre, post = (_blank("resid", model.config, resid.shape) for _ in range(2))
    for layer in range(model.config.n_layers):
        pre[layer] = resid
        for head in range(model.config.n_heads):
            for name, value in attend(pre[layer], layer, head).items():
                kept[name][layer, ..., head, :, :] = value
        resid = pre[layer] + kept["head_out"][layer].sum(axis=-3)  # [(batch), pos, d_model]
        post[layer] = resid
    kept |= {"resid_pre": pre, "resid_post": post, "resid_final": resid, "logits": resid @ model.W_U}
    return Run(model, tokens, **{name: read_only(array) for name, array in kept.items()}, **constants)


def _blank(name: str, config: Config, stream: tuple[int, ...]) -> Array:
    """Return an array for one activation of all layers; it has its shape even where there are no layers."""
    *batch, pos, d_model = stream
    if name == "resid":
        return np.empty((config.n_layers, *stream), config.dtype)
    widths = {"scores": pos, "pattern": pos, "head_out": d_model}
    width = widths.get(name, config.d_head)
    return np.empty((config.n_layers, *batch, config.n_heads, pos, width), config.dtype)
