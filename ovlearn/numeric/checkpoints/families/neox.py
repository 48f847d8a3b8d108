"""GPT-NeoX, which Pythia is too: rotary positions for a part of each head, MLPs beside the heads."""

from __future__ import annotations

from typing import Any

from ovlearn.numeric.arrays import Array
from ovlearn.numeric.checkpoints.families.common import ACTIVATIONS, sizes, unembedding, writing
from ovlearn.numeric.checkpoints.families.turning import rotary
from ovlearn.numeric.checkpoints.options import Options
from ovlearn.numeric.checkpoints.tensors import Tensors

_BUFFERS = r"gpt_neox\.(layers\.\d+\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)|rotary_emb\.inv_freq)"


def gpt_neox(options: Options, tensors: Tensors) -> dict[str, Any]:
    """Return what makes a GPT of GPT-NeoX's options and tensors.

    Source: Black et al. (2022); the names are those of transformers.
    """
    config = sizes(options, layers="num_hidden_layers", heads="num_attention_heads", width="hidden_size")
    d, d_head = config.d_model, config.d_head
    layers, heads, d_mlp = config.n_layers, config.n_heads, options.size("intermediate_size")

    def stack(name: str, *shape: int) -> Array:
        return tensors.stack(f"gpt_neox.layers.{{}}.{name}", layers, *shape)

    found: dict[str, Any] = {
        "config": config,
        "W_E": tensors.take("gpt_neox.embed_in.weight", config.d_vocab, d),
        "W_O": writing(stack("attention.dense.weight", d, d), d_head),
        "W_in": stack("mlp.dense_h_to_4h.weight", d_mlp, d).swapaxes(-1, -2),
        "b_in": stack("mlp.dense_h_to_4h.bias", d_mlp),
        "W_out": stack("mlp.dense_4h_to_h.weight", d, d_mlp).swapaxes(-1, -2),
        "b_out": stack("mlp.dense_4h_to_h.bias", d),
        "ln_final_w": tensors.take("gpt_neox.final_layer_norm.weight", d),
        "ln_final_b": tensors.take("gpt_neox.final_layer_norm.bias", d),
        "eps": options.number("layer_norm_eps", 1e-5),
        "activation": options.choice("hidden_act", "gelu", ACTIVATIONS),
        "parallel": options.flag("use_parallel_residual", True),
        "rotary": rotary(options, d_head, base="rotary_emb_base", part="rotary_pct", share=0.25),
    }
    options.any("rope_theta")
    read = stack("attention.query_key_value.weight", 3 * d, d).reshape(layers, heads, 3, d_head, d)
    for at, name in enumerate("QKV"):
        found[f"W_{name}"] = read[:, :, at].swapaxes(-1, -2)  # [layer, head, d_model, d_head]
    if options.flag("attention_bias", True):
        bias = stack("attention.query_key_value.bias", 3 * d).reshape(layers, heads, 3, d_head)
        found |= {f"b_{name}": bias[:, :, at] for at, name in enumerate("QKV")}  # [layer, head, d_head] each
        found["b_O"] = stack("attention.dense.bias", d)
    for ours, theirs in (("ln1", "input_layernorm"), ("ln2", "post_attention_layernorm")):
        found[f"{ours}_w"], found[f"{ours}_b"] = stack(f"{theirs}.weight", d), stack(f"{theirs}.bias", d)
    found["W_U"] = unembedding(options, tensors, found["W_E"], "embed_out.weight", tied=False)
    tensors.ignore(_BUFFERS)
    return found
