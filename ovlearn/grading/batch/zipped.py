"""The members of a zip file, read in memory: nothing is unpacked anywhere."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from ovlearn.grading.reading import LARGEST, Unreadable

_MOST_MEMBERS = 10_000


def zipped(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield each file's name and how to read it.

    Raises: Unreadable for what is no zip file, or one with too many members.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Unreadable("not a zip file") from error
    if len(members) > _MOST_MEMBERS:
        raise Unreadable(f"a zip file with more than {_MOST_MEMBERS:,} members")
    for member in members:
        if not member.is_dir():
            yield member.filename, _reader(path, member)


def _reader(path: Path, member: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        if leads_outside(member):
            raise Unreadable("a zip path that leads outside")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise Unreadable("a link in a zip file")
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as file:
                return file.read(LARGEST + 1)  # whatever the zip says of its size
        except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError, EOFError) as error:
            raise Unreadable("it cannot be unpacked: damaged, or with a password") from error

    return read


def leads_outside(member: zipfile.ZipInfo) -> bool:
    """Tell whether a member's name leads outside the folder that it would be unpacked to.

    >>> leads_outside(zipfile.ZipInfo("../a.ipynb")), leads_outside(zipfile.ZipInfo("a/b.ipynb"))
    (True, False)
    """
    path = PurePosixPath(member.filename.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in path.parts[0]
