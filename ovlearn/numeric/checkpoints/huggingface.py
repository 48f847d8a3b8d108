"""A Hugging Face folder: config.json, and weights in safetensors files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ovlearn.arguments import complaint, described
from ovlearn.numeric.checkpoints.families import FAMILIES
from ovlearn.numeric.checkpoints.options import Options
from ovlearn.numeric.checkpoints.safetensors_files import names_in, tensor_in
from ovlearn.numeric.checkpoints.tensors import Tensors
from ovlearn.numeric.checkpoints.tokenizer import from_folder
from ovlearn.numeric.gpt import GPT

_ONE, _MANY = "model.safetensors", "model.safetensors.index.json"


def model_in(folder: Path) -> GPT:
    """Return the model in a folder, as `load` says."""
    options = Options("config.json", _json(folder / "config.json"))
    family = options.choice("model_type", "none", FAMILIES)
    tensors = _tensors(folder)
    found = family(options, tensors)
    options.nothing_else()
    tensors.nothing_else()
    return GPT(**found, tokenizer=from_folder(folder))


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(complaint("path", f"a file {path.name} in the folder", "none"))
    try:
        sizes = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValueError(complaint(path.name, "JSON", "something else")) from None
    if not isinstance(sizes, dict):
        raise ValueError(complaint(path.name, "an object", described(sizes)))
    return sizes


def _tensors(place: Path) -> Tensors:
    """The tensors of all weight files, by the names that they have there."""
    one = place / _ONE
    files = dict.fromkeys(names_in(one), one) if one.is_file() else _parts(place)

    def read(name: str) -> Any:
        return tensor_in(files[name], name)

    return Tensors(place.name, set(files), read)


def _parts(place: Path) -> dict[str, Path]:
    """Where each tensor is, by the index of a folder whose weights are in several files."""
    index = place / _MANY
    if not index.is_file():
        pickled = (place / "pytorch_model.bin").is_file()
        got = "pytorch_model.bin alone, and to read a pickle is to run it" if pickled else "none"
        raise FileNotFoundError(complaint("path", f"a file {_ONE} in the folder", got))
    listed = _json(index).get("weight_map")
    if not isinstance(listed, dict):
        raise ValueError(complaint(f"{index.name}, weight_map", "an object", described(listed)))
    for part in listed.values():
        if not isinstance(part, str) or Path(part).is_absolute() or ".." in Path(part).parts:
            raise ValueError(complaint(f"{index.name}, weight_map", "files in the folder", described(part)))
    for part in sorted(set(listed.values())):
        if not os.path.isfile(place / part):
            raise FileNotFoundError(complaint("path", f"the part {part} in the folder", "none"))
    held = {name: place / part for part in set(listed.values()) for name in names_in(place / part)}
    for name, part in listed.items():
        if name not in held:
            raise ValueError(complaint(part, f"a tensor {name}, as {index.name} says", "none"))
    return held
