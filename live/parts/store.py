"""What was made before, kept on disk under a key of everything that can change it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rendering.cache import digest


class Store:
    """One file a name in `folder`, as bytes: what `rendering.cache` is for JSON.

    A file begins with a digest of its key and the rest: one that was cut short, edited, or made under another
    key is made anew. Files are written aside and then moved, so there is never half of one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def kept(self, name: str, key: str, make: Callable[[], bytes]) -> bytes:
        """Return what is kept under this name and key; where nothing is, make it and keep it."""
        file = self.folder / f"{name}.part"
        with suppress(OSError):
            seal, _, body = file.read_bytes().partition(b"\n")
            if seal == _seal(key, body):
                return body
        made = make()
        self._save(file, _seal(key, made) + b"\n" + made)
        return made

    def _save(self, file: Path, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=self.folder, suffix=".aside")
        try:
            with open(handle, "wb") as whole:
                whole.write(data)
            os.replace(aside, file)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(aside)


def _seal(key: str, body: bytes) -> bytes:
    return digest([key, body]).encode()
