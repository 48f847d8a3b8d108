"""A transformer with what language models have beside attention heads. How it runs stands in `blocks`."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any, ClassVar, Self, cast

import numpy as np

from ovlearn.arguments import complaint, positive_number, whole_number
from ovlearn.numeric.activations import ACTIVATIONS
from ovlearn.numeric.arrays import Array, any_array, real_array, shaped_array
from ovlearn.numeric.blocks import BLOCKS, normalized
from ovlearn.numeric.config import Config
from ovlearn.numeric.folding import folded_weights
from ovlearn.numeric.model import Parts
from ovlearn.numeric.norms import KINDS, Normalization, has_gains, scale_of
from ovlearn.numeric.rotary import Rotary
from ovlearn.numeric.transformer import Transformer

_UNSET = cast(Array, None)  # replaced by zeros, or ones, once the sizes are known
_GAINS = ("ln1_w", "ln2_w", "ln_final_w", "q_norm_w", "k_norm_w")
_OF_MLPS = ("b_in", "b_out", "ln2_w", "ln2_b")


@dataclass(frozen=True, eq=False, repr=False)
class GPT(Transformer):
    """A transformer as language models are: heads and MLPs that read the stream through a norm, with biases.

    Beside the weights of a `Transformer`, each zero (a gain: one) where it is not given:

    b_Q, b_K, b_V [layer, head, d_head]; b_O [layer, d_model]; b_U [d_vocab];
    W_in, W_gate [layer, d_model, d_mlp]; b_in, b_gate [layer, d_mlp];
    W_out [layer, d_mlp, d_model]; b_out [layer, d_model];
    ln1_w, ln1_b, ln2_w, ln2_b [layer, d_model]; ln_final_w, ln_final_b [d_model];
    q_norm_w, k_norm_w [layer, d_head].

    normalization: "LN" subtracts the mean, divides by the standard deviation, multiplies by ln_w and adds
    ln_b; "RMS" divides by the root of the mean square and multiplies by ln_w; "LNPre" and "RMSPre" do without
    gain and shift, as after `folded`; None does nothing. eps: added to the variance, or the mean square.

    Without W_in and W_out there are no MLPs, and no b_in, b_out, ln2_w and ln2_b. With W_gate what W_in reads
    is multiplied by the activation of what W_gate reads. activation: "gelu_new" (with tanh, GPT-2's), "gelu"
    (exact), "relu" or "silu". parallel: an MLP reads the stream that its layer's heads read, not what they
    left.

    n_key_value_heads: where groups of query heads share keys and values, how many groups there are; W_K, W_V,
    b_K and b_V may then have so many heads. They are kept with one for each query head, alike in a group.
    rotary: rotary positions, a `Rotary`. q_norm_w, k_norm_w: gains of an RMS norm of every query and key,
    both or neither. attn_scale: what scores are divided by, √d_head by default. windows: for each layer, how
    many keys a query sees, its own among them, or None for all. tokenizer: what makes ids of a text, kept as
    it is.

    Raises as `Transformer` does, and ValueError for an activation or normalization that is not named here,
    for a number that is not above 0, for one of W_in and W_out or of the two norms without the other, for
    what belongs to an MLP where there is none, for gains or shifts where the normalization has none, for
    groups that do not divide the heads, and for keys or values of one group that differ.

    >>> config = Config(n_layers=1, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5, positional=True)
    >>> model = GPT.random(config, d_mlp=16)
    >>> model.run([3, 1, 4], record=["mlp_out"]).mlp_out.shape
    (1, 3, 8)

    Source: Elhage et al. (2021), 'Transformer Overview', on what it leaves out; names of TransformerLens.
    """

    parts: ClassVar[Parts] = BLOCKS

    _: KW_ONLY
    b_Q: Array = _UNSET
    b_K: Array = _UNSET
    b_V: Array = _UNSET
    b_O: Array = _UNSET
    b_U: Array = _UNSET
    W_in: Array | None = None
    b_in: Array | None = None
    W_gate: Array | None = None
    b_gate: Array | None = None
    W_out: Array | None = None
    b_out: Array | None = None
    ln1_w: Array = _UNSET
    ln1_b: Array = _UNSET
    ln2_w: Array = _UNSET
    ln2_b: Array = _UNSET
    ln_final_w: Array = _UNSET
    ln_final_b: Array = _UNSET
    q_norm_w: Array | None = None
    k_norm_w: Array | None = None
    normalization: Normalization = "LN"
    activation: str = "gelu_new"
    eps: float = 1e-5
    parallel: bool = False
    n_key_value_heads: int | None = None
    rotary: Rotary | None = None
    attn_scale: float = cast(float, None)
    windows: tuple[int | None, ...] | None = None
    tokenizer: Any = None

    def __post_init__(self) -> None:
        """Check the weights, and keep read-only copies."""
        self._share_keys_and_values()
        super().__post_init__()
        self._check_kinds()
        beside = {"gated": self.W_gate is not None, "query_norms": self.q_norm_w is not None}
        for name, shape in extra_shapes(self.config, self._d_mlp(), **beside).items():
            if self._is_absent(name):
                continue
            weight = getattr(self, name)
            if weight is None:
                weight = np.full(shape, 1.0 if name in _GAINS else 0.0)
            object.__setattr__(self, name, shaped_array(name, weight, shape, self.config.dtype))

    @classmethod
    def random(cls, config: Config, seed: int = 0, d_mlp: int | None = None) -> Self:
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

    def folded(self) -> Self:
        """Return the network in a form that its circuits can be read from; the logits' softmax is the same.

        The gains and shifts of a norm go into the weights that read through it, the value biases into b_O
        (rows of a pattern sum to 1, so they arrive whole). The mean over the vocabulary leaves W_U and b_U,
        as softmax takes it away. Where layer norm takes the mean over d_model away, it leaves what writes to
        the stream and what reads it; of RMS norm it stays. What remains of a norm is its division.

        Without a norm only the value biases are folded.

        Source: Elhage et al. (2021), 'Transformer Overview', on layer norm; the steps are TransformerLens's.
        """
        return type(self)(**folded_weights({field.name: getattr(self, field.name) for field in fields(self)}))

    def norm_scale(self, resid: Array) -> Array:
        """Return what a norm divides a stream [..., d_model] by, [..., 1]; 1 where there is none."""
        return scale_of(resid, self.normalization, self.eps)

    def normalized(self, x: Array, name: str, at: Any) -> Array:
        """Return a norm of x [..., d_model], as far as this network has it; `name`: of gain and shift."""
        return normalized(self, x, name, at)

    def _is_absent(self, name: str) -> bool:
        """Whether this network has no such gain or shift, and need not have it."""
        if not name.startswith("ln"):
            return False
        return not has_gains(self.normalization) or (name.endswith("_b") and self.normalization == "RMS")

    def _share_keys_and_values(self) -> None:
        """Give each query head the keys and values of its group."""
        if self.n_key_value_heads is None:
            return
        heads = getattr(self.config, "n_heads", 1)
        groups = whole_number("n_key_value_heads", self.n_key_value_heads, minimum=1)
        object.__setattr__(self, "n_key_value_heads", groups)
        if heads % groups:
            raise ValueError(complaint("n_key_value_heads", f"a divisor of n_heads = {heads}", str(groups)))
        for name in ("W_K", "W_V", "b_K", "b_V"):
            value = getattr(self, name)
            if value is None:
                continue
            weight = any_array(name, value)
            if weight.ndim > 1 and weight.shape[1] == groups:
                object.__setattr__(self, name, np.repeat(weight, heads // groups, axis=1))
            elif weight.ndim > 1 and weight.shape[1] == heads:
                shared = weight.reshape(len(weight), groups, heads // groups, *weight.shape[2:])
                if (shared != shared[:, :, :1]).any():
                    expected = f"heads that are alike in each of {groups} groups"
                    raise ValueError(complaint(name, expected, "others"))

    def _d_mlp(self) -> int:
        """The width of an MLP; 0 where there is none."""
        if self.W_in is None:
            return 0
        shape = real_array("W_in", self.W_in).shape
        if len(shape) != 3 or shape[-1] == 0:
            raise ValueError(complaint("W_in", "shape [layer, d_model, d_mlp]", f"shape {shape}"))
        return int(shape[-1])

    def _check_kinds(self) -> None:
        if self.normalization not in KINDS:
            expected = ", ".join(f'"{kind}"' for kind in KINDS if kind) + " or None"
            raise ValueError(complaint("normalization", expected, repr(self.normalization)))
        if not isinstance(self.activation, str) or self.activation not in ACTIVATIONS:
            raise ValueError(complaint("activation", " or ".join(ACTIVATIONS), repr(self.activation)))
        scale = math.sqrt(self.config.d_head) if self.attn_scale is None else self.attn_scale
        for name, value in (("eps", self.eps), ("attn_scale", scale)):
            object.__setattr__(self, name, positive_number(name, value))
        self._check_pairs()
        self._check_positions()

    def _check_pairs(self) -> None:
        for one, other in (("W_in", "W_out"), ("q_norm_w", "k_norm_w")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(complaint(f"{one}, {other}", "both or neither", "one of them"))
        for name in (*_OF_MLPS, "W_gate"):
            if self.W_in is None and getattr(self, name) is not None:
                raise ValueError(complaint(name, "None, as there is no MLP: no W_in and W_out", "an array"))
        if self.W_gate is None and self.b_gate is not None:
            raise ValueError(complaint("b_gate", "None, as there is no W_gate", "an array"))
        for name in (field for field in self.__dataclass_fields__ if field.startswith("ln")):
            if self._is_absent(name) and getattr(self, name) is not None:
                kinds, what = ('"LN"', "shifts") if name.endswith("_b") else ('"LN" or "RMS"', "gains")
                expected = f"{kinds}, as {what} are given"
                raise ValueError(complaint("normalization", expected, repr(self.normalization)))

    def _check_positions(self) -> None:
        if self.rotary is not None and not isinstance(self.rotary, Rotary):
            raise TypeError(complaint("rotary", "a Rotary or None", type(self.rotary).__name__))
        if self.rotary is not None and self.rotary.width > self.config.d_head:
            expected = f"a width of at most d_head = {self.config.d_head}"
            raise ValueError(complaint("rotary", expected, str(self.rotary.width)))
        if self.windows is None:
            return
        if len(self.windows) != self.config.n_layers:
            expected = f"one for each of {self.config.n_layers} layers"
            raise ValueError(complaint("windows", expected, str(len(self.windows))))
        wide = (None if one is None else whole_number("windows", one, minimum=1) for one in self.windows)
        object.__setattr__(self, "windows", tuple(wide))


def extra_shapes(
    config: Config, d_mlp: int = 0, *, gated: bool = False, query_norms: bool = False
) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight that a `Transformer` has not, by name.

    Of MLPs only where d_mlp > 0, with W_gate where they are `gated`; of norms of queries and keys only where
    there are `query_norms`.

    >>> extra_shapes(Config(n_layers=2, n_heads=4, d_model=8, d_head=3, d_vocab=7, n_ctx=5))["b_V"]
    (2, 4, 3)
    """
    layers, d_model = config.n_layers, config.d_model
    shapes: dict[str, tuple[int, ...]] = {
        **dict.fromkeys(("b_Q", "b_K", "b_V"), (layers, config.n_heads, config.d_head)),
        **dict.fromkeys(("b_O", "ln1_w", "ln1_b"), (layers, d_model)),
        **dict.fromkeys(("ln_final_w", "ln_final_b"), (d_model,)),
        "b_U": (config.d_vocab,),
    }
    if d_mlp:
        shapes |= {"W_in": (layers, d_model, d_mlp), "b_in": (layers, d_mlp)}
        shapes |= {"W_gate": (layers, d_model, d_mlp), "b_gate": (layers, d_mlp)} if gated else {}
        shapes["W_out"] = (layers, d_mlp, d_model)
        shapes |= dict.fromkeys(("b_out", "ln2_w", "ln2_b"), (layers, d_model))
    if query_norms:
        shapes |= dict.fromkeys(("q_norm_w", "k_norm_w"), (layers, config.d_head))
    return shapes


def _plain_names(config: Config) -> tuple[str, ...]:
    return ("W_E", "W_Q", "W_K", "W_V", "W_O", "W_U", *(("W_pos",) if config.positional else ()))
