"""Paths through the heads of a network with constant attention patterns: they sum to its logits.

A path is a tuple of (layer, head) pairs, each in a later layer than the one before; () is the direct path.
In a run of a frozen network in which only some heads wrote, a path through another adds nothing: so there,
too, all paths sum to its logits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

import numpy as np

from ovlearn.arguments import Head, complaint, described, head_pair, instance_of
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.config import Config
from ovlearn.numeric.run import Run, linear_in_the_stream

Path = tuple[Head, ...]


def count(config: Config) -> int:
    """Return the number of paths, (1 + n_heads) ** n_layers: each layer is skipped or passed by one head.

    >>> count(Config(n_layers=3, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    27

    Source: Elhage et al. (2021), 'The Path Expansion Trick'; the article, 'The Circuit'.
    """
    instance_of("config", config, Config)
    return int((1 + config.n_heads) ** config.n_layers)


def enumerate(config: Config) -> Iterator[Path]:
    """Return every path, one at a time: the shorter first, those of one length in lexicographic order.

    >>> list(enumerate(Config(n_layers=2, n_heads=1, d_model=8, d_head=3, d_vocab=7, n_ctx=5)))
    [(), ((0, 0),), ((1, 0),), ((0, 0), (1, 0))]
    """
    instance_of("config", config, Config)
    return chain.from_iterable(_of_length(config, length, 0) for length in range(config.n_layers + 1))


def contribution(run: Run, path: Path) -> Array:
    """Return what one path adds to the logits [(batch), pos, d_vocab], from the run's patterns and embedding.

    The path through heads 1 … k adds A_k ⋯ A_1 X_0 W_V_1 W_O_1 ⋯ W_V_k W_O_k W_U.

    Raises TypeError for what is no sequence of (layer, head) pairs; ValueError for a head that does not
    exist, for layers that do not increase, for a run without its patterns, and for one of a network with
    layer norm or MLPs, whose paths do not sum to its logits.

    >>> from ovlearn.numeric import Transformer
    >>> config = Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5)
    >>> run = Transformer.random(config).run([3, 1, 4])
    >>> np.allclose(sum(contribution(run, path) for path in enumerate(config)), run.logits)
    True

    Source: Elhage et al. (2021), 'The Path Expansion Trick'; the article, 'The Circuit', its boxed equation.
    """
    stream = linear_in_the_stream(run).embedding  # [(batch), pos, d_model]
    for layer, head in _checked(path, run.model.config):
        stream = _through_head(run, stream, layer, head)
    return stream @ run.model.W_U


def by_order(run: Run) -> Array:
    """Return, for k = 0 … n_layers, the sum of all paths through exactly k heads [k, (batch), pos, d_vocab].

    By a recurrence over the layers: a path through k heads either skips a layer, or has passed k - 1 heads
    before it and passes one there. The cost grows with n_layers², not with the number of paths.

    Raises ValueError for a run without its patterns, and for one of a network with layer norm or MLPs.

    >>> from ovlearn.numeric import Transformer
    >>> config = Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5)
    >>> run = Transformer.random(config).run([3, 1, 4])
    >>> np.allclose(by_order(run).sum(axis=0), run.logits)
    True

    Source: Elhage et al. (2021), 'The Path Expansion Trick', its terms grouped by order.
    """
    config = linear_in_the_stream(run).model.config
    orders = np.zeros((config.n_layers + 1, *run.embedding.shape), config.dtype)  # [k, (batch), pos, d_model]
    orders[0] = run.embedding
    for layer in range(config.n_layers):
        fewer = orders[: layer + 1]  # all that is not zero before this layer
        passed = sum(_through_head(run, fewer, layer, head) for head in range(config.n_heads))
        orders[1 : layer + 2] += passed
    return orders @ run.model.W_U


def by_passes(run: Run) -> Array:
    """Return what `by_order` returns [k, (batch), pos, d_vocab], by running the network n_layers + 1 times.

    The patterns are held. In pass k every head reads a stream to which the heads of pass k - 1 have written,
    and in pass 0 nobody has: so the logits of pass k hold all paths through at most k heads, and the
    difference of two passes is one order. The paper's experiment on the importance of terms.

    Raises as `by_order` does.

    >>> from ovlearn.numeric import Transformer
    >>> config = Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5)
    >>> run = Transformer.random(config).run([3, 1, 4])
    >>> np.allclose(by_passes(run), by_order(run))
    True

    Source: Elhage et al. (2021), 'Term Importance Analysis'.
    """
    config = linear_in_the_stream(run).model.config
    written = np.zeros(
        (config.n_layers, *run.embedding.shape), config.dtype
    )  # [layer, (batch), pos, d_model]
    logits = []
    for _ in range(config.n_layers + 1):
        now, stream = np.zeros_like(written), run.embedding
        for layer in range(config.n_layers):
            now[layer] = sum(_through_head(run, stream, layer, head) for head in range(config.n_heads))
            stream = stream + written[layer]
        logits.append(stream @ run.model.W_U)
        written = now
    return np.diff(logits, axis=0, prepend=np.zeros_like(logits[:1]))


def _through_head(run: Run, stream: Array, layer: int, head: int) -> Array:
    """Return what a head writes for the stream [..., (batch), pos, d_model] that it reads, if it writes."""
    if run.writers is not None and (layer, head) not in run.writers:
        return np.zeros_like(stream)
    pattern = run.pattern[layer, ..., head, :, :]  # [(batch), query, key]
    values = stream @ run.model.W_V[layer, head]  # [..., (batch), pos, d_head]
    written: Array = pattern @ values @ run.model.W_O[layer, head]  # [..., (batch), pos, d_model]
    return written


def _of_length(config: Config, length: int, first: int) -> Iterator[Path]:
    """Yield the paths through `length` heads from layer `first` on, in lexicographic order."""
    if length == 0:
        yield ()
        return
    for layer in range(first, config.n_layers - length + 1):
        for head in range(config.n_heads):
            for rest in _of_length(config, length - 1, layer + 1):
                yield ((layer, head), *rest)


def _checked(path: object, config: Config) -> Path:
    if not isinstance(path, Sequence):
        raise TypeError(complaint("path", "a sequence of (layer, head) pairs", described(path)))
    heads = tuple(head_pair("path", pair, config.n_layers, config.n_heads) for pair in path)
    for before, after in pairwise(heads):
        if after[0] <= before[0]:
            raise ValueError(complaint("path", f"a layer after that of {before}", str(after)))
    return heads
