"""Copying in one number: the eigenvalues of full OV circuits, and what random heads give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ovlearn.arguments import complaint, instance_of, whole_number
from ovlearn.numeric.arrays import Array, real_array
from ovlearn.numeric.circuits.scaling import up_to_one
from ovlearn.numeric.circuits.spectrum import Complex, eigenvalues_beyond_rounding
from ovlearn.numeric.transformer import Transformer

_BLOCK = 2**12  # tokens of the vocabulary that are summed at once


def eigenvalues(model: Transformer) -> Complex:
    """Return the eigenvalues of every head's full OV circuit, [layer, head, d_head], complex, in no order.

    W_U is first centred over the vocabulary: a number added to all logits alike changes no probability, so it
    changes no eigenvalue here. They are those of W_O W_U W_E W_V, [d_head, d_head]: the two products have the
    same ones but for zeros. One that rounding alone could have made is 0: of a circuit that only turns some
    tokens into others, as [[1, −1], [1, −1]] does, all are.

    Raises TypeError for what is no model, ValueError for eigenvalues beyond the largest float.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> eigenvalues(model).shape
    (2, 2, 3)

    Source: Elhage et al. (2021), 'Detecting Copying Behavior'.
    """
    values, exponents = _of_heads(model)
    with np.errstate(over="ignore", invalid="ignore"):  # said below
        parts = (np.ldexp(part, exponents[..., None]) for part in (values.real, values.imag))
        whole = next(parts) + 1j * next(parts)
    if not np.isfinite(whole).all():
        raise ValueError(complaint("model", "eigenvalues that float64 can hold", "larger ones"))
    return whole


def copying_score(model: Transformer) -> Array:
    """Return Σλ / Σ|λ| of every head's full OV circuit, [layer, head], from −1 to 1.

    The λ are those of `eigenvalues`: W_U is centred over the vocabulary, and no factor of a weight counts. At
    1 all of them are positive: there are mixtures of tokens that raise themselves, and none that lower
    themselves. NaN where none is different from 0 beyond rounding: such a head may raise and lower much, but
    no mixture raises or lowers itself, and 0/0 is no score.

    Raises TypeError for what is no model.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> bool((abs(copying_score(model)) <= 1).all())
    True

    Source: Elhage et al. (2021), 'Detecting Copying Behavior'.
    """
    return _score(_of_heads(model)[0])


def copying_quantiles(
    model: Transformer, q: Sequence[float] = (0.05, 0.5, 0.95), heads: int = 400, seed: int = 0
) -> Array:
    """Return quantiles [q] of the copying score of random heads between the model's own W_E and W_U.

    What a score has to be compared with: embeddings that share directions make scores of random heads scatter
    more widely than random embeddings do. W_V and W_O are Gaussian, of the model's d_head.

    Raises TypeError or ValueError for what is no model, for q that are not from 0 to 1, for no heads, and
    where no head can copy anything between these W_E and W_U.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> low, middle, high = copying_quantiles(model)
    >>> bool(-1 <= low < middle < high <= 1)
    True
    """
    shared = _shared(instance_of("model", model, Transformer))
    wanted = real_array("q", q, np.float64)
    if ((wanted < 0) | (wanted > 1)).any():
        raise ValueError(complaint("q", "numbers from 0 to 1", str(wanted.tolist())))
    count = whole_number("heads", heads, minimum=1)
    rng = np.random.default_rng(whole_number("seed", seed))
    shape = (count, model.config.d_model, model.config.d_head)
    W_V, W_O = (rng.normal(size=shape).astype(model.config.dtype) for _ in "VO")
    scores = _score(_between(shared, W_V, W_O.swapaxes(-1, -2)))  # [head]
    if np.isnan(scores).all():
        raise ValueError(complaint("model", "a W_E and a W_U between which heads can copy", "none"))
    return np.asarray(np.nanquantile(scores, wanted))


class _Shared(NamedTuple):
    """W_U W_E [d_model, d_model], W_U centred, over 2 ** exponent: it is the same for all heads.

    And W_U and W_E, of ordinary size. They say how far rounding moves the product.
    """

    value: Array
    W_U: Array
    W_E: Array
    exponent: int


def _of_heads(model: Transformer) -> tuple[Complex, NDArray[np.intp]]:
    """Eigenvalues [layer, head, d_head] of factors of ordinary size; and what power of 2 they lack."""
    shared = _shared(instance_of("model", model, Transformer))
    (W_V, of_V), (W_O, of_O) = up_to_one(model.W_V), up_to_one(model.W_O)
    return _between(shared, W_V, W_O), of_V + of_O + shared.exponent


def _between(shared: _Shared, W_V: Array, W_O: Array) -> Complex:
    """Eigenvalues [..., d_head] of W_O W_U W_E W_V for every head [...].

    All four are known to eps of their entries, and errors of different entries have nothing to do with each
    other. So their squares add up: those of W_V, of W_O, and of W_U and W_E, for the heads that read and
    write most. These do not grow small where terms cancel.
    """
    left, right = W_O @ shared.value, shared.value @ W_V  # [..., d_head, d_model], [..., d_model, d_head]
    read, write = (W_V**2).sum(axis=-1), (W_O**2).sum(axis=-2)  # [..., d_model] each
    of_each = ((left**2).sum(axis=-2) * read + write * (right**2).sum(axis=-1)).sum(axis=-1)  # [...]
    most = [each.reshape(-1, each.shape[-1]).max(axis=0, initial=0) for each in (write, read)]  # [d_model]
    raised = np.einsum("d,dv,dv->v", most[0], shared.W_U, shared.W_U)  # [d_vocab]
    looked_at = np.einsum("d,vd,vd->v", most[1], shared.W_E, shared.W_E)  # [d_vocab]
    error = np.finfo(W_V.dtype).eps * np.sqrt(of_each + raised @ looked_at)  # [...]
    return eigenvalues_beyond_rounding(left @ W_V, error)


def _shared(model: Transformer) -> _Shared:
    """One sum over the vocabulary, some tokens at a time."""
    (W_E, of_E), (W_U, of_U) = up_to_one(model.W_E), up_to_one(model.W_U)
    mean = W_U.mean(axis=-1, keepdims=True, dtype=np.float64)  # [d_model, 1]
    value = np.zeros((model.config.d_model, model.config.d_model))
    for begin in range(0, len(W_E), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        value += (W_U[:, block] - mean).astype(W_E.dtype) @ W_E[block]
    return _Shared(value.astype(W_E.dtype), W_U, W_E, int(of_E.item() + of_U.item()))


def _score(values: Complex) -> Array:
    """Σλ / Σ|λ| over the last axis."""
    total, sizes = values.sum(axis=-1).real, np.abs(values).sum(axis=-1)  # [...] each
    score = np.divide(total, sizes, out=np.full_like(sizes, np.nan), where=sizes > 0)
    clipped: Array = np.clip(score, -1, 1)  # a sum may be rounded up, its sizes down
    return clipped
