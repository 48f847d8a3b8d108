"""A learner's folder: notebooks laid out, never overwritten, and put back with what was there kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from ovlearn.exercises import progress
from ovlearn.exercises.sets import files, names_in
from ovlearn.exercises.sheet_cells import Unreadable, cells_of


@dataclass(frozen=True)
class Laid:
    """What became of one notebook. `missing`: exercises that an older one has not."""

    file: Path
    state: Literal["new", "kept"]
    missing: tuple[str, ...] = ()


def lay_out(folder: Path) -> list[Laid]:
    """Write the notebooks that are not there yet, and a file for the progress; touch nothing else.

    Raises: ValueError where the folder cannot be one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        laid = [_laid(folder / f"{name}.ipynb", name) for name in files()]
        if not (folder / progress.FILE).exists():
            progress.save(folder, progress.Progress())
    except OSError as error:
        raise ValueError(f"{folder}: {error.strerror or error}") from None
    return laid


def notebooks(folder: Path) -> dict[str, Path]:
    """Return the notebooks of sets that are in a folder, by the name of the set."""
    return {name: folder / f"{name}.ipynb" for name in files() if (folder / f"{name}.ipynb").exists()}


def exercises_in(file: Path) -> list[str]:
    """Return the exercises that an answer sheet is for: those of its set, else those that it names.

    Raises: Unreadable where it holds no answers.
    """
    if file.stem in files():
        return list(names_in(file.stem))
    text = "\n".join(sheet_cells(file))
    return [name for set_name in files() for name in names_in(set_name) if name in text]


def sheet_cells(file: Path) -> list[str]:
    """Return the code cells of an answer sheet.

    Raises: Unreadable, which names the file, also where it cannot be opened.
    """
    try:
        return cells_of(file.name, file.read_bytes())
    except (OSError, Unreadable) as error:
        raise Unreadable(f"{file}: {getattr(error, 'strerror', None) or error}") from None


def reset(file: Path, *, now: datetime | None = None) -> Path | None:
    """Put the starter of a notebook's set back; return where what was there is kept, if anything was.

    Raises: ValueError for a file that is no notebook of a set.
    """
    if file.stem not in files():
        raise ValueError(f"notebook: expected one of {', '.join(files())}, got {file.stem}")
    backup = None
    if file.exists():
        backup = _free(file, f"{now or datetime.now():%Y-%m-%d-%H%M%S}")
        file.rename(backup)
    file.write_text(starter(file.stem), encoding="utf-8")
    return backup


def starter(set_name: str) -> str:
    """Return the starter notebook of a set; what writes notebooks is loaded only here."""
    from ovlearn.exercises.starters import starter as written

    return written(set_name)


def _laid(file: Path, set_name: str) -> Laid:
    if not file.exists():
        file.write_text(starter(set_name), encoding="utf-8")
        return Laid(file, "new")
    return Laid(file, "kept", tuple(_missing(file, set_name)))


def _missing(file: Path, set_name: str) -> Iterator[str]:
    """The exercises of a set that are nowhere in a notebook: they came with an update."""
    try:
        text = "\n".join(cells_of(file.name, file.read_bytes()))
    except (OSError, Unreadable):
        return
    yield from (name for name in names_in(set_name) if name not in text)


def _free(file: Path, stamp: str) -> Path:
    """A name for a backup that is not taken."""
    name = file.with_name(f"{file.stem}.{stamp}{file.suffix}")
    number = 1
    while name.exists():
        number += 1
        name = file.with_name(f"{file.stem}.{stamp}-{number}{file.suffix}")
    return name
