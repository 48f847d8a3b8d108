"""TransformerLens's own configuration: what of it a model here can be, and what must be refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from ovlearn.arguments import complaint, described
from ovlearn.numeric.norms import Normalization

ACTIVATIONS = {"gelu_new": "gelu_new", "gelu_pytorch_tanh": "gelu_new", "relu": "relu"}
SIZES = ("n_layers", "n_heads", "d_model", "d_head", "d_vocab", "n_ctx")
_UNSET = (None, -1)
# What TransformerLens may be asked for and we have not: each with the values by which it is asked for
# nothing.
_OFF: dict[str, tuple[Any, ...]] = {
    "positional_embedding_type": ("standard",),
    "use_attn_scale": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "use_local_attn": (False,),
    "parallel_attn_mlp": (False,),
    "final_rms": (False,),
    "uses_rms_norm": (False, None),
    "gated_mlp": (False,),
    "use_qk_norm": (False,),
    "post_embedding_ln": (False,),
    "use_normalization_before_and_after": (False,),
    "attn_scores_soft_cap": (None, -1, 0),
    "output_logits_soft_cap": (None, -1, 0),
    "num_experts": (None,),
    "experts_per_token": (None,),
    "relative_attention_max_distance": (None,),
    "relative_attention_num_buckets": (None,),
    "load_in_4bit": (False,),
}
# What changes no result: how a model was made, where it runs, what is recorded, how text becomes tokens. And
# what only says more of things that are refused above: windows, rotations, experts.
_HARMLESS = {
    *("model_name", "original_architecture", "tokenizer_name", "trust_remote_code"),
    *("from_checkpoint", "checkpoint_index", "checkpoint_label_type", "checkpoint_value"),
    *("seed", "init_mode", "weight_init_mode", "init_weights", "initializer_range", "n_params"),
    *("device", "n_devices", "dtype", "default_prepend_bos", "tokenizer_prepends_bos"),
    *("use_attn_result", "use_split_qkv_input", "use_hook_mlp_in", "use_attn_in", "use_hook_tokens"),
    *("ungroup_grouped_query_attention", "decoder_start_token_id", "tie_word_embeddings", "norm_topk_prob"),
    *("window_size", "attn_types", "rotary_dim", "rotary_base", "rotary_base_local", "rotary_adjacent_pairs"),
    *("rotary_scaling_factor", "use_NTK_by_parts_rope", "NTK_by_parts_low_freq_factor"),
    *("NTK_by_parts_high_freq_factor", "NTK_by_parts_factor", "NTK_original_ctx_len", "use_yarn_rope"),
    *("yarn_factor", "yarn_attention_factor", "yarn_beta_fast", "yarn_beta_slow"),
    *("yarn_original_max_position_embeddings", "yarn_truncate"),
}
_READ = {
    *SIZES,
    *("d_mlp", "d_vocab_out", "n_key_value_heads", "attn_only", "attn_scale"),
    *("act_fn", "eps", "normalization_type", "attention_dir"),
}


@dataclass(frozen=True)
class LensConfig:
    """What TransformerLens's cfg says that weights do not, and the sizes that it gives.

    activation: None where it does not say it.  positional: whether it says that there is a W_pos.
    """

    normalization: Normalization
    activation: str | None
    eps: Any
    causal: bool
    sizes: dict[str, int]
    positional: bool = False


def read_cfg(cfg: object) -> LensConfig:
    """Return what a cfg says, a dict or an object with its names as attributes.

    A name that it has not is taken as TransformerLens takes it. Raises TypeError for what is no cfg, or says
    nothing; ValueError for whatever a model here cannot be, and for a name that is not known unless it is
    None or False.

    >>> read_cfg({"normalization_type": "LNPre", "act_fn": "relu", "seed": 3}).normalization
    'LNPre'
    >>> read_cfg({"positional_embedding_type": "shortformer"})
    Traceback (most recent call last):
    ValueError: cfg, positional_embedding_type: expected 'standard': no other is built, got 'shortformer'
    """
    given = _as_dict(cfg)
    for name, value in given.items():
        if name in _OFF and not any(is_same(value, off) for off in _OFF[name]):
            raise _refused(name, f"{_OFF[name][0]!r}: no other is built", value)
        if name not in _OFF.keys() | _HARMLESS | _READ and value is not None and value is not False:
            raise _refused(name, "nothing by a name that is not known here", value)
    attn_only = _choice(given, "attn_only", False, {True: True, False: False, None: False})
    says_activation = "act_fn" in given and not attn_only
    _check_scale(given)
    heads, d_vocab = given.get("n_heads", -1), given.get("d_vocab", -1)
    _check_same(given, "n_key_value_heads", "n_heads", heads)
    _check_same(given, "d_vocab_out", "d_vocab", d_vocab)
    sizes = {
        name: given[name] for name in SIZES if not any(is_same(given.get(name), unset) for unset in _UNSET)
    }
    return LensConfig(
        normalization=_choice(given, "normalization_type", "LN", {"LN": "LN", "LNPre": "LNPre", None: None}),
        activation=_choice(given, "act_fn", None, ACTIVATIONS) if says_activation else None,
        eps=given.get("eps", 1e-5),
        causal=_choice(given, "attention_dir", "causal", {"causal": True, "bidirectional": False}),
        sizes=sizes | _width(given, attn_only),
        positional=True,
    )


def _as_dict(cfg: object) -> dict[str, Any]:
    named = cfg if isinstance(cfg, Mapping) else getattr(cfg, "__dict__", None)
    if not isinstance(named, Mapping) or isinstance(cfg, type) or not named:
        raise TypeError(complaint("cfg", "TransformerLens's cfg, or its to_dict()", described(cfg)))
    return {str(name): value for name, value in named.items()}


def is_same(value: object, other: object) -> bool:
    """Whether a value is another, where True is not 1, and an array is nothing of the kind."""
    if isinstance(value, bool) or isinstance(other, bool) or other is None:
        return value is other
    plain = isinstance(value, str | Real) and isinstance(other, str | Real)
    return plain and bool(value == other)


def _choice(given: Mapping[str, Any], name: str, default: Any, known: Mapping[Any, Any]) -> Any:
    value = given.get(name, default)
    if not isinstance(value, str | bool | None) or value not in known:
        raise _refused(name, " or ".join(map(repr, known)), value)
    return known[value]


def _width(given: Mapping[str, Any], attn_only: bool) -> dict[str, int]:
    """The width of an MLP, 0 where there is none, if the cfg says it."""
    if attn_only:
        return {"d_mlp": 0}
    return {} if given.get("d_mlp") is None else {"d_mlp": given["d_mlp"]}


def _check_scale(given: Mapping[str, Any]) -> None:
    """Scores must be divided by the root of d_head."""
    scale: Any = given.get("attn_scale", -1)
    d_head: Any = given.get("d_head")
    if any(is_same(scale, unset) for unset in _UNSET):
        return
    known = isinstance(scale, Real) and isinstance(d_head, Integral) and int(d_head) > 0
    if not known or not math.isclose(scale, math.sqrt(d_head), rel_tol=1e-6):
        raise _refused("attn_scale", f"the root of d_head = {d_head}: no other is built", scale)


def _check_same(given: Mapping[str, Any], name: str, other: str, value: Any) -> None:
    found = given.get(name)
    if not any(is_same(found, unset) for unset in _UNSET) and not is_same(found, value):
        raise _refused(name, f"{other} = {value!r}: no other is built", found)


def _refused(name: str, expected: str, value: object) -> ValueError:
    return ValueError(complaint(f"cfg, {name}", expected, repr(value)))
