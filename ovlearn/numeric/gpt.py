"""A transformer with what real ones have beside attention heads: layer norm, biases, MLPs."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, ClassVar, Literal, cast

import numpy as np

from ovlearn.arguments import complaint, described, whole_number
from ovlearn.numeric.arrays import Array, real_array, shaped_array
from ovlearn.numeric.config import Config
from ovlearn.numeric.folding import folded_weights
from ovlearn.numeric.model import Parts, project, unembed
from ovlearn.numeric.transformer import Transformer

Normalization = Literal["LN", "LNPre"] | None
_UNSET = cast(Array, None)  # replaced by zeros, or ones, once the sizes are known
_GAINS = ("ln1_w", "ln2_w", "ln_final_w")


def _read(net: GPT, stream: Array, layer: int) -> Array:
    """What the heads of a layer read of its stream [(batch), pos, d_model]: layer norm of it."""
    return net.normalized(stream, "ln1", layer)


def _project(net: GPT, x: Array, layer: int, head: int) -> tuple[Array, Array, Array]:
    """A head's queries, keys and values [(batch), pos, d_head], with their biases."""
    q, k, v = project(net, x, layer, head)
    return q + net.b_Q[layer, head], k + net.b_K[layer, head], v + net.b_V[layer, head]


def _write(net: GPT, stream: Array, written: Array, layer: int) -> dict[str, Array]:
    """What a layer leaves: what its heads wrote, its bias, and then what its MLP writes."""
    mid = stream + written + net.b_O[layer]  # [(batch), pos, d_model]
    if net.W_in is None or net.W_out is None or net.b_in is None or net.b_out is None:
        return {"resid_mid": mid, "resid_post": mid}
    hidden = net.normalized(mid, "ln2", layer) @ net.W_in[layer] + net.b_in[layer]  # [(batch), pos, d_mlp]
    mlp_out = _ACTIVATIONS[net.activation](hidden) @ net.W_out[layer]  # [(batch), pos, d_model]
    mlp_out += net.b_out[layer]
    return {"resid_mid": mid, "mlp_out": mlp_out, "resid_post": mid + mlp_out}


def _unembed(net: GPT, stream: Array) -> Array:
    """The logits [(batch), pos, d_vocab] of the last stream, through the last layer norm, with their bias."""
    logits = unembed(net, net.normalized(stream, "ln_final", ...))
    logits += net.b_U
    return logits


def _records(net: GPT) -> tuple[str, ...]:
    return ("resid_mid",) if net.W_in is None else ("resid_mid", "mlp_out")


