"""What a sheet leaves in its folder costs nobody else anything, and goes away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ovlearn.exercises.judging import verdict_on
from ovlearn.grader.batch import folders
from ovlearn.grader.worker import scratch
from ovlearn.grader.worker.remote import Patience, Sheet, Zygote
from ovlearn.grader.worker.scratch import excess, remove_tree

GOOD = "def ov_matrix(W_V, W_O):\n    return W_V @ W_O\n"


def nested(top: Path, depth: int) -> None:
    """Folders in folders, deeper than a path may be long."""
    here = os.getcwd()
    os.chdir(top)
    for _ in range(depth):
        os.mkdir("d")
        Path("file").write_text("x")
        os.chdir("d")
    os.chdir(here)


def test_a_folder_deeper_than_any_recursion_is_removed(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    nested(top, 3000)
    (top / "shut").mkdir()
    (top / "shut" / "x").write_text("x")
    (top / "shut").chmod(0)
    (top / "link").symlink_to(tmp_path)
    (tmp_path / "mine").write_text("x")
    assert excess(top, 0) == "it nested folders more than 100 deep"
    remove_tree(top)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("import os\nfor i in range(3000): os.mkdir('d'); os.chdir('d')", "more than 100 deep"),
        ("for i in range(10**6): open(str(i), 'w').close()", "more than 500 files"),
        ("for i in range(10**6): open(str(i), 'wb').write(bytes(15 * 2**20))", "more than 64 MB"),
        (
            "import threading, time\nthreading.stack_size(2**16)\n"
            "for i in range(4000): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
            "more than 128 threads",
        ),
    ],
)
def test_a_sheet_that_fills_its_folder_is_stopped_and_costs_only_that_cell(
    cell: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "MOST_ENTRIES", 500)
    monkeypatch.setattr(scratch, "MOST_BYTES", 64 * 2**20)
    zygote = Zygote()
    with Sheet([f"mark = 1\n{cell}", GOOD], zygote, patience=Patience(20, 60)) as sheet:
        assert verdict_on("ov_matrix", sheet, 1).passed
        assert says in sheet.reasons["mark"]
    zygote.close()


def test_the_folder_of_a_run_that_was_killed_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    alive, dead = folders.Held(), folders.Held()
    assert dead._lock is not None
    os.close(dead._lock)  # as the kernel does when a process ends
    nested(dead.path, 50)
    folders.sweep()
    assert dead.path.exists()  # too young to tell
    for held in (alive, dead):
        os.utime(held.path, (0, 0))
    folders.sweep()
    assert [path for path in (alive.path, dead.path) if path.exists()] == [alive.path]
    alive.remove()
    assert list(tmp_path.iterdir()) == []
