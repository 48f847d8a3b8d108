"""GPT-2: learned positions, layer norm, biases everywhere."""

from __future__ import annotations

from typing import Any

from ovlearn.numeric.arrays import Array
from ovlearn.numeric.checkpoints.families.common import ACTIVATIONS, sizes, unembedding
from ovlearn.numeric.checkpoints.options import Options
from ovlearn.numeric.checkpoints.tensors import Tensors

BUFFERS = r"(transformer\.)?h\.\d+\.attn\.(bias|masked_bias)"


def gpt2(options: Options, tensors: Tensors) -> dict[str, Any]:
    """Return what makes a GPT of GPT-2's options and tensors: its linear layers lie [in, out], as ours do.

    Source: Radford et al. (2019); the names are those of transformers.
    """
    for name, value in _OTHERWISE.items():
        options.must_be(name, value)
    options.any("n_ctx")  # an older name of n_positions
    config = sizes(
        options,
        layers="n_layer",
        heads="n_head",
        width="n_embd",
        context="n_positions",
        positional=True,
    )
    d, d_head = config.d_model, config.d_head
    layers, heads = config.n_layers, config.n_heads
    d_mlp = options.size("n_inner", 4 * d)
    prefix = "transformer." if tensors.has("transformer.wte.weight") else ""

    def stack(name: str, *shape: int) -> Array:
        return tensors.stack(f"{prefix}h.{{}}.{name}", layers, *shape)

    found: dict[str, Any] = {
        "config": config,
        "W_E": tensors.take(f"{prefix}wte.weight", config.d_vocab, d),
        "W_pos": tensors.take(f"{prefix}wpe.weight", config.n_ctx, d),
        "W_O": stack("attn.c_proj.weight", d, d).reshape(layers, heads, d_head, d),
        "b_O": stack("attn.c_proj.bias", d),
        "W_in": stack("mlp.c_fc.weight", d, d_mlp),
        "b_in": stack("mlp.c_fc.bias", d_mlp),
        "W_out": stack("mlp.c_proj.weight", d_mlp, d),
        "b_out": stack("mlp.c_proj.bias", d),
        "ln_final_w": tensors.take(f"{prefix}ln_f.weight", d),
        "ln_final_b": tensors.take(f"{prefix}ln_f.bias", d),
    }
    read = stack("attn.c_attn.weight", d, 3 * d).reshape(layers, d, 3, heads, d_head)
    bias = stack("attn.c_attn.bias", 3 * d).reshape(layers, 3, heads, d_head)
    for at, name in enumerate("QKV"):
        found[f"W_{name}"] = read[:, :, at].swapaxes(1, 2)  # [layer, head, d_model, d_head]
        found[f"b_{name}"] = bias[:, at]  # [layer, head, d_head]
    for ours, theirs in (("ln1", "ln_1"), ("ln2", "ln_2")):
        found[f"{ours}_w"], found[f"{ours}_b"] = stack(f"{theirs}.weight", d), stack(f"{theirs}.bias", d)
    found["W_U"] = unembedding(options, tensors, found["W_E"], "lm_head.weight", tied=True)
    found["activation"] = options.choice("activation_function", "gelu_new", ACTIVATIONS)
    found["eps"] = options.number("layer_norm_epsilon", 1e-5)
    tensors.ignore(BUFFERS)
    return found


# What the config may also ask for, and is not built; each with what it is where it asks for nothing.
_OTHERWISE = {
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "reorder_and_upcast_attn": False,
    "add_cross_attention": False,
}
