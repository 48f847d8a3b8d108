"""The members of zip and tar files, read in memory: nothing is unpacked anywhere."""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO

from ovlearn.exercises.sheet_cells import LARGEST, Unreadable

Read = Callable[[], bytes]
Open = Callable[[], IO[bytes]]

ZIPS = (".zip",)
TARS = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
_MOST_MEMBERS = 10_000
_MOST_BYTES = 2**30  # of all that a tar file holds
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, OSError, RuntimeError, ValueError, EOFError)


def is_archive(name: str) -> bool:
    """Tell whether a file's name is that of an archive that is opened.

    >>> is_archive("a.tar.GZ"), is_archive("a.rar")
    (True, False)
    """
    return name.lower().endswith((*ZIPS, *TARS))


def members(name: str, opened: Open) -> list[tuple[str, Read]]:
    """Return each file's name and how to read it.

    Raises: Unreadable for what is no archive of that kind, and for one with too many members.
    """
    kind, listed = ("zip", _in_zip) if name.lower().endswith(ZIPS) else ("tar", _in_tar)
    try:
        found: list[tuple[str, Read]] = []
        for member in listed(opened):
            found.append(member)
            if len(found) > _MOST_MEMBERS:
                raise Unreadable(f"a {kind} file with more than {_MOST_MEMBERS:,} members")
    except Unreadable:
        raise
    except (*_DAMAGED, NotImplementedError) as error:
        raise Unreadable(f"not a {kind} file, or a damaged one") from error
    return found


def leads_outside(name: str) -> bool:
    """Tell whether a member's name leads outside the folder that it would be unpacked to.

    >>> leads_outside("../a.ipynb"), leads_outside("a/b.ipynb")
    (True, False)
    """
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0]


def _in_zip(opened: Open) -> Iterator[tuple[str, Read]]:
    with opened() as stream, zipfile.ZipFile(stream) as archive:
        listed = archive.infolist()
    for member in listed:
        if not member.is_dir():
            yield member.filename, _zip_reader(opened, member)


def _zip_reader(opened: Open, member: zipfile.ZipInfo) -> Read:
    def read() -> bytes:
        if leads_outside(member.filename):
            raise Unreadable("a zip path that leads outside")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise Unreadable("a link in a zip file")
        try:
            with opened() as stream, zipfile.ZipFile(stream) as archive, archive.open(member) as file:
                return file.read(LARGEST + 1)  # whatever the zip says of its size
        except (*_DAMAGED, NotImplementedError) as error:
            raise Unreadable("it cannot be unpacked: damaged, or with a password") from error

    return read


def _in_tar(opened: Open) -> Iterator[tuple[str, Read]]:
    for number, member in enumerate(_tar_members(opened)):
        if not member.isdir():
            yield member.name, _tar_reader(opened, number, member)


def _tar_members(opened: Open) -> Iterator[tarfile.TarInfo]:
    with opened() as stream, tarfile.open(fileobj=stream, mode="r|*") as archive:
        for member in archive:
            if member.offset_data + member.size > _MOST_BYTES:
                raise Unreadable(f"a tar file of more than {_MOST_BYTES // 2**20:,} MB")
            yield member


def _tar_reader(opened: Open, number: int, member: tarfile.TarInfo) -> Read:
    def read() -> bytes:
        if leads_outside(member.name):
            raise Unreadable("a tar path that leads outside")
        if not member.isreg():
            raise Unreadable("a link in a tar file, or no file")
        try:
            with opened() as stream, tarfile.open(fileobj=stream, mode="r|*") as archive:
                for place, each in enumerate(archive):
                    if place == number:
                        file = archive.extractfile(each)
                        return b"" if file is None else file.read(LARGEST + 1)
        except _DAMAGED as error:
            raise Unreadable("it cannot be unpacked: damaged") from error
        raise Unreadable("it cannot be unpacked: damaged")

    return read


def in_memory(read: Read) -> Open:
    """Return how to open what is read, as an archive within an archive is.

    Raises, when opened: Unreadable for more than a file may have.
    """

    def opened() -> IO[bytes]:
        data = read()
        if len(data) > LARGEST:
            raise Unreadable(f"too large: more than {LARGEST:,} bytes")
        return BytesIO(data)

    return opened
