"""What one pass through the network computed, and the pass itself: layer by layer, head by head."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from ovlearn.arguments import Head, complaint, described, instance_of
from ovlearn.numeric.arrays import Array, Tokens, read_only
from ovlearn.numeric.config import Config

if TYPE_CHECKING:
    from ovlearn.numeric.frozen import FrozenNetwork
    from ovlearn.numeric.transformer import Transformer

# What one head computes from the stream, by name: attend(stream, layer, head).
Attend = Callable[[Array, int, int], dict[str, Array]]

_STREAMS = ("resid_pre", "resid_post", "resid_mid", "mlp_out")  # of a layer; all else is of a head
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

        Raises ValueError for a run that did not record its patterns, and for one of a network with layer norm
        or MLPs: that is not linear, whatever its patterns do.

        Source: the article, 'The Circuit', first assumption.
        """
        from ovlearn.numeric.frozen import FrozenNetwork  # here, as a FrozenNetwork's run is a Run

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
            complaint(
                "run", "one of a network of attention heads alone", "one with layer norm, MLPs or biases"
            )
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


def run_layers(
    model: Transformer,
    tokens: Tokens | None,
    resid: Array,
    attend: Attend,
    names: tuple[str, ...],
    record: Iterable[str] | None = None,
    writers: frozenset[Head] | None = None,
    **constants: Array,
) -> Run:
    """Take a stream [(batch), pos, d_model] through every layer, and record what `attend` says of each head.

    names: what there is to record.  record: what is wanted of it, by default all.
    writers, constants: fields of the Run that are known beforehand.
    """
    kept = {name: _blank(name, model.config, resid.shape) for name in _wanted(record, names)}
    embedding = read_only(resid)
    for layer in range(model.config.n_layers):
        found = {"resid_pre": resid}
        read = model._read(resid, layer)  # [(batch), pos, d_model]
        written = np.zeros_like(resid)  # [(batch), pos, d_model]
        for head in range(model.config.n_heads):
            of_head = attend(read, layer, head)
            written += of_head["head_out"]
            for name in kept.keys() & of_head.keys():
                kept[name][layer, ..., head, :, :] = of_head[name]
        found |= model._finish(resid + written, layer)
        resid = found["resid_post"]
        for name in kept.keys() & found.keys():
            kept[name][layer] = found[name]
    always = {"embedding": embedding, "resid_final": resid, "logits": model._unembed(resid)}
    arrays = {name: read_only(array) for name, array in (kept | always).items()}
    return Run(model, tokens, **arrays, **constants, writers=writers)


def _wanted(record: Iterable[str] | None, names: tuple[str, ...]) -> set[str]:
    """The names to record; raise for a name that there is not."""
    expected = f"some of {', '.join(names)}"
    if record is None:
        return set(names)
    if isinstance(record, str) or not isinstance(record, Iterable):
        raise TypeError(complaint("record", expected, described(record)))
    wanted = list(record)
    for name in wanted:
        if name not in names:
            raise ValueError(complaint("record", expected, repr(name)))
    return set(wanted)


def _blank(name: str, config: Config, stream: tuple[int, ...]) -> Array:
    """Return an array for one activation of all layers; it has its shape even where there are no layers."""
    *batch, pos, d_model = stream
    if name in _STREAMS:
        return np.empty((config.n_layers, *stream), config.dtype)
    widths = {"scores": pos, "pattern": pos, "head_out": d_model}
    width = widths.get(name, config.d_head)
    return np.empty((config.n_layers, *batch, config.n_heads, pos, width), config.dtype)
