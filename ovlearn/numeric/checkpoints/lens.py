"""A TransformerLens state dict as a model: its names are ours already."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from ovlearn.arguments import complaint, described
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.checkpoints.lenscfg import ACTIVATIONS, SIZES, LensConfig, is_same, read_cfg
from ovlearn.numeric.checkpoints.lenskeys import BUFFER, check_masks, check_names, normalization_of
from ovlearn.numeric.checkpoints.tensors import Tensors, as_array
from ovlearn.numeric.config import Config, weight_shapes
from ovlearn.numeric.gpt import GPT, extra_shapes
from ovlearn.numeric.norms import Normalization
from ovlearn.numeric.transformer import Transformer

_LAYERED = {  # our name: that of one layer's
    **{f"{letter}_{name}": f"attn.{letter}_{name}" for letter in "Wb" for name in "QKVO"},
    **{name: f"mlp.{name}" for name in ("W_in", "b_in", "W_out", "b_out")},
    **{f"ln{n}_{part}": f"ln{n}.{part}" for n in (1, 2) for part in "wb"},
}
_SINGLE = {
    "W_E": "embed.W_E",
    "W_pos": "pos_embed.W_pos",
    "W_U": "unembed.W_U",
    "b_U": "unembed.b_U",
    "ln_final_w": "ln_final.w",
    "ln_final_b": "ln_final.b",
}
NOT_IN_A_STATE_DICT = (
    "the activation of its MLPs, and layer norm's eps",
    "without gains: whether layer norm was folded, or there is none",
    "whether scores are divided by √d_head, and by the layer's number besides",
    "whether positions are added to the stream, or where queries and keys read it, or to the scores",
    "whether attention is causal, and where there are no masks, whether it is local",
    "whether heads and MLP of a layer stand side by side",
    "whether scores or logits are capped",
)


def from_transformer_lens(
    state_dict: Mapping[str, Any],
    cfg: object = None,
    *,
    normalization: Normalization | Literal["as the weights say"] = "as the weights say",
    activation: str | None = None,
    eps: float | None = None,
    n_ctx: int | None = None,
) -> Transformer:
    """Return the model of a TransformerLens state dict: a `Transformer`, or a `GPT` where it is more.

    Values are numpy arrays or torch tensors; half precision becomes float32.

    cfg: TransformerLens's own, `model.cfg` or its `to_dict()`. With it everything is known: what a model here
    cannot be is refused, and so is a name that is not known. Nothing else is to be given then.

    Without it, what the weights give away is refused (rotary positions, local attention, norms without
    shifts, gated MLPs, grouped keys and values, a TransformerBridge's names). The rest they do not say; it is
    taken to be as in GPT-2, and `checkpoints.NOT_IN_A_STATE_DICT` lists it: the activation; eps; whether
    scores are divided by √d_head, and by the layer's number; shortformer or ALiBi positions; causal
    attention, and without masks local attention; parallel layers; soft caps. Of these you can say

    normalization: with gains and shifts in it, "LN". Without them it may be "LNPre" (folded) or None. By
    default it is taken for "LNPre" where what writes to the stream has no mean over d_model, as
    TransformerLens leaves it when it folds, for None where that has a mean, and refused in between, as after
    rounding to half precision.
    activation, eps: as for `GPT`, "gelu_new" and 1e-5 by default.  n_ctx: by default that of W_pos, or of the
    attention mask.

    Raises TypeError for what is no mapping or no cfg; ValueError for a tensor that is missing, not known to
    us, of another shape, or not finite, and for what was said above.

    >>> model = Transformer.random(Config(n_layers=1, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> state = {"embed.W_E": model.W_E, "unembed.W_U": model.W_U, "blocks.0.attn.mask": np.tri(5)}
    >>> state |= {f"blocks.0.attn.W_{name}": getattr(model, f"W_{name}")[0] for name in "QKVO"}
    >>> np.array_equal(from_transformer_lens(state).run([3, 1]).logits, model.run([3, 1]).logits)
    True
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(complaint("state_dict", "a mapping from names to tensors", described(state_dict)))
    check_names(state_dict)
    told = _told(cfg, normalization, activation, eps, n_ctx)
    tensors = Tensors("state_dict", set(state_dict), state_dict.__getitem__)
    if told.positional and _SINGLE["W_pos"] not in state_dict:
        expected = f"{_SINGLE['W_pos']}, as positions are added by its cfg"
        raise ValueError(complaint("state_dict", expected, "none"))
    config, d_mlp = _sizes(state_dict, tensors, told.sizes.get("n_ctx", n_ctx), told.causal)
    _check_sizes(told.sizes, config, d_mlp)
    weights = _weights(tensors, weight_shapes(config), needed=True)
    more = _weights(tensors, extra_shapes(config, d_mlp), needed=False)
    check_masks(state_dict)
    tensors.ignore(BUFFER.pattern)
    tensors.nothing_else()
    form = normalization_of(more, weights, told.normalization)
    if form is None and d_mlp == 0 and not any(bias.any() for bias in more.values()):
        return Transformer(config, **weights)
    activation = _activation(told, d_mlp)
    fields: dict[str, Any] = {**weights, **more, "normalization": form, "activation": activation}
    return GPT(config, **fields, eps=told.eps)


def _told(cfg: object, normalization: Any, activation: str | None, eps: Any, n_ctx: int | None) -> LensConfig:
    """What is known beside the weights: by the cfg, or by the arguments."""
    if cfg is None:
        activation, eps = activation or "gelu_new", 1e-5 if eps is None else eps
        return LensConfig(normalization, activation, eps, causal=True, sizes={})
    if (normalization, activation, eps, n_ctx) != ("as the weights say", None, None, None):
        raise ValueError(complaint("cfg", "alone, as it says the others", "others beside it"))
    return read_cfg(cfg)


def _activation(told: LensConfig, d_mlp: int) -> str:
    """What was said; of a model without MLPs whatever you like."""
    if told.activation is None and d_mlp:
        raise ValueError(complaint("cfg, act_fn", " or ".join(map(repr, ACTIVATIONS)), "none"))
    return told.activation or "relu"


def _check_sizes(told: Mapping[str, int], config: Config, d_mlp: int) -> None:
    found = {name: getattr(config, name) for name in SIZES} | {"d_mlp": d_mlp}
    for name, size in told.items():
        if not is_same(size, found[name]):
            raise ValueError(complaint(f"cfg, {name}", f"{found[name]}, as the weights have it", repr(size)))


def _sizes(state: Mapping[str, Any], tensors: Tensors, n_ctx: int | None, causal: bool) -> tuple[Config, int]:
    """The config that the shapes amount to, and d_mlp, 0 without MLPs."""
    layers = {int(found[1]) for name in state if (found := re.match(r"blocks\.(\d+)\.", name))}
    d_vocab, d_model = _shape(state, tensors, "embed.W_E", 2)
    n_heads, _, d_head = _shape(state, tensors, "blocks.0.attn.W_Q", 3) if layers else (1, d_model, 1)
    d_mlp = _shape(state, tensors, "blocks.0.mlp.W_in", 2)[1] if "blocks.0.mlp.W_in" in state else 0
    n_ctx = _context(state, tensors) if n_ctx is None else n_ctx
    dtype = np.float64 if "float64" in str(getattr(state["embed.W_E"], "dtype", "")) else np.float32
    forms: dict[str, Any] = {"positional": "pos_embed.W_pos" in state, "causal": causal, "dtype": dtype}
    return Config(len(layers), n_heads, d_model, d_head, d_vocab, n_ctx, **forms), d_mlp


def _context(state: Mapping[str, Any], tensors: Tensors) -> int:
    for name in ("pos_embed.W_pos", "blocks.0.attn.mask"):
        if name in state:
            return _shape(state, tensors, name, 2)[0]
    raise ValueError(complaint("n_ctx", "a length, as the state dict has no W_pos and no mask", "none"))


def _shape(state: Mapping[str, Any], tensors: Tensors, name: str, axes: int) -> tuple[int, ...]:
    if name not in state:
        raise ValueError(complaint(tensors.where, f"a tensor {name}", "none"))
    called = f"{tensors.where}, {name}"
    shape: tuple[int, ...] = as_array(called, state[name]).shape
    if len(shape) != axes:
        raise ValueError(complaint(called, f"{axes} axes", f"shape {shape}"))
    return shape


def _weights(tensors: Tensors, shapes: dict[str, tuple[int, ...]], *, needed: bool) -> dict[str, Array]:
    """Our weights by our names, those of a layer stacked; what is not needed may be missing."""
    found = {}
    for name, shape in shapes.items():
        if name in _SINGLE:
            if needed or tensors.has(_SINGLE[name]):
                found[name] = tensors.take(_SINGLE[name], *shape)
        elif needed or tensors.has(f"blocks.0.{_LAYERED[name]}"):
            one = f"blocks.{{}}.{_LAYERED[name]}"
            found[name] = tensors.stack(one, shape[0], *shape[1:]) if shape[0] else np.zeros(shape)
    return found
