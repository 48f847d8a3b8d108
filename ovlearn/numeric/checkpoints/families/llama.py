"""Llama and its kin: RMS norm, rotary positions, shared keys and values, gated MLPs."""

from __future__ import annotations

from typing import Any

from ovlearn.arguments import complaint
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.checkpoints.families.common import (
    ACTIVATIONS,
    of_heads,
    reading,
    sizes,
    unembedding,
    writing,
)
from ovlearn.numeric.checkpoints.families.turning import rotary
from ovlearn.numeric.checkpoints.options import Options
from ovlearn.numeric.checkpoints.tensors import Tensors

_WINDOWED, _WHOLE = "sliding_attention", "full_attention"
_BUFFERS = r"(model\.)?(layers\.\d+\.self_attn\.)?rotary_emb\.inv_freq"


def llama(options: Options, tensors: Tensors) -> dict[str, Any]:
    """Return what makes a GPT of Llama's options and tensors.

    Source: Touvron et al. (2023), and the Llama 3.1 release (2024); the names are those of transformers.
    """
    options.must_be("pretraining_tp", 1)
    with_biases = options.flag("attention_bias", False), options.flag("mlp_bias", False)
    return _read(options, tensors, *with_biases)


def mistral(options: Options, tensors: Tensors) -> dict[str, Any]:
    """Return what makes a GPT of Mistral's options and tensors: Llama's, with a window.

    Source: Jiang et al. (2023).
    """
    found = _read(options, tensors)
    wide = options.nullable_size("sliding_window", 4096)
    return found | {"windows": wide and (wide,) * found["config"].n_layers}


def qwen2(options: Options, tensors: Tensors) -> dict[str, Any]:
    """Return what makes a GPT of Qwen 2's options and tensors: Llama's, with biases of q, k and v.

    Source: Yang et al. (2024).
    """
    found = _read(options, tensors, biased_reads=True)
    return found | {"windows": _windows_above(options, found["config"].n_layers)}


def qwen3(options: Options, tensors: Tensors) -> dict[str, Any]:
    """Return what makes a GPT of Qwen 3's options and tensors: Llama's, with norms of queries and keys.

    Source: Yang et al. (2025).
    """
    found = _read(options, tensors, options.flag("attention_bias", False), d_head=128)
    config = found["config"]
    for ours, theirs in (("q_norm_w", "q_norm"), ("k_norm_w", "k_norm")):
        found[ours] = tensors.stack(
            f"model.layers.{{}}.self_attn.{theirs}.weight", config.n_layers, config.d_head
        )
    return found | {"windows": _windows_above(options, config.n_layers)}


def _read(
    options: Options,
    tensors: Tensors,
    biased_heads: bool = False,
    of_mlps: bool = False,
    *,
    biased_reads: bool = False,
    d_head: int | None = None,
) -> dict[str, Any]:
    wide = options.values.get("head_dim") is not None or d_head is not None
    config = sizes(
        options,
        layers="num_hidden_layers",
        heads="num_attention_heads",
        width="hidden_size",
        d_head=options.size("head_dim", d_head) if wide else None,
    )
    options.any("head_dim")
    layers, heads, d, d_head = config.n_layers, config.n_heads, config.d_model, config.d_head
    groups = options.size("num_key_value_heads", heads)
    d_mlp = options.size("intermediate_size")

    def stack(name: str, *shape: int) -> Array:
        return tensors.stack(f"model.layers.{{}}.{name}", layers, *shape)

    found: dict[str, Any] = {
        "config": config,
        "W_E": tensors.take("model.embed_tokens.weight", config.d_vocab, d),
        "W_Q": reading(stack("self_attn.q_proj.weight", heads * d_head, d), d_head),
        "W_K": reading(stack("self_attn.k_proj.weight", groups * d_head, d), d_head),
        "W_V": reading(stack("self_attn.v_proj.weight", groups * d_head, d), d_head),
        "W_O": writing(stack("self_attn.o_proj.weight", d, heads * d_head), d_head),
        "W_in": stack("mlp.up_proj.weight", d_mlp, d).swapaxes(-1, -2),
        "W_gate": stack("mlp.gate_proj.weight", d_mlp, d).swapaxes(-1, -2),
        "W_out": stack("mlp.down_proj.weight", d, d_mlp).swapaxes(-1, -2),
        "ln1_w": stack("input_layernorm.weight", d),
        "ln2_w": stack("post_attention_layernorm.weight", d),
        "ln_final_w": tensors.take("model.norm.weight", d),
        "normalization": "RMS",
        "eps": options.number("rms_norm_eps", 1e-6),
        "activation": options.choice("hidden_act", "silu", ACTIVATIONS),
        "n_key_value_heads": groups,
        "rotary": rotary(options, d_head),
    }
    found["W_U"] = unembedding(options, tensors, found["W_E"], "lm_head.weight", tied=False)
    if biased_heads or biased_reads:
        for name, count in (("Q", heads), ("K", groups), ("V", groups)):
            bias = stack(f"self_attn.{name.lower()}_proj.bias", count * d_head)
            found[f"b_{name}"] = of_heads(bias, d_head)  # [layer, head, d_head]
    if biased_heads:
        found["b_O"] = stack("self_attn.o_proj.bias", d)
    if of_mlps:
        found |= {"b_in": stack("mlp.up_proj.bias", d_mlp), "b_out": stack("mlp.down_proj.bias", d)}
        found["b_gate"] = stack("mlp.gate_proj.bias", d_mlp)
    tensors.ignore(_BUFFERS)
    return found


def _windows_above(options: Options, layers: int) -> tuple[int | None, ...] | None:
    """How many keys each layer sees: a window from some layer on, or all."""
    used, first = options.flag("use_sliding_window", False), options.size("max_window_layers", 28, minimum=0)
    width = options.size("sliding_window", 4096)
    plain = [_WINDOWED if used and layer >= first else _WHOLE for layer in range(layers)]
    kinds = options.any("layer_types", plain)
    if not isinstance(kinds, list) or len(kinds) != layers or set(kinds) - {_WINDOWED, _WHOLE}:
        expected = f"{_WHOLE!r} or {_WINDOWED!r} for each of {layers} layers"
        raise ValueError(complaint(f"{options.where}, layer_types", expected, repr(kinds)))
    return tuple(width if kind == _WINDOWED else None for kind in kinds) if _WINDOWED in kinds else None
