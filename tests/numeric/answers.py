"""What other libraries said of their models, as tests/oracles recorded it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

FIXTURES = Path(__file__).parent / "fixtures"
FOLDERS = sorted(place.name for place in FIXTURES.iterdir() if place.is_dir())
LENSES = ("lens-gpt", "lens-heads-norm", "lens-heads")
LOOSE = 5e-6  # float32, a few dozen terms of size 1 to 10
Weights = dict[str, np.ndarray[Any, Any]]


def recorded(name: str) -> Weights:
    with np.load(FIXTURES / f"{name}.npz") as arrays:
        return dict(arrays)


def state(name: str, which: str = "state") -> Weights:
    return {
        key.removeprefix(f"{which}."): value for key, value in recorded(name).items() if key.startswith(which)
    }


def close(got: Any, expected: Any) -> bool:
    return got.shape == expected.shape and bool(np.abs(got - expected).max() < LOOSE)
