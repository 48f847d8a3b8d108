"""What each part of a network gave to the logits of one token, or to one token against another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ovlearn.arguments import complaint, instance_of, whole_number
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.gpt import GPT
from ovlearn.numeric.norms import centres
from ovlearn.numeric.run import Run, recorded
from ovlearn.numeric.transformer import Transformer


@dataclass(frozen=True, eq=False)
class LogitParts:
    """What each part gave to the logit of `toward`, less that of `against`, or less the mean of all logits.

    At one position, the last norm's factor held: together they are `total`, the difference of the logits.
    embedding, biases: numbers. heads [layer, head]. mlps [layer], or None where there are none. sources
    [layer, head, pos]: what each head gave from each position; its values' bias counts with each, as much as
    the pattern says. A head's sources add up to what it gave.
    """

    toward: int
    against: int | None
    position: int
    total: float
    embedding: float
    heads: Array
    sources: Array
    mlps: Array | None
    biases: float

    @property
    def sum(self) -> float:
        """The sum of all parts: `total`, but for rounding."""
        of_mlps = 0.0 if self.mlps is None else float(self.mlps.sum())
        return self.embedding + float(self.heads.sum()) + of_mlps + self.biases


def parts(run: Run, toward: int, against: int | None = None, position: int = -1) -> LogitParts:
    """Return what each part of a network gave to one token's logit at a position, in a run of one text.

    The run has to have recorded its patterns, v and head_out, and mlp_out where there are MLPs. Norms' gains
    and shifts are counted where they are read: a shift of the last norm is one of the biases.

    Raises TypeError for what is no Run; ValueError for a batch, for a token or a position that does not
    exist, and where something was not recorded.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=3, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> found = parts(model.run([3, 1, 4]), toward=2, against=5)
    >>> found.heads.shape, found.sources.shape, abs(found.sum - found.total) < 1e-12
    ((2, 3), (2, 3, 3), True)

    Source: Elhage et al. (2021), 'The Residual Stream as a Communication Channel'; nostalgebraist (2020).
    """
    model = instance_of("run", run, Run).model
    if run.logits.ndim != 2:
        raise ValueError(complaint("run", "one of a single text", f"a batch, shape {run.logits.shape}"))
    length, d_vocab = run.logits.shape
    at = position + length if isinstance(position, int) and position < 0 else position
    at = whole_number("position", at, below=length)
    toward = whole_number("toward", toward, below=d_vocab)
    against = None if against is None else whole_number("against", against, below=d_vocab)
    direction, constant = _direction(model, toward, against)
    scale = float(model.norm_scale(run.resid_final[at])[0]) if isinstance(model, GPT) else 1.0
    centred = isinstance(model, GPT) and centres(model.normalization)
    direction = (direction - direction.mean() if centred else direction).astype(np.float64) / scale
    heads = recorded(run, "head_out")[:, :, at] @ direction  # [layer, head]
    values = np.einsum("lhpe,lhed,d->lhp", recorded(run, "v"), model.W_O, direction, optimize=True)
    sources = recorded(run, "pattern")[:, :, at] * values  # [layer, head, pos]
    mlps = None if run.mlp_out is None else run.mlp_out[:, at] @ direction  # [layer]
    if mlps is None and isinstance(model, GPT) and model.W_in is not None:
        recorded(run, "mlp_out")
    b_O = float(model.b_O.sum(axis=0) @ direction) if isinstance(model, GPT) else 0.0
    logits = run.logits[at].astype(np.float64)  # [d_vocab]
    other = logits.mean() if against is None else logits[against]
    return LogitParts(
        toward,
        against,
        at,
        float(logits[toward] - other),
        float(run.embedding[at] @ direction),
        heads,
        sources,
        mlps,
        b_O + constant,
    )


def _direction(model: Transformer, toward: int, against: int | None) -> tuple[Array, float]:
    """The direction [d_model] of the normed stream that tells two logits apart, and what is added."""
    W_U = model.W_U
    direction = W_U[:, toward] - (W_U.mean(axis=1) if against is None else W_U[:, against])  # [d_model]
    if not isinstance(model, GPT):
        return direction, 0.0
    constant = float(model.b_U[toward] - (model.b_U.mean() if against is None else model.b_U[against]))
    if model.ln_final_b is not None:
        constant += float(model.ln_final_b @ direction)
    if model.ln_final_w is not None:
        direction = direction * model.ln_final_w
    return direction, constant
