"""What a head's attention does, in one number a head: mean weights on diagonals of its pattern.

Only patterns and tokens are read, so all of it holds for any network, with layer norm and MLPs too.
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
    return _mean_on_diagonal(run, back=1)


def induction(run: Run, period: int) -> Array:
    """Return the mean attention to what followed the same token in any earlier copy, [layer, head].

    The tokens are a block of `period` tokens, twice or more often; the last copy may be cut short, and other
    tokens may come before, as a first token does. Token i is also at i − period, i − 2 period …, and what
    followed it there is one place further on: at all of these an induction head may look. The mean is over
    all positions of all copies but the first. With two copies there is one such place for each.

    Raises TypeError for what is no Run or whole number; ValueError for a period that leaves no position, for
    tokens that do not repeat with it, and for a run without its patterns or without tokens.

    >>> from ovlearn.numeric import Transformer
    >>> config = Config(n_layers=2, n_heads=3, d_model=8, d_head=4, d_vocab=7, n_ctx=6)
    >>> induction(Transformer.random(config).run([3, 1, 4, 3, 1, 4]), period=3).shape
    (2, 3)

    Source: Elhage et al. (2021), 'Induction Heads'.
    """
    return _mean_on_copies(run, period, minimum=2, after=1)


def duplicate_token(run: Run, period: int) -> Array:
    """Return the mean attention to the same token in any earlier copy, [layer, head].

    Of the same runs as `induction`, and raises as it does; here a period of 1 has a meaning, too.

    Source: Wang et al. (2022), 'Interpretability in the Wild': duplicate token heads.
    """
    return _mean_on_copies(run, period, minimum=1, after=0)


def repeated_tokens(
    config: Config, period: int, batch: int = 32, seed: int = 0, begin: int | None = None
) -> Tokens:
    """Return fresh sequences [batch, 2 * period]: a block of different random tokens, and the same again.

    Different tokens, so that each was seen exactly once before; two copies, so that there is one place to
    look at. begin: the id of a token that stands before them, as a language model's texts should have one.

    Raises TypeError or ValueError for a period, batch or seed that is not whole or too small, for a period
    that n_ctx or d_vocab has no room for, and for a begin token that does not exist.

    >>> config = Config(n_layers=2, n_heads=3, d_model=8, d_head=4, d_vocab=7, n_ctx=6)
    >>> tokens = repeated_tokens(config, period=3, batch=2)
    >>> tokens.shape, bool((tokens[:, :3] == tokens[:, 3:]).all())
    ((2, 6), True)
    """
    sizes = instance_of("config", config, Config)
    first = [] if begin is None else [whole_number("begin", begin, below=sizes.d_vocab)]
    others = np.delete(np.arange(sizes.d_vocab), first)  # [token]
    room = min((sizes.n_ctx - len(first)) // 2, len(others))
    length = whole_number("period", period, 1, below=room + 1)
    rows = whole_number("batch", batch, 1)
    rng = np.random.default_rng(whole_number("seed", seed))
    block = rng.permuted(np.tile(others, (rows, 1)), axis=1)[:, :length]  # [batch, period]
    before = np.tile(np.array(first, dtype=np.intp), (rows, 1))  # [batch, 0 or 1]
    return read_only(np.concatenate([before, np.tile(block, 2)], axis=1).astype(np.intp))


def repeat_loss(run: Run, period: int) -> float:
    """Return the mean loss, in nats, of predicting each token of the later copies, from the second one on.

    The first token of the second copy is left out: nothing before it says that the block begins again.

    Raises as `induction` does, but for the patterns, which it does not need.
    """
    begin = sum(_block(run, period, minimum=2))  # of the second copy
    tokens = np.asarray(run.tokens)  # [(batch), pos]
    if begin + 1 == tokens.shape[-1]:
        raise ValueError(complaint("run", "two tokens of the second copy", "one"))
    logits = run.logits[..., begin:-1, :]  # [(batch), pos, d_vocab]
    largest = logits.max(axis=-1, keepdims=True)  # [(batch), pos, 1]
    total = largest[..., 0] + np.log(np.exp(logits - largest).sum(axis=-1))  # [(batch), pos]
    of_next = np.take_along_axis(logits, tokens[..., begin + 1 :, None], axis=-1)[..., 0]  # [(batch), pos]
    return float((total - of_next).mean())


def _mean_on_copies(run: Run, period: int, minimum: int, after: int) -> Array:
    """The mean weight, from each token of a later copy, of the places so far after its earlier copies."""
    pattern = recorded(run, "pattern")  # [layer, (batch), head, query, key]
    begin, step = _block(run, period, minimum)
    queries: NDArray[np.intp] = np.arange(begin + step, pattern.shape[-1])
    earlier = np.arange(pattern.shape[-1]) - after - queries[:, None]  # [query, key], 0 at the token itself
    there = (earlier < 0) & (earlier % step == 0) & (queries[:, None] + earlier >= begin)  # [query, key]
    return _of_heads(np.einsum("...qk,qk->...", pattern[..., queries, :], there) / len(queries))


def _mean_on_diagonal(run: Run, back: int) -> Array:
    """The mean weight of the key so many positions back, [layer, head]."""
    pattern = recorded(run, "pattern")  # [layer, (batch), head, query, key]
    queries: NDArray[np.intp] = np.arange(back, pattern.shape[-1])
    if not len(queries):
        raise ValueError(complaint("run", f"at least {back + 1} tokens", str(pattern.shape[-1])))
    return _of_heads(pattern[..., queries, queries - back].mean(axis=-1))


def _of_heads(weights: Array) -> Array:
    """Means over the texts of a batch: [layer, (batch), head] to [layer, head]."""
    of_head: Array = weights.mean(axis=1) if weights.ndim == 3 else weights
    return of_head


def _block(run: Run, period: object, minimum: int) -> tuple[int, int]:
    """Where the repeated block begins, from which on all tokens repeat with the period; and its length.

    A text that only happens to end as if it did is none: what comes before is one token at most, or two whole
    copies follow.
    """
    given = instance_of("run", run, Run).tokens
    if given is None:
        raise ValueError(complaint("run", "one of tokens", "one of a residual stream"))
    tokens = np.atleast_2d(given)  # [batch, pos]
    length = tokens.shape[1]
    step = whole_number("period", period, minimum, below=length)
    broken = (tokens[:, step:] != tokens[:, :-step]).any(axis=0)  # [pos]
    begin = int(np.flatnonzero(broken).max(initial=-1)) + 1
    if begin + step >= length or (begin > 1 and begin + 2 * step > length):
        raise ValueError(complaint("run", f"tokens that repeat with period {step}", "others"))
    return begin, step
