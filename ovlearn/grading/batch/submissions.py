"""Find the answer sheets below the paths that a teacher names, in folders and in zip files."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ovlearn.grading.batch.results import printable
from ovlearn.grading.batch.zipped import zipped
from ovlearn.grading.reading import LARGEST, Unreadable

SHEETS = (".ipynb", ".py")
_PASSED_OVER = ("__pycache__", "__MACOSX")


@dataclass(frozen=True)
class Submission:
    """One answer sheet: its name, and how to read it."""

    name: str
    read: Callable[[], bytes]


def submissions(paths: Sequence[Path]) -> list[Submission]:
    """Return every submission, in the natural order of names: 2 before 10.

    A submission's name is its path below the one given. Nothing is read yet, except the lists of zip files.

    Raises: ValueError for a path that is not there.
    """
    found: list[Submission] = []
    for path in paths:
        if not path.exists():
            raise ValueError(f"path: expected a file or a folder, got {printable(str(path))}")
        prefix = f"{path.resolve().name}/" if len(paths) > 1 and path.is_dir() else ""
        found += [Submission(_shown(prefix + one.name), one.read) for one in _at(path)]
    return sorted(found, key=lambda one: natural(one.name))


def natural(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts numbers within names by their size.

    >>> sorted(["a10", "a9", "A1"], key=natural)
    ['A1', 'a9', 'a10']
    """
    parts = re.split(r"(\d{1,18})", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part] + [
        (2, 0, name)
    ]


def _shown(name: str) -> str:
    return printable(name).replace("\n", "\\n")


def _at(path: Path) -> Iterator[Submission]:
    if path.is_dir():
        yield from _below(path)
    elif path.suffix.lower() == ".zip":
        yield from _in_zip(path, path.name)
    else:
        yield Submission(path.name, _reader(path, path.resolve().parent))


def _below(root: Path) -> Iterator[Submission]:
    inside = root.resolve()
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = [name for name in folders if not _hidden(name)]
        links = [name for name in folders if (here / name).is_symlink()]
        for name in (*links, *(name for name in files if not _hidden(name))):
            path = here / name
            shown = path.relative_to(root).as_posix()
            if name in links:
                if not path.resolve().is_relative_to(inside):
                    yield Submission(shown, _refusing("a link that leads outside"))
            elif path.suffix.lower() == ".zip":
                yield from _in_zip(path, shown)
            elif path.suffix.lower() in SHEETS:
                yield Submission(shown, _reader(path, inside))


def _hidden(name: str) -> bool:
    return name.startswith(".") or name in _PASSED_OVER


def _in_zip(path: Path, shown: str) -> Iterator[Submission]:
    try:
        members = list(zipped(path))
    except Unreadable as error:
        yield Submission(shown, _refusing(str(error)))
        return
    for name, read in members:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not any(_hidden(part) for part in parts if part != "..") and name.lower().endswith(SHEETS):
            yield Submission(f"{shown}/{name}", read)


def _refusing(why: str) -> Callable[[], bytes]:
    def refuse() -> bytes:
        raise Unreadable(why)

    return refuse


def _reader(path: Path, inside: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            if not path.resolve().is_relative_to(inside):
                raise Unreadable("a link that leads outside")
            if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for without end
                raise Unreadable("not a file")
            with path.open("rb") as file:
                return file.read(LARGEST + 1)
        except OSError as error:
            raise Unreadable(f"it cannot be read: {error.strerror}") from None

    return read
