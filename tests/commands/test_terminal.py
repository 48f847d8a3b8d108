"""The command in a terminal, a pipe or a file of any encoding, and by whatever name it is started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ovlearn as ov
from tests.exercises.cases import RIGHT, SET, notebook


def run(
    folder: Path, *words: str, encoding: str = "utf-8", start: tuple[str, ...] = ("-m", "ovlearn")
) -> tuple[int, str, str]:
    """Exit code, output and errors of a process whose terminal has this encoding."""
    settings = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, *start, *words]
    done = subprocess.run(command, capture_output=True, cwd=folder, env=settings, check=False)
    return done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding, "replace")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp932"])
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, ["list"]),
        (0, ["derive", "ov-circuit"]),
        (0, ["derive", "ov-circuit", "--format", "markdown"]),
        (0, ["verify", "ov-fold", "--seeds", "1"]),
        (0, ["progress"]),
        (1, ["check", f"{SET}.ipynb"]),
        (0, ["hint", "fold"]),
        (0, ["--help"]),
        (2, ["derive", "ov-çircuit"]),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)
def test_it_speaks_in_any_encoding(tmp_path: Path, encoding: str, code: int, words: list[str]) -> None:
    notebook(tmp_path, {**RIGHT, "ov_rank": "ov_rank = 3"})
    found, _, err = run(tmp_path, *words, encoding=encoding)
    assert found == code, err
    assert "Error" not in err
    assert "Traceback" not in err


def test_signs_that_an_encoding_lacks_stay_apart(tmp_path: Path) -> None:
    notebook(tmp_path, {**RIGHT, "ov_rank": "ov_rank = 3"})
    _, out, _ = run(tmp_path, "check", f"{SET}.ipynb", encoding="ascii")
    assert "  v ov_matrix\n" in out.replace("\r", "")
    assert "  x ov_rank: " in out


def test_json_is_json_in_any_encoding(tmp_path: Path) -> None:
    for encoding in ("ascii", "cp1252", "utf-8"):
        _, out, _ = run(tmp_path, "derive", "ov-fold", "--format", "json", encoding=encoding)
        assert json.loads(out) == json.loads(json.dumps(ov.derive("ov-fold").as_data()))


def test_it_starts_as_a_module(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "--version")
    assert (code, out.strip()) == (0, f"ovlearn, version {ov.__version__}")
    assert run(tmp_path, "prove")[0] == 2


def test_a_file_of_the_same_name_is_not_run_on_the_safe_path(tmp_path: Path) -> None:
    (tmp_path / "ovlearn.py").write_text("open('was-run', 'w').close()")
    assert run(tmp_path, "list", start=("-P", "-m", "ovlearn"))[0] == 0
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize("name", ["numpy", "sympy", "click", "rich", "random"])
def test_a_learners_file_is_not_taken_for_a_library(tmp_path: Path, name: str) -> None:
    notebook(tmp_path, RIGHT)
    (tmp_path / f"{name}.py").write_text("open('was-run', 'w').close()")
    assert run(tmp_path, "check", f"{SET}.ipynb")[0] == 0
    assert run(tmp_path, "list")[0] == 0
    assert not (tmp_path / "was-run").exists()


def test_a_cell_asks_for_a_hint_without_a_path(tmp_path: Path) -> None:
    """`%run -m ovlearn hint NAME`, as the starter says, where the kernel has none on its PATH."""
    cell = "import ovlearn\nget_ipython().run_cell('%run -m ovlearn hint ov_matrix')"
    settings = {**os.environ, "PATH": "/nowhere", "IPYTHONDIR": str(tmp_path / "ipython")}
    command = [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", cell]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=settings, check=False)
    assert "Hint 1 of 2." in done.stdout, done.stdout + done.stderr
