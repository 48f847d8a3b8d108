"""ovlearn beside transformers and TransformerLens, live: other weights than those of the fixtures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
    run = checkpoints.load(tmp_path).run(models.TOKENS)
    assert np.abs(run.logits - theirs["logits"]).max() < 1e-5
    assert np.abs(run.pattern - theirs["pattern"]).max() < 1e-5


@pytest.mark.parametrize("name", models.FAMILIES)
def test_a_family(name: str, tmp_path: Path) -> None:
    """A folder as transformers itself writes it, of any family."""
    model = models.family(name, seed=6)
    model.save_pretrained(tmp_path)
    theirs = answers.of_gpt2(model)
    run = checkpoints.load(tmp_path).run(models.TOKENS)
    apart = {part: np.abs(getattr(run, part) - theirs[part]).max() for part in theirs}
    print(f"{name:20} logits {apart['logits']:.1e} patterns {apart['pattern']:.1e}")
    assert np.abs(theirs["logits"]).max() > 1
    assert apart["logits"] < 1e-4 * np.abs(theirs["logits"]).max()
    assert apart["pattern"] < 1e-4


@pytest.mark.parametrize(
    "changes",
    [
        {"positional_embedding_type": "shortformer"},
        {"normalization_type": "RMS"},
        {"use_local_attn": True, "window_size": 4, "attn_types": ["global", "local"]},
        {"scale_attn_by_inverse_layer_idx": True},
        {"use_attn_scale": False},
        {"parallel_attn_mlp": True},
        {"attn_scores_soft_cap": 50.0},
    ],
)
def test_what_transformer_lens_can_and_we_cannot(changes: dict[str, Any]) -> None:
    model = models.lens("lens-gpt", **changes)
    with pytest.raises(ValueError, match=r"^(cfg, |state_dict: expected layer norms)"):
        checkpoints.from_transformer_lens(model.state_dict(), model.cfg)


@pytest.mark.parametrize("name", models.LENSES)
def test_transformer_lens(name: str) -> None:
    model = models.lens(name)
    theirs = answers.of_lens(model)
    for cfg in (None, model.cfg, model.cfg.to_dict()):
        ours = checkpoints.from_transformer_lens(model.state_dict(), cfg)  # torch tensors, with gradients
        assert isinstance(ours, Transformer)
        assert np.abs(ours.run(models.TOKENS).logits - theirs["logits"]).max() < 1e-5
    folded = ours.folded()
    values = circuits.full_ov(folded).eigenvalues  # W_U as it is, as theirs: centred only where it is folded
    assert np.abs(values.sum(axis=-1).real / np.abs(values).sum(axis=-1) - theirs["copying"]).max() < 1e-5
    if model.cfg.normalization_type is not None:
        assert np.abs(circuits.copying_score(folded) - theirs["copying"]).max() < 1e-5
    for kind in ("Q", "K", "V"):
        assert np.abs(circuits.composition_scores(folded, kind) - theirs[f"composition.{kind}"]).max() < 1e-5


def test_half_precision_of_torch() -> None:
    model = models.lens("lens-gpt")
    state = {name: value.to(torch.bfloat16) for name, value in model.state_dict().items()}
    ours = checkpoints.from_transformer_lens(state)
    assert ours.config.dtype == np.float32
    assert np.array_equal(ours.W_E, state["embed.W_E"].float().numpy())
