"""A change in the package runs the lessons that use what changed, and no other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rendering import Source
from rendering.execution import execute
from rendering.store import Store
from tests.rendering.lessons import cell, write

ROOT = Path(__file__).parents[2]
FILES = {
    "__init__.py": "",
    "used.py": "def late():\n    from toy import late\n\n    return late.x\n",
    "late.py": "x = 1",
    "other.py": "x = 1",
    "data/table.txt": "1",
    "data/more.txt": "1",
    "list/one.txt": "1",
}
LESSON = """
from pathlib import Path

import toy
from toy.used import late

folder = Path(toy.__file__).parent
late(), (folder / "data" / "table.txt").read_text(), [each.name for each in (folder / "list").iterdir()]
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package, and a lesson that has run once."""
    folder = tmp_path_factory.mktemp("built")
    for name, text in FILES.items():
        (folder / "toy" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "toy" / name).write_text(text)
    build(write(folder, "01_x", cell(LESSON)), folder / "toy")
    return folder


def build(source: Source, package: Path) -> None:
    execute([source], package=package, store=Store(source.path.parent / "kept"))


def runs_again(built: Path, folder: Path, caplog: pytest.LogCaptureFixture, change: str) -> bool:
    """Whether the lesson runs again, in a copy of the folder, once a file has changed there."""
    copy = Path(shutil.copytree(built, folder / "copy"))
    file = copy / "toy" / change
    file.write_text(file.read_text() + "\n" if file.exists() else "")
    caplog.set_level("INFO", "rendering")
    build(Source(copy / "01_x.py", "lessons/01_x.md"), copy / "toy")
    return any("running" in line for line in caplog.messages)


@pytest.mark.parametrize(
    ("change", "runs"),
    [
        ("other.py", False),
        ("data/more.txt", False),
        ("data/new.txt", False),
        ("used.py", True),
        ("late.py", True),
        ("__init__.py", True),
        ("data/table.txt", True),
        ("list/new.txt", True),
        ("new.py", True),  # it may stand before a module of that name
    ],
)
def test_what_runs_again(
    built: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, change: str, runs: bool
) -> None:
    assert runs_again(built, tmp_path, caplog, change) is runs


def test_a_lesson_without_pictures_does_not_use_plots(tmp_path: Path) -> None:
    """A change of what was not read cannot run it, as the test above shows."""
    lessons = {
        "equations": "import ovlearn as ov\nov.show(ov.derive('ov-fold'), seeds=2)",
        "pictures": "from ovlearn import plots, zoo\nzoo.load(zoo.names()[-1]).name, plots.__name__",
        "processes": "import subprocess, sys\n_ = subprocess.run([sys.executable, '-c', ''], check=True)",
    }
    sources = [write(tmp_path, name, cell(code)) for name, code in lessons.items()]
    execute(sources, package=ROOT / "ovlearn", store=Store(tmp_path / "kept"))
    kept = {name: (tmp_path / "kept" / f"{name}.kept").read_text().partition("\n")[2] for name in lessons}
    reads = {name: set(json.loads(text)["reads"]) for name, text in kept.items()}
    assert {"symbolic/course/ov_fold.py", "checking/showing.py", "./", "symbolic/"} <= reads["equations"]
    assert not any(place.startswith(("plots/", "grading/")) for place in reads["equations"])
    assert any(place.startswith("plots/") for place in reads["pictures"])
    assert any(place.startswith("numeric/zoo/weights/") for place in reads["pictures"])
    assert reads["processes"] == {"*"}
