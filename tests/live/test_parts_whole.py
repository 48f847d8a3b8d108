"""The whole runtime as the site has it: the lock, what is in the parts, and that it runs."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from live.parts import PageParts, parts
from live.parts.contents import contents, own
from live.parts.packing import node
from ovlearn.exercises.compiled import to_compile
from ovlearn.exercises.gate import readable
from ovlearn.exercises.sets import COMPILED, files
from ovlearn.exercises.sources import source_of
from rendering.store import Store
from tests.live.building import ROOT
from tests.live.magic import unchecked

KEPT = ROOT / "build" / "live"
ARCHIVES = ("stdlib", "numpy", "sympy", "ovlearn")


@pytest.fixture(scope="module")
def whole(python_in_page: PageParts) -> PageParts:
    return python_in_page


@pytest.fixture(scope="module")
def lock(whole: PageParts) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(whole.files["live/lock.json"])
    return found


@pytest.fixture(scope="module")
def archives(whole: PageParts, lock: dict[str, dict[str, Any]]) -> dict[str, zipfile.ZipFile]:
    def opened(name: str) -> zipfile.ZipFile:
        packed = whole.files[f"live/{lock['parts'][name]['file']}"]
        return zipfile.ZipFile(io.BytesIO(gzip.decompress(packed)))

    return {name: opened(name) for name in ARCHIVES}


def test_the_lock_tells_every_file_as_it_is(whole: PageParts, lock: dict[str, dict[str, Any]]) -> None:
    entries = [entry for group in lock.values() for entry in group.values()]
    for entry in entries:
        data = whole.files[f"live/{entry['file']}"]
        assert entry["bytes"] == len(data)
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()
        assert entry["file"].split(".")[-2] == entry["sha256"][:10]
    told = {f"live/{entry['file']}" for entry in entries}
    assert {place for place in whole.files if place.endswith(".bin")} == told


def test_the_page_has_the_lock_in_it(whole: PageParts, lock: dict[str, dict[str, Any]]) -> None:
    (page,) = (data for place, data in whole.files.items() if place.startswith("live/page."))
    for group in lock.values():
        for entry in group.values():
            assert entry["sha256"].encode() in page


def test_a_page_loads_little_before_the_click_and_not_too_much_after(
    whole: PageParts, lock: dict[str, dict[str, Any]]
) -> None:
    assert len(gzip.compress(whole.files[whole.loader])) < 3_000
    assert sum(entry["bytes"] for entry in lock["parts"].values()) < 14_000_000


def test_every_module_is_compiled_by_python_312(archives: dict[str, zipfile.ZipFile]) -> None:
    for archive in archives.values():
        names = archive.namelist()
        modules = [name for name in names if name.endswith(".pyc")]
        assert len(modules) > 100
        assert [name for name in modules if not unchecked(archive.read(name))] == []
        assert [name for name in names if name.endswith(".py")] == []


def test_the_licences_come_along(archives: dict[str, zipfile.ZipFile]) -> None:
    licences = [name for part in archives.values() for name in part.namelist() if "licences/" in name]
    assert {name.split("/")[1].partition("-")[0] for name in licences} == {"numpy", "sympy", "mpmath"}


def test_our_own_part_has_the_checks_and_no_weights(archives: dict[str, zipfile.ZipFile]) -> None:
    names = archives["ovlearn"].namelist()
    sets = {f"ovlearn/exercise_sets/{name}{COMPILED}" for name in files()}
    assert {name for name in names if not name.endswith(".pyc")} == sets


@pytest.mark.parametrize("set_name", files())
def test_no_solution_can_be_read_in_it(set_name: str, archives: dict[str, zipfile.ZipFile]) -> None:
    source = source_of(set_name)
    packed = archives["ovlearn"].read(f"ovlearn/exercise_sets/{set_name}{COMPILED}")
    assert [*readable(source, packed)] == []
    as_text = to_compile(one.declared for one in source.exercises)
    assert len({line.partition(":")[0] for line in readable(source, as_text)}) == len(source.exercises)


def test_another_build_gives_the_same_bytes(whole: PageParts, lock: dict[str, dict[str, Any]]) -> None:
    assert own(ROOT).make() == whole.files[f"live/{lock['parts']['ovlearn']['file']}"]
    assert parts(ROOT) == whole


def test_a_change_in_the_package_makes_its_own_part_anew_and_no_other(
    whole: PageParts, tmp_path: Path
) -> None:
    class Watched(Store):
        made: tuple[str, ...] = ()

        def kept(self, name: str, key: str, make: Callable[[], bytes]) -> bytes:
            def watched() -> bytes:
                self.made += (name,)
                return b""

            return super().kept(name, key, watched)

    store = Watched(Path(shutil.copytree(KEPT, tmp_path / "kept")))
    for place in ("ovlearn", "exercises", "rendering", "live/python"):
        shutil.copytree(ROOT / place, tmp_path / place)
    contents(tmp_path, store)
    assert store.made == ()
    with (tmp_path / "ovlearn" / "arguments.py").open("a") as file:
        file.write("# changed\n")
    contents(tmp_path, store)
    assert store.made == ("ovlearn",)


# Where a module fails, it does so in every Python: by what it is, or for want of what is not installed.
CODE = """
import importlib, pathlib, sys, warnings
import numpy, sympy

def module(file):
    dotted = ".".join(file.relative_to(site).with_suffix("").parts)
    return dotted.partition(".cpython")[0].removesuffix(".__init__")

warnings.simplefilter("ignore")
sys.stdout = None  # one module prints a poem
site = pathlib.Path(numpy.__file__).parents[1]
failed = []
for file in sorted(site.rglob("*")):
    if file.suffix in (".pyc", ".so") and file.stem != "__main__":
        try:
            importlib.import_module(module(file))
        except ImportError:
            failed.append(module(file))
assert failed == [
    "numpy._core.cversions", "numpy.f2py._backends._distutils", "sympy.core.trace", "sympy.galgebra"
], failed
exec("from numpy import *"), exec("from sympy import *")

import ovlearn as ov
from ovlearn.exercises import check
assert ov.verify(ov.derive("ov-fold"), seeds=3).passed
assert check("ov_matrix", names={"ov_matrix": lambda W_V, W_O: W_V @ W_O}).passed
assert numpy.linalg.svd.__doc__ and ov.derive.__doc__ and not sympy.simplify.__doc__
"""


def test_everything_in_the_parts_is_whole_and_runs(
    archives: dict[str, zipfile.ZipFile], tmp_path: Path
) -> None:
    for name, archive in archives.items():
        (tmp_path / name).write_bytes(archive.fp.getvalue())
    command = [node(), "--no-warnings", Path(__file__).with_name("mounted.mjs"), tmp_path]
    done = subprocess.run(command, input=CODE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
