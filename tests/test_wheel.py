"""The wheel alone, without the checkout: what a learner and a teacher install."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest

from tests.exercises.cases import RIGHT, SET, notebook

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel: Path) -> Path:
    """`ovlearn` in an environment of its own: the wheel, and the libraries of this one, but no checkout."""
    place = wheel.parent / "environment"
    venv.create(place, symlinks=True)
    python = place / "bin" / "python"
    (site,) = place.glob("lib/python*/site-packages")
    # a path in a .pth file is searched, but its own .pth files, as that of an editable install, are not read
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    install = ["-m", "pip", "--python", str(python), "install", "-q", "--no-deps", str(wheel)]
    subprocess.run([sys.executable, *install], check=True, capture_output=True)
    return place / "bin" / "ovlearn"


def run(command: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([command, *words], cwd=folder, capture_output=True, text=True)


def test_it_holds_the_package_and_the_exercises_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"ovlearn", "ovlearn-0.1.0.dist-info"}
    for file in (ROOT / "exercises").glob("[0-9]*.py"):
        assert f"ovlearn/exercise_sets/{file.name}" in names


def test_the_commands_work_without_the_checkout(command: Path, tmp_path: Path) -> None:
    where = run(command.with_name("python"), tmp_path, "-c", "import ovlearn; print(ovlearn.__file__)")
    assert str(command.parents[1]) in where.stdout

    assert run(command, tmp_path, "start", "mine").returncode == 0
    notebook(tmp_path / "mine", RIGHT)
    checked = run(command, tmp_path / "mine", "check", f"{SET}.ipynb")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.count("✓") == 4

    graded = run(command, tmp_path, "grade", f"mine/{SET}.ipynb", "--out", "marks")
    assert graded.returncode == 0, graded.stderr
    assert "7,7" in (tmp_path / "marks" / "results.csv").read_text()

    verified = run(command, tmp_path, "verify", "ov-fold", "--seeds", "3")
    assert verified.returncode == 0, verified.stderr


def test_its_solutions_are_out_of_reach_of_answers(command: Path, tmp_path: Path) -> None:
    tmp_path.joinpath("start").mkdir()
    run(command, tmp_path, "start", ".")
    steal = (
        "from pathlib import Path\nimport ovlearn\n"
        f"text = (Path(ovlearn.__file__).parent / 'exercises/{SET}/notebook.py').read_text()\n"
        "exec(text.split('solution=\"ov_matrix\"')[1].split('# %%')[0])\n"
    )
    notebook(tmp_path, {**RIGHT, "ov_matrix": steal})
    checked = run(command, tmp_path, "check", f"{SET}.ipynb")
    assert "✓ fold" in checked.stdout
    assert "✗ ov_matrix" in checked.stdout
    assert "Refused" in checked.stdout


def test_what_the_command_imports_is_declared() -> None:
    declared = {
        line.split(">")[0].split("=")[0].split(";")[0].strip()
        for line in requires("ovlearn") or []
        if "extra ==" not in line or "course" in line
    }
    code = (
        "import sys; before = set(sys.modules)\n"
        "import ovlearn.commands.learning, ovlearn.commands.authoring, ovlearn.commands.grade\n"
        "import ovlearn.exercises.folder, ovlearn.exercises.gate\n"
        "import importlib.metadata as m\n"
        "owners = m.packages_distributions()\n"
        "print(*{owners.get(n.partition('.')[0], ['-'])[0] for n in set(sys.modules) - before})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    direct = {"click", "rich", "nbformat", "numpy", "sympy"}
    assert direct <= declared
    assert {"distributed", "pytest", "mkdocs", "playwright"}.isdisjoint(loaded.stdout.split())
