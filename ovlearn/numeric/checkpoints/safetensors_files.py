"""Safetensors files: the names in them, and their tensors as numpy arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ovlearn.arguments import complaint

_NEEDED = "reading weights needs safetensors: pip install 'ovlearn[weights]'"
_POINTER = b"version https://git-lfs"


def names_in(path: Path) -> list[str]:
    """Return the names of all tensors in a file.

    Raises ImportError without safetensors, ValueError for a file that is damaged or none of its kind.
    """
    with _opened(path) as file:
        return list(file.keys())


def tensor_in(path: Path, name: str) -> Any:
    """Return one tensor; of BF16, which numpy has not, as float32.

    Raises as `names_in` does, and ValueError for other numbers that numpy has not.
    """
    with _opened(path) as file:
        kind = file.get_slice(name).get_dtype()
        if kind == "BF16":
            return _widened(path, name)
        try:
            return file.get_tensor(name)
        except TypeError:  # as F8_E4M3
            expected = "F32, F16, BF16 or F64"
            raise ValueError(complaint(f"{path.name}, {name}", expected, kind)) from None


def _opened(path: Path) -> Any:
    try:
        from safetensors import SafetensorError, safe_open
    except ModuleNotFoundError:
        raise ImportError(_NEEDED) from None
    try:
        return safe_open(path, framework="numpy")
    except SafetensorError as error:
        raise ValueError(complaint(path.name, "a whole safetensors file", _reason(path, error))) from None


def _reason(path: Path, error: Exception) -> str:
    with path.open("rb") as file:
        pointer = file.read(len(_POINTER)) == _POINTER
    return "a pointer of git-lfs: `git lfs pull` fetches the file" if pointer else str(error)


def _widened(path: Path, name: str) -> np.ndarray[Any, Any]:
    """A tensor of BF16: its 16 bits are the upper half of a float32's.

    The file is 8 bytes for the length of a header, the header in JSON, and then the numbers.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        about = json.loads(file.read(length))[name]
        begin, end = about["data_offsets"]
        file.seek(8 + length + begin)
        halves = np.frombuffer(file.read(end - begin), "<u2")
    return (halves.astype(np.uint32) << 16).view(np.float32).reshape(about["shape"])
