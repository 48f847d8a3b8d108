"""A tiny transformer with what real ones have beside plain heads: norms, rotations, shared keys and values.

It never forms a matrix of factors, of gains or of a rotation, so that it can judge what is said with those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, cast

import numpy as np
from numpy.typing import NDArray

from ovlearn.checking.rotations import angles
from ovlearn.numeric import Config, Run, Transformer
from ovlearn.numeric.model import Parts, project, unembed
from ovlearn.symbolic.notation import Network

Array = NDArray[Any]

_EPS = 1e-5  # added to a mean square
_UNSET = cast(Array, None)


def _read(net: Equipped, stream: Array, layer: int) -> Array:
    """What the heads of a layer read of its stream [pos, d_model]: its norm."""
    return net.normed(stream, layer)


def _project(net: Equipped, x: Array, layer: int, head: int) -> tuple[Array, Array, Array]:
    """A head's queries, keys and values [pos, d_head], the first two turned by their positions."""
    q, k, v = project(net, x, layer, head)
    return (_turned(q), _turned(k), v) if net.rotary else (q, k, v)


def _unembed(net: Equipped, stream: Array) -> Array:
    """The logits [pos, d_vocab] of the norm of the last stream [pos, d_model]."""
    return unembed(net, net.normed(stream, net.config.n_layers))


@dataclass(frozen=True, eq=False, repr=False)
class Equipped(Transformer):
    """A transformer of heads that read through a norm, or whose queries and keys are turned by position.

    Heads that share keys and values have the same W_K and the same W_V. `norm`: "rms" divides each row by its
    root mean square, "layer" takes its mean away before that, "" does nothing; `gains` [layer + 1, d_model]:
    what a norm multiplies by, the last one before W_U; `rotary`: whether queries and keys are turned;
    `held` [layer + 1, pos, 1]: factors that stand for one over what a norm divides by, where they are held.

    Raises as `Transformer` does.
    """

    parts: ClassVar[Parts] = Parts(read=_read, project=_project, unembed=_unembed)

    gains: Array = _UNSET
    norm: Literal["", "rms", "layer"] = ""
    rotary: bool = False
    held: Array | None = None

    @property
    def heads_alone(self) -> bool:
        """Whether it is linear in its stream once its patterns are held: without norms, or with them held."""
        return not self.norm or self.held is not None

    def factors(self, stream: Array, layer: int) -> Array:
        """One over what the norm of this stream [pos, d_model] divides it by [pos, 1]."""
        if self.held is not None:
            return np.asarray(self.held[layer])
        return np.asarray(1 / np.sqrt(np.square(self._centred(stream)).mean(axis=-1, keepdims=True) + _EPS))

    def undivided(self, rows: Array, layer: int) -> Array:
        """The norm of rows [row, d_model] without its division: what is the same for every input."""
        return np.asarray(self._centred(rows) * self.gains[layer]) if self.norm else rows

    def normed(self, stream: Array, layer: int) -> Array:
        """The norm of a stream [pos, d_model], before the heads of a layer or, with the last, before W_U."""
        rows = self.undivided(stream, layer)  # [pos, d_model]
        return np.asarray(rows * self.factors(stream, layer)) if self.norm else rows

    def _centred(self, rows: Array) -> Array:
        return rows - rows.mean(axis=-1, keepdims=True) if self.norm == "layer" else rows


def equipped(net: Network, config: Config, seed: int) -> Transformer:
    """A random transformer that has what this network has beside plain heads, if it has anything.

    The gains of its norms scatter around 1.
    """
    plain = Transformer.random(config, seed)
    if net == Network(net.layers, net.heads):
        return plain
    gains = 1 + np.random.default_rng([seed, 1]).normal(0, 0.3, (config.n_layers + 1, config.d_model))
    weights = {name: getattr(plain, name) for name in ("W_E", "W_Q", "W_K", "W_V", "W_O", "W_U")}
    first = [net.first_of_group(head) for head in range(config.n_heads)]
    shared = {name: weights[name][:, first] for name in ("W_K", "W_V")}
    return Equipped(config, **(weights | shared), gains=gains, norm=net.norm, rotary=net.rotary)


def with_norms_held(run: Run) -> Run:
    """The run of the same network with the factors of its norms held at what they were in this run.

    It computes the same; with its patterns held too, it is linear. A run of a network without norms is
    returned as it is.
    """
    model = run.model
    if not isinstance(model, Equipped) or model.heads_alone:
        return run
    streams = (*run.resid_pre, run.resid_final)
    held = np.array([model.factors(stream, layer) for layer, stream in enumerate(streams)])
    assert run.tokens is not None
    return replace(model, held=held).run(run.tokens)


def _turned(rows: Array) -> Array:
    """Rows [pos, d_head], each pair of their coordinates turned by the position times the pair's angle."""
    pairs = rows.shape[-1] // 2
    first, second = rows[..., 0 : 2 * pairs : 2], rows[..., 1 : 2 * pairs : 2]  # [pos, pair]
    turn = np.arange(rows.shape[-2])[:, None] * angles(rows.shape[-1])  # [pos, pair]
    turned = rows.copy()
    turned[..., 0 : 2 * pairs : 2] = first * np.cos(turn) - second * np.sin(turn)
    turned[..., 1 : 2 * pairs : 2] = first * np.sin(turn) + second * np.cos(turn)
    return turned