@dataclass(frozen=True, eq=False, repr=False)
class GPT(Transformer):
    """A transformer as GPT-2 is one: heads and MLPs that read the stream through layer norm, with biases.

    Beside the weights of a `Transformer`, each zero (a gain: one) where it is not given:

    b_Q, b_K, b_V [layer, head, d_head]; b_O [layer, d_model]; b_U [d_vocab];
    W_in [layer, d_model, d_mlp]; b_in [layer, d_mlp]; W_out [layer, d_mlp, d_model]; b_out [layer, d_model];
    ln1_w, ln1_b, ln2_w, ln2_b [layer, d_model]; ln_final_w, ln_final_b [d_model].

    normalization: "LN" subtracts the mean, divides by the standard deviation, multiplies by ln_w and adds
    ln_b; "LNPre" does the first two alone, as after `folded`; None does nothing. Without W_in and W_out
    there are no MLPs, and no b_in, b_out, ln2_w and ln2_b. activation: "gelu_new", GPT-2's, or "relu". eps:
    added to the variance.

    Raises as `Transformer` does, and ValueError for an activation or normalization that is not named here,
    for an eps that is not above 0 and finite, for one of W_in and W_out without the other, for what belongs
    to an MLP where there is none, and for gains or shifts where normalization is not "LN".

    >>> config = Config(n_layers=1, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5, positional=True)
    >>> model = GPT.random(config, d_mlp=16)
    >>> model.run([3, 1, 4], record=["mlp_out"]).mlp_out.shape
    (1, 3, 8)

    Source: Elhage et al. (2021), 'Transformer Overview', on what it leaves out; names of TransformerLens.
    """

    parts: ClassVar[Parts] = Parts(_read, _project, _write, _unembed, _records)

    b_Q: Array = _UNSET
    b_K: Array = _UNSET
    b_V: Array = _UNSET
    b_O: Array = _UNSET
    b_U: Array = _UNSET
    W_in: Array | None = None
    b_in: Array | None = None
    W_out: Array | None = None
    b_out: Array | None = None
    ln1_w: Array = _UNSET
    ln1_b: Array = _UNSET
    ln2_w: Array = _UNSET
    ln2_b: Array = _UNSET
    ln_final_w: Array = _UNSET
    ln_final_b: Array = _UNSET
    normalization: Normalization = "LN"
    activation: str = "gelu_new"
    eps: float = 1e-5

    def __post_init__(self) -> None:
        """Check the weights, and keep read-only copies."""
        super().__post_init__()
        self._check_kinds()
        for name, shape in extra_shapes(self.config, self._d_mlp()).items():
            if name.startswith("ln") and self.normalization != "LN":
                continue
            weight = getattr(self, name)
            if weight is None:
                weight = np.full(shape, 1.0 if name in _GAINS else 0.0)
            object.__setattr__(self, name, shaped_array(name, weight, shape, self.config.dtype))

    @classmethod
    def random(cls, config: Config, seed: int = 0, d_mlp: int | None = None) -> GPT:
        """Return normally distributed weights, the same ones for the same arguments.

        As in `Transformer.random`; gains are near 1, shifts and biases near 0. d_mlp: 4 d_model by default,
        and 0 for no MLPs.
        """
        plain = Transformer.random(config, seed)
        width = 4 * config.d_model if d_mlp is None else whole_number("d_mlp", d_mlp)
        rng = np.random.default_rng([seed, 1])
        scales = {
            "W_in": 1 / math.sqrt(config.d_model),
            "W_out": 1 / math.sqrt(max(1, width * config.n_layers)),
        }
        more: dict[str, Any] = {
            name: (name in _GAINS) + rng.normal(0, scales.get(name, 0.2), shape)
            for name, shape in extra_shapes(config, width).items()
        }
        return cls(config, **{name: getattr(plain, name) for name in _plain_names(config)}, **more)

    @property
    def heads_alone(self) -> bool:
        """Whether all that it has beside attention heads is zero and absent."""
        biases = (self.b_Q, self.b_K, self.b_V, self.b_O, self.b_U)
        return self.normalization is None and self.W_in is None and not any(bias.any() for bias in biases)

    def folded(self) -> GPT:
        """Return the network in a form that its circuits can be read from; the logits' softmax is the same.

        The gains and shifts of layer norm go into the weights that read through it, the value biases into
        b_O (rows of a pattern sum to 1, so they arrive whole). The mean over d_model leaves what writes to
        the stream and what reads it, as layer norm takes it away; the mean over the vocabulary leaves W_U and
        b_U, as softmax takes it away. What remains of layer norm is a division by the standard deviation.

        Without layer norm only the value biases are folded.

        Source: Elhage et al. (2021), 'Transformer Overview', on layer norm; the steps are TransformerLens's.
        """
        return GPT(**folded_weights({field.name: getattr(self, field.name) for field in fields(self)}))

    def norm_scale(self, resid: Array) -> Array:
        """Return what layer norm divides a stream [..., d_model] by, [..., 1]; 1 without layer norm."""
        if self.normalization is None:
            return np.ones_like(resid[..., :1])
        scale: Array = np.sqrt(resid.var(axis=-1, keepdims=True) + self.eps)
        return scale

    def normalized(self, x: Array, name: str, at: Any) -> Array:
        """Return layer norm of x [..., d_model], as far as this network has it; `name`: of gain and shift."""
        if self.normalization is None:
            return x
        x = (x - x.mean(axis=-1, keepdims=True)) / self.norm_scale(x)  # [..., d_model]
        if self.normalization == "LNPre":
            return x
        scaled: Array = x * getattr(self, f"{name}_w")[at] + getattr(self, f"{name}_b")[at]
        return scaled

    def _d_mlp(self) -> int:
        """The width of an MLP; 0 where there is none."""
        if self.W_in is None:
            return 0
        shape = real_array("W_in", self.W_in).shape
        if len(shape) != 3 or shape[-1] == 0:
            raise ValueError(complaint("W_in", "shape [layer, d_model, d_mlp]", f"shape {shape}"))
        return int(shape[-1])

    def _check_kinds(self) -> None:
        if self.normalization not in ("LN", "LNPre", None):
            raise ValueError(complaint("normalization", '"LN", "LNPre" or None', repr(self.normalization)))
        if not isinstance(self.activation, str) or self.activation not in _ACTIVATIONS:
            raise ValueError(complaint("activation", " or ".join(_ACTIVATIONS), repr(self.activation)))
        object.__setattr__(self, "eps", _positive("eps", self.eps))
        if (self.W_in is None) != (self.W_out is None):
            raise ValueError(complaint("W_in, W_out", "both or neither", "one of them"))
        for name in ("b_in", "b_out", "ln2_w", "ln2_b"):
            if self.W_in is None and getattr(self, name) is not None:
                raise ValueError(complaint(name, "None, as there is no MLP: no W_in and W_out", "an array"))
        norms = (name for name in self.__dataclass_fields__ if name.startswith("ln"))
        if self.normalization != "LN" and any(getattr(self, name) is not None for name in norms):
            expected = '"LN", as gains or shifts are given'
            raise ValueError(complaint("normalization", expected, repr(self.normalization)))


