"""The network with its attention patterns held constant: a linear map of the residual stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ovlearn.arguments import Head, complaint, described, head_pair
from ovlearn.numeric.arrays import Array, shaped_array
from ovlearn.numeric.config import Config
from ovlearn.numeric.run import Run, linear_in_the_stream, run_layers

_NAMES = ("resid_pre", "v", "z", "head_out", "resid_post")


@dataclass(frozen=True)
class FrozenNetwork:
    """A network whose attention patterns are those of one recorded run, whatever its stream holds.

    It is linear: run(a·X + b·Y) gives logits a·run(X) + b·run(Y). `Run.frozen()` makes it.

    Raises TypeError for what is no Run; ValueError for one that did not record its patterns, and for one of a
    network with layer norm, MLPs or biases.

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

        return run_layers(
            recorded.model, tokens, stream, attend, _NAMES, writers=writers, pattern=recorded.pattern
        )

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
