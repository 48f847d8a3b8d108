"""`ovlearn grade` and `ovlearn grade bundle`, as a teacher types them."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import signal
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from ovlearn.cli import main
from ovlearn.grader.batch import autograder
from ovlearn.grader.worker import confinement
from tests.exercises.cases import POINTS, RIGHT
from tests.grader.batch.making import GOOD, WRONG, notebook

Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *words: object) -> tuple[int, str, str]:
    code = main(list(map(str, words)))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "class"
    made.mkdir()
    (made / "ada.ipynb").write_text(notebook(GOOD))
    (made / "bob.py").write_text(WRONG)
    (made / "=cmd.ipynb").write_text("hello")
    return made


def test_a_folder_is_graded_and_written(capsys: Captured, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, text, _ = run(capsys, "grade", folder, "--set", "4", "-j", 2, "--out", out)
    assert code == 1  # one was not graded
    assert "2 of 3 learners graded; mean 1.00 points; 1 not graded" in " ".join(text.split())
    assert "swapped (1)" in text
    with (out / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {
            row["submission"]: (row["points"], row["out_of"], row["note"]) for row in csv.DictReader(file)
        }
    assert rows == {
        "'=cmd.ipynb": ("0", str(POINTS), "not a notebook: it is no JSON"),
        "ada.ipynb": ("2", str(POINTS), ""),
        "bob.py": ("0", str(POINTS), ""),
    }
    assert {path.name for path in out.iterdir()} == {
        "plan.json",
        "rows",
        "results.csv",
        "results.json",
        "junit.xml",
        "learners.csv",
        "feedback",
        "statistics.html",
        "statistics.csv",
        "needs-a-look.csv",
        "history.json",
    }


def test_a_manifest_and_formats(capsys: Captured, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"exercises": {"ov_rank": 5}}')
    words = ["--manifest", tmp_path / "m.json", "--out", tmp_path / "out", "--format", "gradescope"]
    assert run(capsys, "grade", folder / "ada.ipynb", *words)[0] == 0
    data = json.loads((tmp_path / "out" / "gradescope" / "ada.ipynb.json").read_text())
    assert (data["score"], [test["max_score"] for test in data["tests"]]) == (5, [5])
    assert not (tmp_path / "out" / "results.csv").exists()


def test_without_a_folder_nothing_is_written(
    capsys: Captured, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert run(capsys, "grade", folder)[0] == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere"], "path: expected a file or a folder, got nowhere"),
        ([], "Missing argument 'PATH...'."),
        (["empty"], "path: expected notebooks (.ipynb) or scripts (.py), got nothing"),
        ([".", "--set", "99"], "set: expected one of"),
        ([".", "--only", "ov_rank"], "only: expected --out with it, got none"),
        ([".", "--format", "csv"], "format: expected --out with it, got none"),
        ([".", "--out", "o", "--only", "x"], "only: expected one of"),
        ([".", "--out", "full"], "out: expected a new folder, or one that `ovlearn grade` made, got full"),
        ([".", "--retry"], "retry: expected --out with it, got none"),
        ([".", "--out", "o", "--format", "moodle"], "format: moodle expects --roster with it, got none"),
        (
            [".", "--out", "o", "--format", "canvas", "--roster", "roster.csv"],
            "format: canvas expects as --roster an export of Canvas's gradebook, got none",
        ),
        ([".", "--roster", "full/x"], "roster: expected a CSV file with a row a learner"),
        ([".", "--overrides", "roster.csv"], "overrides: expected the columns learner, exercise"),
        ([".", "--memory", "5"], "Invalid value for '--memory': 5 is not in the range x>=512."),
        ([".", "-j", "0"], "Invalid value for '-j' / '--jobs': 0 is not in the range 1<=x<=256."),
        (["bundle", "--out", "full/x"], "out: expected a new file in a folder that exists, got full/x"),
        (["bundle", "--out", "no/x"], "out: expected a new file in a folder that exists, got no/x"),
    ],
)
def test_bad_usage_is_one_line(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "full" / "x").write_text("mine")
    (tmp_path / "roster.csv").write_text("name\nAda\n")
    code, out, err = run(capsys, "grade", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"ovlearn: {says}")
    assert (tmp_path / "full" / "x").read_text() == "mine"
    assert not (tmp_path / "o").exists()


def test_missing_isolation_is_said_once(
    capsys: Captured, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confinement.landlock, "version", lambda: 0)
    _, _, err = run(capsys, "grade", folder, "--set", "4")
    assert err.count("no Landlock") == 1
    assert err.startswith("isolation that this system does not give: ")


def test_an_interrupted_run_says_that_it_can_go_on(folder: Path, tmp_path: Path) -> None:
    (folder / "loop.py").write_text(f"{GOOD}\nimport time\ntime.sleep(60)\n")
    words = [
        "grade",
        str(folder),
        "--set",
        "4",
        "-j",
        "1",
        "--out",
        str(tmp_path / "out"),
        "--patience",
        "50",
    ]
    command = [sys.executable, "-m", "ovlearn.cli", *words]
    # a signal that is ignored where this test runs would be ignored there too
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, heard)
    rows = tmp_path / "out" / "rows"
    until = time.monotonic() + 60
    while not (rows.is_dir() and len(list(rows.iterdir())) == 2) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "the same command again goes on from here" in err
    assert "Traceback" not in err


def test_the_bundle_grades_a_submission(capsys: Captured, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "autograder.zip"
    limits = ["--patience", "7", "--memory", "2048", "--judging-time", "9", "--exercise-time", "70"]
    code, text, _ = run(capsys, "grade", "bundle", "--set", "4", "--out", out, *limits)
    assert (code, text) == (0, f"{out}: {len(RIGHT)} exercises, {POINTS} points\n")
    source, results = tmp_path / "source", tmp_path / "results"
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist() == ["setup.sh", "run_autograder", "plan.json"]
        assert all(
            stat.S_IXUSR & archive.getinfo(name).external_attr >> 16 for name in archive.namelist()[:2]
        )
        archive.extractall(source)
    plan = json.loads((source / "plan.json").read_text())
    assert plan["limits"] == {"call": 7.0, "exercise": 70.0, "judging": 9.0, "memory": 2**31}
    places = {"SOURCE": source, "RESULTS": results, "SUBMISSION": folder, "PYTHON": sys.executable}
    environment = os.environ | {f"OVLEARN_{name}": str(place) for name, place in places.items()}
    command = ["sh", str(source / "run_autograder")]
    subprocess.run(command, env=environment, check=True)
    data = json.loads((results / "results.json").read_text())
    assert (data["score"], sum(test["max_score"] for test in data["tests"])) == (2, POINTS)
    says = "Counted: ada.ipynb. Not counted: bob.py; =cmd.ipynb (not a notebook: it is no JSON)."
    assert data["output"] == says
    failed = subprocess.run(command, env=environment | {"OVLEARN_PYTHON": "false"}, check=False)
    assert failed.returncode
    assert json.loads((results / "results.json").read_text())["score"] == 0


def test_a_wheel_is_packed_and_installed_from_the_bundle(capsys: Captured, tmp_path: Path) -> None:
    wheel = tmp_path / "ovlearn-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    assert run(capsys, "grade", "bundle", "--wheel", wheel, "--out", tmp_path / "a.zip")[0] == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.read(wheel.name) == b"a wheel"
        assert f"pip install './{wheel.name}[course]'" in archive.read("setup.sh").decode()


def test_dask_without_its_extra_is_said(
    capsys: Captured, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, err = run(capsys, "grade", folder, "--dask", "tcp://127.0.0.1:1")
    assert (code, err) == (2, "ovlearn: dask: expected its extra: pip install 'ovlearn[dask]'\n")


def running(word: str) -> list[int]:
    """The processes of this machine, ours among them, that have a word in their command."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if word in path.read_text(errors="replace"):
                found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_grader_behind(
    how: signal.Signals, folder: Path, tmp_path: Path
) -> None:
    """A check that is busy judging is the worst case: it listens to nobody."""
    mark = f"ov-mark-{tmp_path.name}"
    places = tmp_path / mark
    places.mkdir()
    (folder / "busy.py").write_text(f"{GOOD}\nwhile True: pass\n")
    command = [sys.executable, "-m", "ovlearn.cli", "grade", str(folder / "busy.py"), "--patience", "50"]
    environment = os.environ | {"PYTHONPATH": str(places)}  # told to every child in its command
    process = subprocess.Popen(
        [*command, "--set", "4"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    until = time.monotonic() + 60
    while len(running(mark)) < 2 and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(2)
    assert len(running(mark)) >= 2
    process.send_signal(how)
    assert process.wait(30) == (130 if how == signal.SIGTERM else -9)
    until = time.monotonic() + 15
    while running(mark) and time.monotonic() < until:
        time.sleep(0.1)
    assert running(mark) == []


def test_one_format_that_cannot_be_written_costs_no_other(
    capsys: Captured, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(capsys, "grade", folder / "ada.ipynb", "--set", "4", "--out", out)
    (out / "results.csv").unlink()
    (out / "results.csv").mkdir()
    code, text, err = run(capsys, "grade", folder / "ada.ipynb", "--set", "4", "--out", out)
    assert code == 1
    assert "ovlearn: csv could not be written: " in err
    assert "1 of 1 learners graded" in text
    assert json.loads((out / "results.json").read_text())["results"][0]["points"] == 2


def test_a_folder_that_cannot_be_made_is_said_in_words(capsys: Captured, folder: Path) -> None:
    code, _, err = run(capsys, "grade", folder, "--set", "4", "--out", folder / "bob.py" / "out")
    assert (code, err.count("\n")) == (2, 1)
    assert "Not a directory" in err


def test_full_marks_for_all_are_exit_0_and_the_bundle_says_what_isolation_lacks(
    capsys: Captured, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, "grade", folder / "ada.ipynb", "--set", "4")[0] == 0
    monkeypatch.setattr(confinement.landlock, "version", lambda: 0)
    (tmp_path / "plan.json").write_text('{"exercises": {"ov_rank": 2}, "seed": 1}')
    autograder.main([str(tmp_path / "plan.json"), str(folder / "ada.ipynb"), str(tmp_path / "results.json")])
    assert "isolation that this system does not give: no Landlock" in capsys.readouterr().out
    assert json.loads((tmp_path / "results.json").read_text())["score"] == 2


def test_the_limits_of_a_bundle_hold(tmp_path: Path) -> None:
    limits = {"call": 0.5, "exercise": 5, "judging": 20, "memory": 2**31}
    plan = {"exercises": {"ov_matrix": 1}, "seed": 1, "limits": limits}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    (tmp_path / "a.py").write_text("import time\ndef ov_matrix(a, b):\n    time.sleep(3)\n    return a @ b\n")
    autograder.main([str(tmp_path / each) for each in ("plan.json", "a.py", "results.json")])
    (test,) = json.loads((tmp_path / "results.json").read_text())["tests"]
    assert "it did not finish within 0.5 s" in test["output"]
