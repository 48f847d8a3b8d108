"""What goes into each part, and what stays out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from live.parts.compiling import COMPILER, compiled
from live.parts.packing import in_archive, in_folder, squeezed, zipped
from live.parts.pins import PYODIDE, numpy_wheel, python_wheels
from ovlearn.exercises.compiled import to_compile
from ovlearn.exercises.sets import COMPILED
from ovlearn.exercises.sources import source_in
from rendering.assets import NODE_MODULES, require
from rendering.store import Store, digest, of_files

# Tests, examples, types, what C needs, what draws in windows, and packages of sympy that neither its import
# nor the course needs. (numpy needs its _multiarray_tests; `from numpy import *` needs f2py.)
_UNUSED = re.compile(
    r"/(tests|benchmarks|_examples)/|/conftest\.py$|^[^/]*\.(dist-info|data)/|\.(?!py$|so$)\w+$"
    r"|^numpy/(_pyinstaller|doc)/|/(_simd|lapack_lite|_(umath|rational|operand_flag|struct_ufunc)_tests)\."
    r"|^sympy/(physics|holonomic|categories|crypto|diffgeom|liealgebras|parsing/(autolev|c|fortran|latex))/"
    r"|^sympy/plotting/pygletplot/(?!__init__)"
)
# A page has no command, writes no folders, grades one reader alone, has each model as a file of its own, and
# builds no site.
_NOT_IN_A_PAGE = re.compile(
    r"^ovlearn/(atlas/|commands/|(cli|__main__)\.py)"
    r"|^ovlearn/(grader/|grading\.|exercises/(folder|gate|sheet_cells|scripts|sources|starters)\.)"
    r"|^rendering/(pages/|execution/(kernel|unrun)|offline/)"
    r"|^rendering/(atlas|docstrings|navigation|plan|runnable|scripts|searching|serving|site)\."
)
_LICENCE = re.compile(r"^([^/]+)\.dist-info/(?:licenses/)?(LICENSE[^/]*)$")
_LOADER = ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm")


@dataclass(frozen=True)
class PartBuild:
    """How a part is made. `key`: a digest of what can change it, less what is the same for all."""

    name: str
    key: str
    make: Callable[[], bytes]


def contents(root: Path, store: Store) -> dict[str, bytes]:
    """Return each part, gzipped, by its name: what is in the store as it is, and the rest made anew.

    Raises: NotToBeHad where a wheel cannot be had, RenderError for one that is not what its hash says.
    """
    numpy, (mpmath, sympy) = numpy_wheel(store.folder), python_wheels(store.folder)
    stdlib = require(PYODIDE / "python_stdlib.zip")
    parts = (
        *(_plain(name, PYODIDE / name) for name in _LOADER),
        _plain("katex.js", NODE_MODULES / "katex/dist/katex.min.js", root / "rendering/equations/typeset.js"),
        _from_archives("stdlib", stdlib, docstrings=False),
        _from_archives("numpy", numpy, docstrings=True),
        _from_archives("sympy", mpmath, sympy, docstrings=False),
        own(root),
    )
    with ThreadPoolExecutor(2) as pool:  # node works, Python waits
        made = pool.map(lambda part: store.kept(part.name, part.key, part.make), parts)
        return {part.name: data for part, data in zip(parts, made, strict=True)}


def own(root: Path) -> PartBuild:
    """Return how the part of this project is made."""
    files = of_the_project(root)
    told = [each if isinstance(each, bytes) else each.encode() for pair in files.items() for each in pair]
    return _python("ovlearn", digest(told), lambda: files, docstrings=True)


def of_the_project(root: Path) -> dict[str, bytes]:
    """Return what is compiled for a page: the modules of the project, and the exercises with their checks."""
    folders = {"ovlearn": root / "ovlearn", "rendering": root / "rendering"}
    folders["ovlearn_live"] = root / "live" / "python" / "ovlearn_live"
    found = [in_folder(folder, name) for name, folder in folders.items()]
    modules = {name: data for files in found for name, data in files.items() if name.endswith(".py")}
    sets = {
        f"ovlearn/exercise_sets/{file.stem}{COMPILED}": to_compile(
            one.declared for one in source_in(file).exercises
        )
        for file in sorted((root / "exercises").glob("[0-9]*.py"))
    }
    return {name: data for name, data in (modules | sets).items() if not _NOT_IN_A_PAGE.search(name)}


def models(root: Path) -> dict[str, bytes]:
    """Return the zoo's files by the names of the models."""
    folder = root / "ovlearn" / "numeric" / "zoo" / "weights"
    return {file.stem: file.read_bytes() for file in sorted(folder.glob("*.npz"))}


def _plain(name: str, *files: Path) -> PartBuild:
    """Files as they are, one after another."""
    data = [require(file).read_bytes() for file in files]
    return PartBuild(name, digest(data), lambda: squeezed(b"\n".join(data)))


def _from_archives(name: str, *archives: Path, docstrings: bool) -> PartBuild:
    """Archives in one, compiled, without what nobody uses, but with their licences."""

    def files() -> dict[str, bytes]:
        found = dict(item for archive in archives for item in in_archive(archive).items())
        used = {place: data for place, data in found.items() if not _UNUSED.search(place)}
        # not as metadata: Pyodide's loader would read that, at each start
        return used | {
            _LICENCE.sub(r"licences/\1/\2", place): found[place] for place in filter(_LICENCE.match, found)
        }

    return _python(name, of_files(*archives), files, docstrings=docstrings)


def _python(name: str, key: str, files: Callable[[], Mapping[str, bytes]], *, docstrings: bool) -> PartBuild:
    """Modules, compiled, in an archive."""
    compiler = of_files(*COMPILER, Path(__file__), PYODIDE / "package.json")
    return PartBuild(
        name,
        digest([key, compiler, str(docstrings)]),
        lambda: squeezed(zipped(compiled(files(), docstrings=docstrings))),
    )
