"""Results on disk, each under a key of everything that can change it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any


class Cache:
    """One file a name in `folder`, each result as JSON.

    A file's first line is a digest of its key and the rest: one that was cut short, edited, or made under
    another key is no result. Files are written aside and then moved, so there is never half of one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: str, key: str) -> Any | None:
        """Return what was kept under this name and key, or None."""
        try:
            seal, _, body = self._file(name).read_text(encoding="utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return json.loads(body) if seal == digest([key, body]) else None

    def save(self, name: str, key: str, result: Any) -> None:
        """Keep a result, whole or not at all."""
        body = json.dumps(result, ensure_ascii=False)
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=self.folder, suffix=".part")
        try:
            with open(handle, "w", encoding="utf-8") as file:
                file.write(f"{digest([key, body])}\n{body}")
            os.replace(part, self._file(name))
        finally:
            with suppress(FileNotFoundError):
                os.unlink(part)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.json"


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
