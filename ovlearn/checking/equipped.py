"""Tiny random networks with what a `Network` has beside plain heads, and one whose norms are held."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np

from ovlearn.checking.arithmetic import Array
from ovlearn.checking.rotations import rotary
from ovlearn.numeric import GPT, Config, Run, Transformer
from ovlearn.numeric.blocks import BLOCKS
from ovlearn.numeric.model import Parts, unembed
from ovlearn.numeric.norms import Normalization, centred
from ovlearn.symbolic.notation import Network

_NORMS: dict[str, Normalization] = {"rms": "RMS", "layer": "LN"}


def equipped(net: Network, config: Config, seed: int) -> Transformer:
    """A random transformer that has what this network has beside plain heads, if it has anything.

    The gains of its norms scatter around 1. Heads that share have the keys and values of their group's first.
    """
    plain = Transformer.random(config, seed)
    if net == Network(net.layers, net.heads):
        return plain
    weights = {name: getattr(plain, name) for name in ("W_E", "W_Q", "W_K", "W_V", "W_O", "W_U")}
    first = [net.first_of_group(head) for head in range(config.n_heads)]
    weights |= {name: weights[name][:, first] for name in ("W_K", "W_V")}
    if net.norm:
        gains = 1 + np.random.default_rng([seed, 1]).normal(0, 0.3, (config.n_layers + 1, config.d_model))
        weights |= {"ln1_w": gains[:-1], "ln_final_w": gains[-1]}  # [layer, d_model] and [d_model]
    turns = rotary(config.d_head) if net.rotary else None
    return GPT(config, **weights, normalization=_NORMS.get(net.norm), rotary=turns)


def gains(model: GPT, layer: int) -> Array:
    """What the norm before a layer, or with the last before W_U, multiplies by [d_model]."""
    return model.ln_final_w if layer == model.config.n_layers else model.ln1_w[layer]


def undivided(model: Transformer, rows: Array, layer: int) -> Array:
    """Rows [row, d_model] behind the norm before a layer, or W_U, but for its division; as they are without.

    That is what the norm does of the same for every input.
    """
    if not isinstance(model, GPT) or model.normalization is None:
        return rows
    return np.asarray(centred(rows, model.normalization) * gains(model, layer))


def _read(net: NormsHeld, stream: Array, layer: int) -> Array:
    return np.asarray(centred(stream, net.normalization) / net.held[layer] * gains(net, layer))


def _unembed(net: NormsHeld, stream: Array) -> Array:
    return unembed(net, _read(net, stream, net.config.n_layers))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class NormsHeld(GPT):
    """A network whose norms divide by what they divided by in one run: linear once its patterns are held.

    `held` [layer + 1, pos, 1]: what they divide by.
    """

    parts: ClassVar[Parts] = replace(BLOCKS, read=_read, unembed=_unembed)

    held: Array

    @property
    def heads_alone(self) -> bool:
        """Whether it is linear in its stream once its patterns are held."""
        return True


def with_norms_held(run: Run) -> Run:
    """The run of the same network with its norms held at what they divided by in this run.

    It computes the same; with its patterns held too, it is linear. A run of a network without norms is
    returned as it is.
    """
    model = run.model
    if not isinstance(model, GPT) or model.normalization is None:
        return run
    streams = np.stack([*run.resid_pre, run.resid_final])  # [layer + 1, pos, d_model]
    weights: dict[str, Any] = {field.name: getattr(model, field.name) for field in fields(model)}
    assert run.tokens is not None
    return NormsHeld(**weights, held=model.norm_scale(streams)).run(run.tokens)
