"""ovlearn beside transformers and TransformerLens, live: other weights than those of the fixtures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ovlearn.numeric import Transformer, checkpoints, circuits
from tests.oracles import answers, models


@pytest.mark.parametrize("tied", [True, False])
def test_gpt2(tied: bool, tmp_path: Path) -> None:
    """A folder as transformers itself writes it."""
    model = models.gpt2(tied)
    models.spread(model, 5)
    model.save_pretrained(tmp_path)
    theirs = answers.of_gpt2(model)
    run = checkpoints.load_gpt2(tmp_path).run(models.TOKENS)
    assert np.abs(run.logits - theirs["logits"]).max() < 1e-5
    assert np.abs(run.pattern - theirs["pattern"]).max() < 1e-5


@pytest.mark.parametrize("name", models.LENSES)
def test_transformer_lens(name: str) -> None:
    model = models.lens(name)
    theirs = answers.of_lens(model)
    ours = checkpoints.from_transformer_lens(model.state_dict())  # torch tensors, with gradients
    assert isinstance(ours, Transformer)
    assert np.abs(ours.run(models.TOKENS).logits - theirs["logits"]).max() < 1e-5
    folded = ours.folded()
    assert np.abs(circuits.copying_score(folded) - theirs["copying"]).max() < 1e-5
    for kind in ("Q", "K", "V"):
        assert np.abs(circuits.composition_scores(folded, kind) - theirs[f"composition.{kind}"]).max() < 1e-5


def test_half_precision_of_torch() -> None:
    model = models.lens("lens-gpt")
    state = {name: value.to(torch.bfloat16) for name, value in model.state_dict().items()}
    ours = checkpoints.from_transformer_lens(state)
    assert ours.config.dtype == np.float32
    assert np.array_equal(ours.W_E, state["embed.W_E"].float().numpy())
