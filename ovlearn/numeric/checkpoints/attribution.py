"""Logit attribution: how much of the logits each part of a model writes, and how much OV circuits tell."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from ovlearn.arguments import complaint, instance_of, whole_number
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.gpt import GPT
from ovlearn.numeric.norms import centred
from ovlearn.numeric.reading.streams import scale as scale_of
from ovlearn.numeric.run import Run
from ovlearn.numeric.transformer import Transformer


@dataclass(frozen=True)
class LogitAttribution:
    """How much of the logits each part of a model writes, and how much its last norm varies.

    shares: by part, ⟨part, logits⟩ / ⟨logits, logits⟩, both less their mean over the vocabulary, with the
    last norm's scale held: they sum to 1, and one that works against the rest is below 0.
    circuits: the share of what goes from W_E through one head to W_U, with its pattern held and the scales of
    the norms on the way: the part of `heads` that full OV circuits tell of. The rest of `heads` they
    read of positions, biases, MLPs and other heads.
    scales: the least, the mean and the greatest of what the last norm divides by; 1 without a norm.
    tokens: on what it was measured, in words.

    A scale that varies much says that the size of what a circuit writes is not to be compared between
    positions.
    """

    shares: dict[str, float]
    circuits: float
    scales: tuple[float, float, float]
    tokens: str

    def __str__(self) -> str:
        """A line for the parts, one for the circuits, one for the scale, one for the tokens."""
        parts = ", ".join(f"{name} {share:.1%}" for name, share in self.shares.items())
        of_heads = f"from W_E through one head to W_U, which is what OV circuits tell of: {self.circuits:.1%}"
        least, mean, greatest = self.scales
        scale = f"the last norm divides by {least:.3g} to {greatest:.3g}, {mean:.3g} in the mean"
        return f"of the logits: {parts}\n{of_heads}\n{scale}\nmeasured on {self.tokens}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>".replace("\n", "<br/>")


def logit_attribution(model: Transformer, tokens: ArrayLike | None = None, seed: int = 0) -> LogitAttribution:
    """Return how much of the logits each part of a model writes, on tokens [pos] or [batch, pos].

    Without tokens, on 4 sequences of up to 32 random ones from this seed: a text says more.

    Raises as `run` does, TypeError for what is no model, and ValueError where all logits of a position are
    alike at every position: then there is nothing to share out.

    >>> from ovlearn.numeric import Config
    >>> config = Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5, positional=True)
    >>> card = logit_attribution(GPT.random(config))
    >>> list(card.shares), round(sum(card.shares.values()), 6)
    (['embedding', 'heads', 'biases', 'MLPs'], 1.0)

    Source: Elhage et al. (2021), 'Virtual Weights and the Residual Stream as a Communication Channel'.
    """
    config = instance_of("model", model, Transformer).config
    said = "the tokens given"
    if tokens is None:
        shape = 4, min(32, config.n_ctx)
        rng = np.random.default_rng(whole_number("seed", seed))
        tokens = rng.integers(0, config.d_vocab, shape)
        said = f"{shape[0]} sequences of {shape[1]} random tokens, seed {seed}"
    mlps = ("mlp_out",) if getattr(model, "W_in", None) is not None else ()
    run = model.run(tokens, record=["resid_pre", "pattern", "head_out", *mlps])
    scale = scale_of(model, run.resid_final)  # [(batch), pos, 1]
    parts = {name: _through(model, part / scale) for name, part in _parts(run).items()}
    parts["biases"] = parts["biases"] + _constant(model)
    circuits = _through(model, _of_circuits(run) / scale)  # [(batch), pos, d_vocab]
    whole = _differences(run.logits)
    shares = {name: _share(part, whole) for name, part in (parts | {"circuits": circuits}).items()}
    scales = (float(scale.min()), float(scale.mean()), float(scale.max()))
    return LogitAttribution(shares, shares.pop("circuits"), scales, said)


def _share(part: Array, whole: Array) -> float:
    """⟨part, whole⟩ / ⟨whole, whole⟩, both centred; scaled first, so that no square is too large."""
    largest = np.abs(whole).max()
    unit = whole / largest
    return float((part / largest * unit).sum() / (unit * unit).sum())


def _differences(logits: Array) -> Array:
    """Logits less their mean over the vocabulary, if that leaves more than rounding does."""
    whole = _centred(logits)
    if np.abs(whole).max() <= 8 * np.finfo(logits.dtype).eps * np.abs(logits).max():
        raise ValueError(complaint("model", "logits that differ between tokens", "the same for all tokens"))
    return whole


def _parts(run: Run) -> dict[str, Array]:
    """What each part writes to the last stream [(batch), pos, d_model]: together, all of it."""
    parts = {"embedding": run.embedding, "heads": run.head_out.sum(axis=(0, -3))}
    parts["biases"] = np.zeros_like(run.embedding)
    if isinstance(run.model, GPT):
        parts["biases"] = parts["biases"] + run.model.b_O.sum(axis=0)
    if run.mlp_out is not None:
        parts["MLPs"] = run.mlp_out.sum(axis=0)
    return parts


def _of_circuits(run: Run) -> Array:
    """What heads write [(batch), pos, d_model] of what they read of W_E, patterns and scales held."""
    model, words = run.model, run.model.W_E[run.tokens]  # [(batch), pos, d_model]
    written = np.zeros_like(run.embedding)
    for layer in range(model.config.n_layers):
        gain = model.ln1_w[layer] if isinstance(model, GPT) and model.ln1_w is not None else 1
        read = (
            _less_mean(model, words) / scale_of(model, run.resid_pre[layer]) * gain
        )  # [(batch), pos, d_model]
        for head in range(model.config.n_heads):
            values = read @ model.W_V[layer, head]  # [(batch), pos, d_head]
            written += run.pattern[layer, ..., head, :, :] @ values @ model.W_O[layer, head]
    return written


def _less_mean(model: Transformer, part: Array) -> Array:
    """A part of a stream without its mean over d_model, where a norm takes that away."""
    return centred(part, model.normalization) if isinstance(model, GPT) else part


def _through(model: Transformer, part: Array) -> Array:
    """A part of the last stream, already scaled, as logits less their mean over the vocabulary."""
    part = _less_mean(model, part)
    if isinstance(model, GPT) and model.ln_final_w is not None:
        part = part * model.ln_final_w
    return _centred(part @ model.W_U)


def _constant(model: Transformer) -> Array:
    """What is added to all logits alike [d_vocab]: b_U, and the last norm's shift."""
    if not isinstance(model, GPT):
        return np.zeros(model.config.d_vocab)
    shift = 0 if model.ln_final_b is None else model.ln_final_b @ model.W_U
    return _centred(model.b_U + shift)


def _centred(logits: Array) -> Array:
    centred: Array = logits - logits.mean(axis=-1, keepdims=True)
    return centred
