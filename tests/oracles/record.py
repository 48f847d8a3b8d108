"""Write what the other libraries say into tests/numeric/fixtures, for the ordinary tests to compare with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.oracles import answers, models

FIXTURES = Path(__file__).parents[1] / "numeric" / "fixtures"


def main() -> None:
    """Record every model."""
    FIXTURES.mkdir(exist_ok=True)
    for name, tied in (("gpt2", True), ("gpt2-untied", False)):
        record(name, models.gpt2(tied), KEPT)
    for name in models.FAMILIES:
        record(name, models.family(name))
    for name in models.LENSES:
        np.savez_compressed(
            FIXTURES / f"{name}.npz", tokens=models.TOKENS, **answers.of_lens(models.lens(name))
        )


def record(name: str, model: Any, kept: set[str] | None = None) -> None:
    """Write a model's folder, and what it says of the tokens; of its config what is `kept`, or all."""
    folder = FIXTURES / name
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    told = json.loads((folder / "config.json").read_text())
    told = {key: value for key, value in told.items() if kept is None or key in kept}
    (folder / "config.json").write_text(json.dumps(told, indent=1, sort_keys=True) + "\n")
    np.savez_compressed(FIXTURES / f"{name}.npz", tokens=models.TOKENS, **answers.of_gpt2(model))


KEPT = {
    *("model_type", "n_layer", "n_head", "n_embd", "n_inner", "vocab_size", "n_positions"),
    *("activation_function", "layer_norm_epsilon", "scale_attn_weights", "tie_word_embeddings"),
}

if __name__ == "__main__":
    main()
