"""What circuits leave out of a model with layer norm, biases and MLPs, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from ovlearn.arguments import instance_of, whole_number
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.gpt import GPT
from ovlearn.numeric.run import Run
from ovlearn.numeric.transformer import Transformer


@dataclass(frozen=True)
class LeftOut:
    """How much of the logits each part of a model writes, and how much its last layer norm varies.

    shares: by part, ⟨part, logits⟩ / ⟨logits, logits⟩, both less their mean over the vocabulary, with the
    last layer norm's scale held: they sum to 1, and one that works against the rest is below 0.
    scales: the least, the mean and the greatest of what the last layer norm divides by; 1 without layer norm.
    tokens: on what it was measured, in words.

    Circuits tell of what `heads` write, and of nothing else; a scale that varies much says that the size of
    what they write is not to be compared between positions.
    """

    shares: dict[str, float]
    scales: tuple[float, float, float]
    tokens: str

    def __str__(self) -> str:
        """One line for the parts, one for the scale, one for the tokens."""
        parts = ", ".join(f"{name} {share:.1%}" for name, share in self.shares.items())
        least, mean, greatest = self.scales
        scale = f"the last layer norm divides by {least:.3g} to {greatest:.3g}, {mean:.3g} in the mean"
        return f"of the logits: {parts}\n{scale}\nmeasured on {self.tokens}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>".replace("\n", "<br/>")


def left_out(model: Transformer, tokens: ArrayLike | None = None, seed: int = 0) -> LeftOut:
    """Return what the circuits of a model leave out, measured on tokens [pos] or [batch, pos].

    Without tokens, on 4 sequences of up to 32 random ones from this seed: a text says more.

    Raises as `run` does, and TypeError for what is no model.

    >>> from ovlearn.numeric import Config
    >>> config = Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5, positional=True)
    >>> card = left_out(GPT.random(config))
    >>> list(card.shares), round(sum(card.shares.values()), 6)
    (['embedding', 'heads', 'biases', 'MLPs'], 1.0)
    """
    config = instance_of("model", model, Transformer).config
    said = "the tokens given"
    if tokens is None:
        shape = 4, min(32, config.n_ctx)
        rng = np.random.default_rng(whole_number("seed", seed))
        tokens = rng.integers(0, config.d_vocab, shape)
        said = f"{shape[0]} sequences of {shape[1]} random tokens, seed {seed}"
    run = model.run(
        tokens, record=["head_out", *(("mlp_out",) if getattr(model, "W_in", None) is not None else ())]
    )
    scale = _scale(run)  # [(batch), pos, 1]
    parts = {name: _through(model, part / scale) for name, part in _parts(run).items()}
    parts["biases"] = parts["biases"] + _constant(model)
    whole = _centred(run.logits)
    total = float((whole * whole).sum())
    shares = {name: float((part * whole).sum()) / total for name, part in parts.items()}
    return LeftOut(shares, (float(scale.min()), float(scale.mean()), float(scale.max())), said)


def _parts(run: Run) -> dict[str, Array]:
    """What each part writes to the last stream [(batch), pos, d_model]: together, all of it."""
    parts = {"embedding": run.embedding, "heads": run.head_out.sum(axis=(0, -3))}
    parts["biases"] = np.zeros_like(run.embedding)
    if isinstance(run.model, GPT):
        parts["biases"] = parts["biases"] + run.model.b_O.sum(axis=0)
    if run.mlp_out is not None:
        parts["MLPs"] = run.mlp_out.sum(axis=0)
    return parts


def _scale(run: Run) -> Array:
    if isinstance(run.model, GPT):
        return run.model.norm_scale(run.resid_final)
    return np.ones_like(run.resid_final[..., :1])


def _through(model: Transformer, part: Array) -> Array:
    """A part of the last stream, already scaled, as logits less their mean over the vocabulary."""
    if isinstance(model, GPT) and model.normalization is not None:
        part = part - part.mean(axis=-1, keepdims=True)
        part = part * model.ln_final_w if model.normalization == "LN" else part
    return _centred(part @ model.W_U)


def _constant(model: Transformer) -> Array:
    """What is added to all logits alike [d_vocab]: b_U, and the last layer norm's shift."""
    if not isinstance(model, GPT):
        return np.zeros(model.config.d_vocab)
    shift = model.ln_final_b @ model.W_U if model.normalization == "LN" else 0
    return _centred(model.b_U + shift)


def _centred(logits: Array) -> Array:
    centred: Array = logits - logits.mean(axis=-1, keepdims=True)
    return centred
