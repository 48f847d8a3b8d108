"""What one pass through a network computed, and the network with its attention patterns held constant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ovlearn.arguments import Head, complaint, described, head_pair, instance_of
from ovlearn.numeric.arrays import Array, Tokens, read_only, shaped_array
from ovlearn.numeric.config import Config
from ovlearn.numeric.model import forward

if TYPE_CHECKING:
    from ovlearn.numeric.transformer import Transformer

_OF_FROZEN = ("resid_pre", "v", "z", "head_out", "resid_post")
# What a run was told not to record. Who asks for it knows: the fields keep the type they mostly have.
_LEFT_OUT = cast(Array, None)


@dataclass(frozen=True, eq=False)
class Run:
    """What the network computed for some tokens; the arrays are read-only.

    All of it, unless `run(tokens, record=…)` named what to keep; what was not kept is None. Shapes, with
    batch only where the tokens had it; the last two axes of scores and pattern are (query, key):

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
    embedding    [(batch), pos, d_model]                 X_0, the stream before the first layer

    Of a `GPT` alone, else None:

    resid_mid    [layer, (batch), pos, d_model]          the stream between a layer's heads and its MLP
    mlp_out      [layer, (batch), pos, d_model]          what an MLP writes, its bias included

    `writers`: the (layer, head) pairs that wrote to the stream, as a frozen network was told; None for all.

    `tokens`, `embedding`, `resid_final` and `logits` are always there. `scores` are q kᵀ / √d_head before
    the causal mask, so finite everywhere; TransformerLens records them after the mask.

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
    embedding: Array
    resid_final: Array
    logits: Array
    resid_pre: Array = _LEFT_OUT
    q: Array | None = None
    k: Array | None = None
    scores: Array | None = None
    pattern: Array = _LEFT_OUT
    v: Array = _LEFT_OUT
    z: Array = _LEFT_OUT
    head_out: Array = _LEFT_OUT
    resid_mid: Array | None = None
    mlp_out: Array | None = None
    resid_post: Array = _LEFT_OUT
    writers: frozenset[Head] | None = None

    def frozen(self) -> FrozenNetwork:
        """Return the same network with this run's attention patterns held constant: linear in its stream.

        >>> from ovlearn.numeric import Config, Transformer
        >>> config = Config(n_layers=2, n_heads=3, d_model=8, d_head=4, d_vocab=7, n_ctx=5)
        >>> run = Transformer.random(config).run([3, 1, 4])
        >>> np.allclose(run.frozen().run().logits, run.logits)
        True

        Raises ValueError for a run that did not record its patterns, and for one of a network with a norm
        or MLPs: that is not linear, whatever its patterns do.

        Source: the article, 'The Circuit', first assumption.
        """
        return FrozenNetwork(self)

    def __repr__(self) -> str:
        """Name the shape of the pass, without its numbers."""
        return f"Run({self.model!r}, logits={self.logits.shape})"


def linear_in_the_stream(run: Run) -> Run:
    """Return a run whose logits are linear in its embedding with its patterns held; else raise ValueError.

    Raises TypeError for what is no Run.
    """
    if not instance_of("run", run, Run).model.heads_alone:
        raise ValueError(
            complaint("run", "one of a network of attention heads alone", "one with a norm, MLPs or biases")
            + ": even with its patterns held constant it is not linear, so its paths do not sum to its logits"
        )
    recorded(run, "pattern")
    return run


def recorded(run: Run, name: str) -> Array:
    """Return what a run recorded under this name; raise ValueError where it did not.

    Raises TypeError for what is no Run.
    """
    value: Array | None = getattr(instance_of("run", run, Run), name)
    if value is None:
        raise ValueError(complaint("run", f"one that recorded its {name}", f'none: add "{name}" to `record`'))
    return value


