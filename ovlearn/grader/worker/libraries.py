"""Where Python's libraries are, in whatever layout: what a worker may read, and what holds the solutions.

A folder that holds exercise sets is never opened as a whole: its children are, one by one, and those
among them that hold solutions are left out. So it is for the standard library too, since without a virtual
environment the libraries are inside it.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ovlearn.exercises.sets import home

PACKAGE = Path(__file__).parents[2]
SOURCE = (".py", ".pyc")
_SITES = ("site-packages", "dist-packages")
_SHARED = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo")
_SETS = "[0-9]*_*.py"


@cache
def libraries() -> list[Path]:
    """Where Python and its libraries are, less the exercise sets and our own source: what a worker may read.

    All of the package that answers may use is loaded already, and its source is the answer to some exercises.
    """
    places = [child for folder in (*listable(), *_of_the_linker()) for child in _children(folder)]
    places += [child for folder in _imported_from() for child in _importable(folder)]
    places += [each for each in PACKAGE.rglob("*.*") if each.is_file() and _is_data(each)]
    return list(dict.fromkeys(places))


@cache
def listable() -> list[Path]:
    """The folders whose names a worker may list, since an import does: Python's own, and its libraries'."""
    standard = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
    known = [*site.getsitepackages(), site.getusersitepackages(), *sys.path]
    installed = [Path(each) for each in known if each.endswith(_SITES)]
    installed += [folder for folder in _imported_from() if any(folder.glob("*.dist-info"))]
    return [folder for folder in dict.fromkeys((*standard, *installed)) if folder.is_dir()]


@cache
def hidden() -> tuple[Path, ...]:
    """Every folder of exercise sets that these places have: that of this process, and copies of it."""
    places = [folder / name for folder in listable() for name in ("ovlearn", *_SITES)]
    places += [place / "ovlearn" for place in places if place.name in _SITES]
    copies = [each for place in (*places, PACKAGE, PACKAGE.parent) for each in _sets_in(place)]
    return tuple(dict.fromkeys(each.resolve() for each in (home(), *copies)))


def _imported_from() -> list[Path]:
    """The other folders that this process imports from: PYTHONPATH, `pip install --target`, a checkout."""
    return [Path(each) for each in sys.path if each and not each.endswith(_SITES) and Path(each).is_dir()]


def _of_the_linker() -> Iterator[Path]:
    """Where libraries are that libraries need: the system's, those beside Python, and LD_LIBRARY_PATH."""
    named = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    beside = [f"{prefix}/lib" for prefix in (sys.prefix, sys.base_prefix)]
    yield from (Path(each) for each in (*_SHARED, *beside, *named) if each and Path(each).is_dir())


def _children(folder: Path) -> list[Path]:
    """All that is directly in a folder, less what holds solutions or is a folder of libraries itself."""
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return []
    return [each for each in found if each.name not in (*_SITES, "ovlearn") and not _holds(each)]


def _importable(folder: Path) -> list[Path]:
    """What can be imported from a folder that may hold anything else; nothing where solutions lie open."""
    if _has_sets(folder):
        return []
    return [
        each
        for each in _children(folder)
        if each.suffix in (".py", ".so", ".pyd", ".libs") or (each / "__init__.py").is_file()
    ]


def _holds(place: Path) -> bool:
    """Tell whether a place is, or holds, a folder of exercise sets, near the top of it or known otherwise."""
    if not place.is_dir():
        return False
    real = place.resolve()
    if any(each.is_relative_to(real) for each in hidden()):
        return True
    inner = ("", "ovlearn", *(f"{name}/ovlearn" for name in _SITES))
    return any(_has_sets(place / name) for name in inner)


def _has_sets(folder: Path) -> bool:
    return bool(_sets_in(folder))


def _sets_in(folder: Path) -> list[Path]:
    """The folders of exercise sets that are directly in a folder: a checkout's, or an installed package's."""
    return [each for name in ("exercises", "exercise_sets") if any((each := folder / name).glob(_SETS))]


def _is_data(file: Path) -> bool:
    """Tell whether a file of our package is neither source nor within an exercise set."""
    real = file.resolve()
    return file.suffix not in SOURCE and not any(real.is_relative_to(folder) for folder in hidden())
