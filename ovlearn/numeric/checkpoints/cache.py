"""Where what was fetched and worked out is kept: the platform's folder, or the one OVLEARN_CACHE names."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ovlearn.numeric.arrays import Array, read_only

VARIABLE = "OVLEARN_CACHE"
_FORM = 4  # of what is kept; a file that was kept in another form is not read
_ABOUT, _TOKENIZER = "about.json", "tokenizer.json"
_NEEDED = f"keeping weights needs platformdirs: pip install 'ovlearn[weights]', or a folder in {VARIABLE}"


@dataclass(frozen=True)
class Kept:
    """What a file holds: what it says of its network, its weights by name, and its tokenizer as JSON."""

    about: dict[str, Any]
    weights: dict[str, Array]
    tokenizer: str | None


def folder() -> Path:
    """Return the folder; it need not be there yet.

    Raises ImportError without the package platformdirs, where the variable names no folder.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser()
    try:
        from platformdirs import user_cache_path
    except ModuleNotFoundError:
        needed = "pip install 'ovlearn[weights]'"
        raise ImportError(
            f"keeping weights needs platformdirs: {needed}, or name a folder in {VARIABLE}"
        ) from None
    return user_cache_path("ovlearn", appauthor=False)


def key_of(path: Path) -> str:
    """Return a name for a file as it is now: another one as soon as it changes."""
    about = path.stat()
    told = f"{_FORM} {path.resolve()} {about.st_size} {about.st_mtime_ns}"
    return hashlib.sha256(told.encode()).hexdigest()[:20]


def kept(key: str) -> Kept | None:
    """Return what was kept under a key, its weights mapped from disk; None where there is nothing."""
    place = folder() / "weights" / key
    try:
        told = json.loads((place / _ABOUT).read_text(encoding="utf-8"))
        weights = {name: _mapped(place / f"{name}.npy", name in told["turned"]) for name in told["weights"]}
        words = (place / _TOKENIZER).read_text(encoding="utf-8") if told["tokenizer"] else None
        return Kept(told["about"], weights, words)
    except (OSError, ValueError, KeyError, EOFError):
        return None


def keep(key: str, found: Kept) -> Kept:
    """Keep this under a key, whole or not at all; return it with its weights mapped from disk, or as it is.

    Where there is no room, or nothing may be written, it is not kept: that costs time, and nothing else.
    """
    home = folder() / "weights"
    try:
        home.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=home, prefix="part-"))
    except OSError:
        return found
    try:
        turned = [name for name, weight in found.weights.items() if _is_turned(weight)]
        for name, weight in found.weights.items():
            np.save(part / f"{name}.npy", weight.swapaxes(-1, -2) if name in turned else weight)
        if found.tokenizer is not None:
            (part / _TOKENIZER).write_text(found.tokenizer, encoding="utf-8")
        told = {"about": found.about, "tokenizer": found.tokenizer is not None}
        told |= {"weights": [*found.weights], "turned": turned}
        (part / _ABOUT).write_text(json.dumps(told), encoding="utf-8")
        if kept(key) is None:
            shutil.rmtree(home / key, ignore_errors=True)
        part.replace(home / key)  # fails where another was faster, whose work is as good
    except OSError:
        pass
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return kept(key) or found


def _is_turned(weight: Array) -> bool:
    """Whether a weight lies in memory as its transposed does: products with it are faster so."""
    return weight.ndim > 1 and not weight.flags.c_contiguous and weight.swapaxes(-1, -2).flags.c_contiguous


def _mapped(file: Path, turned: bool) -> Array:
    weight = np.load(file, mmap_mode="r", allow_pickle=False)
    return read_only(weight.swapaxes(-1, -2) if turned else weight)
