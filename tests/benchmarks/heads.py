"""Circuits of a model of GPT-2-small's size, beside TransformerLens on the same weights; and the memory."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.measuring import Promise, shown
from tests.oracles.gpt2_small import write_gpt2

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-oracles" / "bin" / "python"  # `make oracles` makes it
WHAT = {
    "copying": ("copying scores, 12 × 12 heads", 1 / 10),
    "composition": ("all V-composition scores", 1.0),
    "forward": ("a pass of 64 tokens", 1.0),
}


def promises() -> Iterator[Promise]:
    """Each figure as soon as both sides have it."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        theirs, ours = (side(which, place) for which in ("lens", "ours"))
        for key, (what, limit) in WHAT.items():
            peer = f"TransformerLens {shown(theirs[key])}"
            if limit < 1:
                yield Promise(what, shown(ours[key]), peer, theirs[key] / ours[key], 1 / limit, at_least=True)
            else:
                yield Promise(what, shown(ours[key]), peer, ours[key] / theirs[key], limit)
            yield Promise(f"{what}: largest difference", "", "", apart(place, key), 1e-5)
        write_gpt2(place / "gpt2")
        peaks = side("memory", place)
        yield Promise("copying_accuracy, peak GiB", "", "", peaks["copying_accuracy"], 2)
        yield Promise("load, run, fold, copying scores, peak GiB", "", "", peaks["everything"], 4)


def side(which: str, place: Path, module: str = "tests.oracles.gpt2_small", **more: str) -> dict[str, float]:
    """What one side measured, in a process of its own; `more`: of its environment."""
    command = [PYTHON, "-m", module, which, place]
    subprocess.run(
        command,
        cwd=ROOT,
        check=True,
        env=os.environ | {"PYTHONWARNINGS": "ignore"} | more,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    times: dict[str, float] = json.loads((place / f"{which}.json").read_text())
    return times


def apart(place: Path, key: str, other: str = "lens") -> float:
    """The largest difference of the two results, over the larger of 1 and the largest value."""
    ours, theirs = (result(place, which, key) for which in ("ours", other))
    return float(np.abs(ours - theirs).max() / max(1, np.abs(theirs).max()))


def result(place: Path, which: str, key: str) -> Any:
    with np.load(place / f"{which}.npz") as results:
        return results[key]