def run_of(model: Transformer, tokens: Tokens | None, computed: dict[str, Any], **fields: Any) -> Run:
    """Return what a forward pass computed as a Run; `fields` are those that were known beforehand."""
    return Run(model, tokens, **{name: read_only(array) for name, array in computed.items()}, **fields)


@dataclass(frozen=True)
class FrozenNetwork:
    """A network whose attention patterns are those of one recorded run, whatever its stream holds.

    It is linear: run(a·X + b·Y) gives logits a·run(X) + b·run(Y). `Run.frozen()` makes it.

    Raises TypeError for what is no Run; ValueError for one that did not record its patterns, and for one of a
    network with a norm, MLPs or biases.

    >>> from ovlearn.numeric import Config, Transformer
    >>> config = Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5)
    >>> run = Transformer.random(config).run([3, 1, 4])
    >>> doubled = run.frozen().run(resid=2 * run.embedding)
    >>> np.allclose(doubled.logits, 2 * run.logits)
    True

    Source: the article, 'The Circuit', first assumption.
    """

    recorded: Run

    def __post_init__(self) -> None:
        """Check that this run's network is linear once its patterns are held."""
        linear_in_the_stream(self.recorded)

    def run(self, resid: Array | None = None, heads: Iterable[Head] | None = None) -> Run:
        """Run the frozen network, and return all that it computed.

        resid: a stream [(batch), pos, d_model] in the place of the recorded embedding X_0.
        heads: the (layer, head) pairs that write into the stream; the head_out of all others is zero.
        By default the recorded embedding, and all heads.

        The Run that it returns says which heads wrote, `writers`. Its q, k and scores are None, as constant
        patterns need none; tokens are the recorded ones, or None where resid is given. Each head's v and z
        are recorded even if it does not write.

        Raises ValueError for a resid of another shape or with NaN, and for a head that does not exist;
        TypeError for a resid that is not real or something in heads that is no (layer, head) pair.

        What one head adds, with all others silent:

        >>> from ovlearn.numeric import Config, Transformer
        >>> config = Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5)
        >>> frozen = Transformer.random(config).run([3, 1, 4]).frozen()
        >>> alone = frozen.run(heads={(1, 0)}).logits - frozen.run(heads=set()).logits
        >>> alone.shape
        (3, 7)

        Source: the article, 'The Circuit': the equations of Y and of the deltas.
        """
        recorded = self.recorded
        config = recorded.model.config
        writers = None if heads is None else _writers(heads, config)
        stream, tokens = recorded.embedding, recorded.tokens
        if resid is not None:
            stream, tokens = shaped_array("resid", resid, stream.shape, config.dtype), None

        def attend(x: Array, layer: int, head: int) -> dict[str, Array]:
            return self._attend(x, layer, head, writers is None or (layer, head) in writers)

        computed = forward(recorded.model, stream, _OF_FROZEN, attend)
        return run_of(recorded.model, tokens, computed, writers=writers, pattern=recorded.pattern)

    def _attend(self, x: Array, layer: int, head: int, writes: bool) -> dict[str, Array]:
        """Return what one head computes from the stream x [(batch), pos, d_model]."""
        model, pattern = self.recorded.model, self.recorded.pattern
        v = x @ model.W_V[layer, head]  # [(batch), pos, d_head]
        z = pattern[layer, ..., head, :, :] @ v  # [(batch), pos, d_head]
        head_out = z @ model.W_O[layer, head] if writes else np.zeros_like(x)  # [(batch), pos, d_model]
        return {"v": v, "z": z, "head_out": head_out}

    def __repr__(self) -> str:
        """Name the run whose patterns these are."""
        return f"FrozenNetwork({self.recorded!r})"


def _writers(heads: Iterable[Head], config: Config) -> frozenset[Head]:
    if not isinstance(heads, Iterable):
        raise TypeError(complaint("heads", "an iterable of (layer, head) pairs", described(heads)))
    return frozenset(head_pair("heads", pair, config.n_layers, config.n_heads) for pair in heads)
