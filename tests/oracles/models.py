"""Tiny random models of transformers and TransformerLens, every size another."""

from __future__ import annotations

from typing import Any

import torch
from transformer_lens import HookedTransformer, HookedTransformerConfig
from transformers import GPT2Config, GPT2LMHeadModel

TOKENS = [[3, 14, 1, 5, 9, 2], [6, 5, 3, 5, 8, 9]]
LENSES = {  # what TransformerLens is asked for
    "lens-gpt": {"attn_only": False, "normalization_type": "LN"},
    "lens-heads-norm": {"attn_only": True, "normalization_type": "LN"},
    "lens-heads": {"attn_only": True, "normalization_type": None},
}


def spread(model: torch.nn.Module, seed: int) -> None:
    """Give every weight, gain and bias a random value that matters."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            gain = name.endswith(
                ("ln1.w", "ln2.w", "ln_final.w", "ln_1.weight", "ln_2.weight", "ln_f.weight")
            )
            weight.copy_(torch.randn_like(weight) * 0.3 + (1 if gain else 0))


def gpt2(tied: bool = True) -> GPT2LMHeadModel:
    """A GPT-2 of two layers with three heads."""
    config = GPT2Config(
        n_layer=2, n_head=3, n_embd=12, n_inner=20, vocab_size=17, n_positions=9, tie_word_embeddings=tied
    )
    model = GPT2LMHeadModel(config).eval()
    spread(model, 1)
    return model


def lens(name: str, **changes: Any) -> HookedTransformer:
    """A TransformerLens model of two layers with three heads."""
    asked: dict[str, Any] = LENSES[name] | changes
    config = HookedTransformerConfig(
        n_layers=2, n_heads=3, d_model=14, d_head=4, d_mlp=20, d_vocab=17, n_ctx=9, act_fn="gelu_new", **asked
    )
    model = HookedTransformer(config).eval()
    spread(model, 2)
    if name == "lens-heads":
        with torch.no_grad():
            for part, weight in model.named_parameters():
                if ".b_" in part:
                    weight.zero_()
    return model
