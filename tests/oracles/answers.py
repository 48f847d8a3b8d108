"""What transformers and TransformerLens say of their models, as arrays by name."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from transformer_lens import FactoredMatrix, HookedTransformer

from tests.oracles.models import TOKENS

Arrays = dict[str, np.ndarray[Any, Any]]


def of_gpt2(model: Any) -> Arrays:
    """Logits and attention patterns."""
    with torch.no_grad():
        model.set_attn_implementation("eager")
        out = model(torch.tensor(TOKENS), output_attentions=True)
    patterns = torch.stack(out.attentions)  # [layer, batch, head, query, key]
    return {"logits": out.logits.numpy(), "pattern": patterns.numpy()}


def of_lens(model: HookedTransformer) -> Arrays:
    """The weights, what a run computes, what folding makes of it, and its circuits."""
    found = {f"state.{name}": tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    with torch.no_grad():
        logits, cache = model.run_with_cache(torch.tensor(TOKENS))
        patterns = [cache["pattern", layer] for layer in range(model.cfg.n_layers)]
        found |= {"logits": logits.numpy(), "pattern": torch.stack(patterns).numpy()}
        if model.cfg.normalization_type is not None:
            folded = copy.deepcopy(model)
            folded.load_and_process_state_dict(folded.state_dict())
            found |= {f"folded.{name}": value.detach().numpy() for name, value in folded.state_dict().items()}
            model = folded
        found |= circuits(model)
    return found


def circuits(model: HookedTransformer) -> Arrays:
    """Eigenvalues of the full OV circuits, copying scores, and composition scores."""
    full = model.W_E @ FactoredMatrix(model.W_V, model.W_O) @ model.W_U  # [layer, head, d_vocab, d_vocab]
    values = full.eigenvalues  # [layer, head, d_head]
    found = {"eigenvalues": values.numpy(), "copying": (values.sum(-1).real / values.abs().sum(-1)).numpy()}
    return found | {f"composition.{kind}": model.all_composition_scores(kind).numpy() for kind in "QKV"}
