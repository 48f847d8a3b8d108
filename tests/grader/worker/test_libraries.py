"""What a worker may read, in the layouts that Python is installed in: never what holds solutions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from ovlearn.grader.worker import libraries as module
from ovlearn.grader.worker import starting
from ovlearn.grader.worker.starting import imported_from
from tests.grader.batch.making import GOOD

ROOT = Path(__file__).parents[3]


REMEMBERING = (module.libraries, module.listable, module.hidden)


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    """Each layout is looked at anew."""
    for function in REMEMBERING:
        function.cache_clear()
    yield
    for function in REMEMBERING:
        function.cache_clear()


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    return folder


def readable(place: Path) -> bool:
    return not {place.resolve(), *place.resolve().parents}.isdisjoint(map(real, module.libraries()))


@cache
def real(place: Path) -> Path:
    return place.resolve()


def test_no_solution_of_this_installation_is_readable_and_the_standard_library_is() -> None:
    site = Path(sysconfig.get_path("purelib"))
    for home in (ROOT / "exercises", site / "ovlearn" / "exercise_sets"):
        for file in home.rglob("*.py"):
            assert not readable(file), file
    for name in ("json/__init__.py", "unittest/__init__.py", "decimal.py"):
        assert readable(Path(sysconfig.get_path("stdlib")) / name)
    assert readable(site / "numpy" / "testing" / "__init__.py")
    assert not readable(ROOT / ".git" / "config")


def test_without_a_virtual_environment_the_libraries_lie_in_the_standard_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    standard = made(
        tmp_path / "lib" / "python3",
        *("json/__init__.py", "site-packages/numpy/testing/a.py", "site-packages/numpy.libs/b.so"),
        *("site-packages/ovlearn/exercise_sets/04_a.py", "dist-packages/ovlearn/exercise_sets/04_a.py"),
        *("site-packages/kept/exercises/04_a.py", "site-packages/kept/exercises/05_a.py"),
    )
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(standard))
    monkeypatch.setattr(sys, "path", [str(standard), str(standard / "site-packages")])
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    for name in ("json/__init__.py", "site-packages/numpy/testing/a.py", "site-packages/numpy.libs/b.so"):
        assert readable(standard / name), name
    solutions = [*standard.rglob("0*_a.py")]
    assert len(solutions) == 4
    assert not [file for file in solutions if readable(file)]
    assert standard in module.listable()


def test_of_another_folder_on_the_path_only_what_can_be_imported_is_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = made(tmp_path / "mine", "lib/__init__.py", "tool.py", "exams/2026.txt", "secret.txt")
    target = made(
        tmp_path / "target",
        *("numpy/__init__.py", "numpy.libs/a.so", "space/inner/a.py", "numpy-2.dist-info/RECORD"),
        *("ovlearn/__init__.py", "ovlearn/exercise_sets/01_a.py"),
    )
    monkeypatch.setattr(sys, "path", [*sys.path, str(mine), str(target)])
    shown = {
        name: readable(mine / name) for name in ("lib/__init__.py", "tool.py", "exams/2026.txt", "secret.txt")
    }
    assert shown == {"lib/__init__.py": True, "tool.py": True, "exams/2026.txt": False, "secret.txt": False}
    for name in ("numpy/__init__.py", "numpy.libs/a.so"):
        assert readable(target / name), name
    assert not readable(target / "ovlearn" / "exercise_sets" / "01_a.py")


def test_a_child_imports_from_where_its_parent_does_but_not_from_the_present_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), "/elsewhere", str(ROOT)])
    assert imported_from() == ["/elsewhere", str(ROOT)]
    monkeypatch.chdir(ROOT)
    assert imported_from() == [str(tmp_path), "/elsewhere", str(ROOT)]


def test_a_child_finds_the_libraries_that_the_linker_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, str] = {}

    def popen(command: object, *, env: dict[str, str], **_: object) -> SimpleNamespace:
        given.update(env)
        return SimpleNamespace(stderr=None)

    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/conda/lib")
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setattr(starting.subprocess, "Popen", popen)
    starting._started([], "").stderr.close()  # type: ignore[union-attr]
    assert given["LD_LIBRARY_PATH"] == "/opt/conda/lib"
    assert "SECRET" not in given


def test_it_grades_from_pythonpath_beside_a_learner_s_modules(tmp_path: Path) -> None:
    """A Python that has no libraries of its own, as with `--user`, `--target` or conda's PYTHONPATH."""
    target, work = tmp_path / "target", tmp_path / "work"
    shutil.copytree(ROOT / "ovlearn", target / "ovlearn", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "exercises", target / "ovlearn" / "exercise_sets")
    work.mkdir()
    for name in ("ovlearn.py", "numpy.py", "json.py"):
        (work / name).write_text("raise SystemExit('a learner’s module was run')")
    stolen = target / "ovlearn" / "exercise_sets" / "04_values_and_outputs_fold.py"
    (work / "a.py").write_text(f"{GOOD}\n# %%\nimport unittest, numpy.testing\n# %%\nopen({str(stolen)!r})\n")
    places = [str(target), sysconfig.get_path("purelib")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(places)}
    command = [str(Path(sys._base_executable)), "-P", "-S", "-m", "ovlearn.cli", "grade", "a.py"]  # type: ignore[attr-defined]
    words = [*command, "--manifest", "m.json", "--out", "out", "--seed", "1"]
    (work / "m.json").write_text('\ufeff{"exercises": {"ov_matrix": 1, "ov_rank": 2}}', encoding="utf-8")
    done = subprocess.run(words, cwd=work, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "1 of 1 learners graded; mean 3.00 points" in done.stdout
