"""Every file below the paths that a teacher names, in folders and in archives, one in another included."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from ovlearn.exercises.sheet_cells import LARGEST, Unreadable
from ovlearn.grader.batch.archives import Open, Read, in_memory, is_archive, members
from ovlearn.grader.batch.keeping import PLAN

_PASSED_OVER = ("__pycache__", "__MACOSX")
_DEEPEST = 3  # archives in archives
_AMONG_OTHERS, _BY_ITSELF = 500, 10_000  # files of an archive: among the hand-ins, and as the path itself
_UNPACKED = 2**31  # bytes of archives in one archive


@dataclass(frozen=True)
class File:
    """One file: where it is below the path, and how to read it. `trouble`: why it cannot be, if known."""

    name: str
    read: Read
    trouble: str = ""

    @property
    def folder(self) -> str:
        """The folder or archive that it is in; "" for the path itself."""
        return self.name.rpartition("/")[0]

    @property
    def base(self) -> str:
        """Its own name."""
        return self.name.rpartition("/")[2]


@dataclass
class _Budget:
    """What is left of what one archive may hold, with all that are in it."""

    files: int
    size: int = _UNPACKED

    def spend(self, archive: Read) -> None:
        """Take the size of an archive in the archive; raise Unreadable where nothing is left."""
        self.size -= len(archive())
        if self.size < 0:
            raise Unreadable(f"archives in it of more than {_UNPACKED // 2**20:,} MB")


def files(path: Path) -> list[File]:
    """Return the files below a path: of a folder, of an archive, or the one file itself.

    Links that lead outside, folders that cannot be listed, and folders and archives without a file are there
    too, with what is the trouble.
    """
    if path.is_dir():
        return list(_below(path))
    if is_archive(path.name):
        return list(_in_archive(path.name, partial(_opened, path), _Budget(_BY_ITSELF)))
    return [File(path.name, _reader(path, path.resolve().parent))]


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


def refused(name: str, why: str) -> File:
    """Return a file that cannot be read, and why."""

    def refuse() -> bytes:
        raise Unreadable(why)

    return File(name, refuse, why)


def hidden(name: str) -> bool:
    """Tell whether a file or folder is one that nobody means: `.git`, `__pycache__`."""
    return name.startswith(".") or name in _PASSED_OVER


def _below(root: Path) -> Iterator[File]:
    inside = root.resolve()
    unlisted: list[OSError] = []
    for folder, folders, names in os.walk(root, onerror=unlisted.append):
        here = Path(folder)
        folders[:] = [name for name in folders if not hidden(name) and not _is_ours(here / name)]
        links = [name for name in folders if (here / name).is_symlink()]
        seen = [name for name in names if not hidden(name)]
        for name in links:
            if not _within(here / name, inside):
                yield refused((here / name).relative_to(root).as_posix(), "a link that leads outside")
        for name in seen:
            path = here / name
            shown = path.relative_to(root).as_posix()
            if is_archive(name) and path.is_file() and _within(path, inside):
                yield from _in_archive(shown, partial(_opened, path), _Budget(_AMONG_OTHERS))
            else:
                yield File(shown, _reader(path, inside))
        if here != root and not seen and not folders:
            yield refused(here.relative_to(root).as_posix(), "an empty folder")
    for error in unlisted:
        shown = Path(error.filename or root).relative_to(root).as_posix()
        yield refused(shown, f"it cannot be read: {error.strerror}")


def _in_archive(shown: str, opened: Open, budget: _Budget, depth: int = 1) -> Iterator[File]:
    try:
        found = [(name.replace("\\", "/"), name, read) for name, read in members(shown, opened)]
    except Unreadable as error:
        yield refused(shown, str(error))
        return
    kept = [each for each in found if not any(hidden(part) for part in _parts(each[0]))]
    budget.files -= len(kept)
    if budget.files < 0:
        yield refused(shown, "an archive of too many files: a class's? Then name it as a path of its own")
    elif not kept:
        yield refused(shown, "an empty archive")
    else:
        for plain, name, read in kept:
            yield from _member(f"{shown}/{name}", plain, read, budget, depth)


def _member(shown: str, plain: str, read: Read, budget: _Budget, depth: int) -> Iterator[File]:
    if not is_archive(plain) or depth >= _DEEPEST:
        yield File(shown, read)
        return
    try:
        budget.spend(read)
    except Unreadable as error:
        yield refused(shown, str(error))
        return
    yield from _in_archive(shown, in_memory(read), budget, depth + 1)


def _parts(name: str) -> list[str]:
    return [part for part in PurePosixPath(name).parts if part != ".."]


def _is_ours(folder: Path) -> bool:
    """Tell whether a folder is one of results, made by `ovlearn grade`."""
    try:
        return bool(json.loads((folder / PLAN).read_text(encoding="utf-8"))["ovlearn"] == "grade")
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _within(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder)
    except (OSError, RuntimeError):  # a link to itself
        return False


def _reader(path: Path, inside: Path) -> Read:
    def read() -> bytes:
        try:
            mode = path.stat().st_mode
            if not _within(path, inside):
                raise Unreadable("a link that leads outside")
            if not stat.S_ISREG(mode):  # a pipe would be waited for without end
                raise Unreadable("not a file")
            with path.open("rb") as file:
                return file.read(LARGEST + 1)
        except OSError as error:
            raise Unreadable(f"it cannot be read: {error.strerror or error}") from None

    return read