def _positive(name: str, value: object) -> float:
    """A finite number above 0 as a float: Python's or numpy's, whole or not."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(complaint(name, "a number above 0", described(value)))
    number = float(value)
    if not 0 < number < math.inf:
        raise ValueError(complaint(name, "a number above 0", repr(value)))
    return number


def extra_shapes(config: Config, d_mlp: int = 0) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight that a `Transformer` has not, by name; of MLPs only where d_mlp > 0.

    >>> extra_shapes(Config(n_layers=2, n_heads=4, d_model=8, d_head=3, d_vocab=7, n_ctx=5))["b_V"]
    (2, 4, 3)
    """
    layers, d_model = config.n_layers, config.d_model
    of_heads = dict.fromkeys(("b_Q", "b_K", "b_V"), (layers, config.n_heads, config.d_head))
    of_layers = dict.fromkeys(("b_O", "ln1_w", "ln1_b"), (layers, d_model))
    last = {"ln_final_w": (d_model,), "ln_final_b": (d_model,), "b_U": (config.d_vocab,)}
    mlps = {
        "W_in": (layers, d_model, d_mlp),
        "b_in": (layers, d_mlp),
        "W_out": (layers, d_mlp, d_model),
        "b_out": (layers, d_model),
        "ln2_w": (layers, d_model),
        "ln2_b": (layers, d_model),
    }
    return of_heads | of_layers | last | (mlps if d_mlp else {})


def _plain_names(config: Config) -> tuple[str, ...]:
    return ("W_E", "W_Q", "W_K", "W_V", "W_O", "W_U", *(("W_pos",) if config.positional else ()))


def _gelu_new(x: Array) -> Array:
    """GPT-2's smooth ramp, by its approximation with tanh."""
    inner: Array = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
    ramp: Array = 0.5 * x * (1 + np.tanh(inner))
    return ramp


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


_ACTIVATIONS = {"gelu_new": _gelu_new, "relu": _relu}
