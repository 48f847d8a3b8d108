"""Write what the other libraries say into tests/numeric/fixtures, for the ordinary tests to compare with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.torch import save_file

from tests.oracles import answers, models

FIXTURES = Path(__file__).parents[1] / "numeric" / "fixtures"


def main() -> None:
    """Record every model."""
    FIXTURES.mkdir(exist_ok=True)
    for name, tied in (("gpt2", True), ("gpt2-untied", False)):
        model = models.gpt2(tied)
        weights = {key: value.contiguous() for key, value in model.state_dict().items()}
        if tied:
            weights.pop("lm_head.weight")
        folder = FIXTURES / name
        folder.mkdir(exist_ok=True)
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        config = {key: value for key, value in model.config.to_dict().items() if key in KEPT}
        (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
        np.savez_compressed(FIXTURES / f"{name}.npz", tokens=models.TOKENS, **answers.of_gpt2(model))
    for name in models.LENSES:
        np.savez_compressed(
            FIXTURES / f"{name}.npz", tokens=models.TOKENS, **answers.of_lens(models.lens(name))
        )


KEPT = {
    *("model_type", "n_layer", "n_head", "n_embd", "n_inner", "vocab_size", "n_positions"),
    *("activation_function", "layer_norm_epsilon", "scale_attn_weights", "tie_word_embeddings"),
}

if __name__ == "__main__":
    main()
