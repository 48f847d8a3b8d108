"""What a head's attention does, in one number a head: mean weights on a diagonal of its pattern.

Only patterns are read, so all of it holds for any network, with layer norm and MLPs too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ovlearn.arguments import complaint, instance_of, whole_number
from ovlearn.numeric.arrays import Array, Tokens, read_only
from ovlearn.numeric.config import Config
from ovlearn.numeric.run import Run, recorded


def previous_token(run: Run) -> Array:
    """Return the mean attention of each position to the one before it, [layer, head]; position 0 has none.

    Raises TypeError for what is no Run; ValueError for a run of one token, or one without its patterns.

    >>> from ovlearn.numeric import Transformer
    >>> config = Config(n_layers=2, n_heads=3, d_model=8, d_head=4, d_vocab=7, n_ctx=5)
    >>> previous_token(Transformer.random(config).run([3, 1, 4])).shape
    (2, 3)

    Source: Elhage et al. (2021), 'Induction Heads': the head that K-composition begins with.
    """
    return _mean_on_diagonal(run, back=1, first=1)


def induction(run: Run, period: int) -> Array:
    """Return the mean attention to what followed the same token a period ago, [layer, head].

    The tokens are a block of `period` tokens, again and again. From position `period` on, token i is also
    at i − period, and what followed it there is at i − period + 1: that is where an induction head looks.

    Raises TypeError for what is no Run or whole number; ValueError for a period that leaves no position,
    and for a run without its patterns.

    >>> from ovlearn.numeric import Transformer
    >>> config = Config(n_layers=2, n_heads=3, d_model=8, d_head=4, d_vocab=7, n_ctx=6)
    >>> induction(Transformer.random(config).run([3, 1, 4, 3, 1, 4]), period=3).shape
    (2, 3)

    Source: Elhage et al. (2021), 'Induction Heads'.
    """
    step = _period(run, period)
    return _mean_on_diagonal(run, back=step - 1, first=step)


def duplicate_token(run: Run, period: int) -> Array:
    """Return the mean attention to the same token a period ago, [layer, head].

    Raises as `induction` does.

    Source: Wang et al. (2022), 'Interpretability in the Wild': duplicate token heads.
    """
    step = _period(run, period)
    return _mean_on_diagonal(run, back=step, first=step)


def repeated_tokens(config: Config, period: int, batch: int = 32, seed: int = 0) -> Tokens:
    """Return fresh sequences [batch, 2 * period]: a block of different random tokens, and the same again.

    Different tokens, so that each was seen exactly once before; two copies, so that there is one place to
    look at. Raises TypeError or ValueError for a period, batch or seed that is not whole or too small, and
    for a period that n_ctx or d_vocab has no room for.

    >>> config = Config(n_layers=2, n_heads=3, d_model=8, d_head=4, d_vocab=7, n_ctx=6)
    >>> tokens = repeated_tokens(config, period=3, batch=2)
    >>> tokens.shape, bool((tokens[:, :3] == tokens[:, 3:]).all())
    ((2, 6), True)
    """
    sizes = instance_of("config", config, Config)
    length = whole_number("period", period, 1, below=min(sizes.n_ctx // 2, sizes.d_vocab) + 1)
    rows = whole_number("batch", batch, 1)
    rng = np.random.default_rng(whole_number("seed", seed))
    block = rng.permuted(np.tile(np.arange(sizes.d_vocab), (rows, 1)), axis=1)[:, :length]  # [batch, period]
    return read_only(np.tile(block, 2).astype(np.intp))


def repeat_loss(run: Run, period: int) -> float:
    """Return the mean loss, in nats, of predicting each token of the second copy from its second token on.

    Its first token is left out: nothing before it says that the block begins again.

    Raises as `induction` does, and ValueError for a run without tokens or a period of 1.
    """
    step = _period(run, period, minimum=2)
    if run.tokens is None:
        raise ValueError(complaint("run", "one of tokens", "one of a residual stream"))
    logits = run.logits[..., step:-1, :]  # [(batch), pos, d_vocab]
    largest = logits.max(axis=-1, keepdims=True)  # [(batch), pos, 1]
    total = largest[..., 0] + np.log(np.exp(logits - largest).sum(axis=-1))  # [(batch), pos]
    of_next = np.take_along_axis(logits, run.tokens[..., step + 1 :, None], axis=-1)[..., 0]  # [(batch), pos]
    return float((total - of_next).mean())


def _mean_on_diagonal(run: Run, back: int, first: int) -> Array:
    """The mean weight, from query `first` on, of the key so many positions back, [layer, head]."""
    pattern = recorded(run, "pattern")  # [layer, (batch), head, query, key]
    queries: NDArray[np.intp] = np.arange(first, pattern.shape[-1])
    if not len(queries):
        raise ValueError(complaint("run", f"at least {first + 1} tokens", str(pattern.shape[-1])))
    weights = pattern[..., queries, queries - back].mean(axis=-1)  # [layer, (batch), head]
    of_head: Array = weights.mean(axis=1) if weights.ndim == 3 else weights  # [layer, head]
    return of_head


def _period(run: Run, period: object, minimum: int = 1) -> int:
    length = recorded(run, "pattern").shape[-1]
    return whole_number("period", period, minimum, below=length)
