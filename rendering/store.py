"""What was made before, on disk, each under a key of everything that can change it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ovlearn.writing import write_whole


class Store:
    """One file a name in `folder`, bytes or JSON.

    A file's first line is a digest of its key and the rest: one that was cut short, edited, or made under
    another key holds nothing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, name: str, key: str) -> bytes | None:
        """Return what is kept under this name and key, or None."""
        with suppress(OSError):
            seal, _, body = self._file(name).read_bytes().partition(b"\n")
            if seal == _seal(key, body):
                return body
        return None

    def put(self, name: str, key: str, body: bytes) -> None:
        """Keep bytes, all of them or none."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._file(name), _seal(key, body) + b"\n" + body)

    def load(self, name: str, key: str) -> Any | None:
        """Return the JSON that is kept under this name and key, or None."""
        body = self.get(name, key)
        return None if body is None else json.loads(body)

    def save(self, name: str, key: str, result: Any) -> None:
        """Keep a result as JSON."""
        self.put(name, key, json.dumps(result, ensure_ascii=False).encode())

    def kept(self, name: str, key: str, make: Callable[[], bytes]) -> bytes:
        """Return what is kept under this name and key; where nothing is, make it and keep it."""
        body = self.get(name, key)
        if body is None:
            self.put(name, key, body := make())
        return body

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.kept"


def _seal(key: str, body: bytes) -> bytes:
    return digest([key, body]).encode()


def digest(parts: Iterable[str | bytes]) -> str:
    """Return one digest of all parts. Each goes in with its length: no two lists of parts look alike.

    >>> digest(["ab", "c"]) == digest(["a", "bc"])
    False
    """
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()


def of_files(*places: Path) -> str:
    """Return a digest of files, and of folders with all that is in them, less what Python leaves there."""
    parts: list[str | bytes] = []
    for place in places:
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file() and "__pycache__" not in file.parts:
                parts += [file.relative_to(place.parent).as_posix(), file.read_bytes()]
    return digest(parts)


def of_versions(*libraries: str) -> str:
    """Return a digest of the installed versions of these libraries."""
    return digest(f"{name} {version(name)}" for name in libraries)
