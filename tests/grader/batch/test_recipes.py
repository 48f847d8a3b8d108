"""What the docs tell a teacher to write does what they say."""

from __future__ import annotations

import csv
import json
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest

from ovlearn.cli import main
from ovlearn.commands.grade import grade_command
from ovlearn.grader.exports import FORMATS
from tests.grader.batch.making import GOOD, WRONG, notebook
from tests.grader.classroom.test_reports import WORKSHEET

DOCS = Path(__file__).parents[3] / "docs" / "teaching.md"


def test_the_classroom_script_puts_the_result_where_the_runner_reads_it(tmp_path: Path) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    install = '"-m", "pip", "install", "--quiet", "ovlearn[course]"'
    assert install in script  # it is installed here already
    (tmp_path / "autograder.txt").write_text(script.replace(install, '"-c", ""'))
    (tmp_path / "ovlearn.py").write_text("raise SystemExit('a learner’s module was run')")
    command = [sys.executable, "-P", "autograder.txt"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0
    assert not (tmp_path / "result.json").exists()  # there is no notebook: an error, and no zero
    (tmp_path / "04_values_and_outputs_fold.ipynb").write_text(notebook(GOOD))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["schema"], result["score"], result["max-score"]) == ("classroom50/result/v1", 2, 7)


def commands() -> list[list[str]]:
    """Every `ovlearn grade` of the page, with lines that are continued joined."""
    text = DOCS.read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.findall(
        r"(?:^ovlearn|run: ovlearn|`ovlearn| ovlearn-grade +ovlearn) (grade [^`\n]+)", text, re.MULTILINE
    )
    plain = [re.sub(r"\$\{\{ (?:secrets|matrix)\.(\w+) \}\}", "1", one).rstrip(";") for one in found]
    return [shlex.split(one) for one in plain if not one.endswith("--help")]


def test_every_command_of_the_page_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("roster.csv", "worksheet.csv", "gradebook.csv", "manifest.json", "ovlearn-*.whl"):
        (tmp_path / name).write_text("")
    assert len(commands()) >= 8
    for _, *words in commands():
        grade_command.make_context("grade", list(words))


def test_the_page_has_every_option_and_every_format() -> None:
    text = DOCS.read_text(encoding="utf-8")
    table = set(re.findall(r"^\| `(-[-a-z]*)", text, re.MULTILINE))
    options = {one.opts[0] for one in grade_command.params if isinstance(one, click.Option)}
    assert table == options
    formats = re.findall(r"^\| `([a-z]+)` \| `[a-z]", text, re.MULTILINE)
    assert {*formats} == {*FORMATS}


def test_moodle_s_steps_do_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "worksheet.csv").write_text(WORKSHEET)
    with zipfile.ZipFile(tmp_path / "submissions.zip", "w") as archive:
        archive.writestr("Ada L_12_assignsubmission_file/a.ipynb", notebook(GOOD))
        archive.writestr("Zoe_13_assignsubmission_file_fold.py", WRONG)
    (command,) = [one for one in commands() if "worksheet.csv" in one]
    assert main(command) == 0
    with (tmp_path / "results" / "moodle.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["Identifier"], row["Grade"]) for row in rows] == [
        ("Participant 12", "28.57"),
        ("Participant 13", "0.00"),
    ]
    assert [row["Feedback comments"].partition("<br>")[0] for row in rows] == [
        "2 of 7 points.",
        "0 of 7 points.",
    ]
    with zipfile.ZipFile(tmp_path / "results" / "moodle-feedback.zip") as archive:
        assert archive.namelist() == [
            "Ada L_12_assignsubmission_file/feedback.html",
            "Zoe_13_assignsubmission_file/feedback.html",
        ]
        assert "Feedback for Zoe" in archive.read(archive.namelist()[1]).decode()


def test_the_page_s_overrides_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```csv\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "mine.csv").write_text(example)
    (tmp_path / "roster.csv").write_text("name,email\nAda Lovelace,ada@example.org\nBob,bob@example.org\n")
    (tmp_path / "class").mkdir()
    for name in ("ada lovelace", "bob"):
        (tmp_path / "class" / f"{name}.ipynb").write_text(notebook(WRONG))
    words = [
        "grade",
        "class",
        "--set",
        "04",
        "--roster",
        "roster.csv",
        "--overrides",
        "mine.csv",
        "--out",
        "out",
    ]
    assert main(words) == 0
    with (tmp_path / "out" / "learners.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["learner"]: row for row in csv.DictReader(file)}
    assert (rows["Ada Lovelace"]["points"], rows["Ada Lovelace"]["comment"]) == ("2", "Come and see me.")
    assert (rows["Bob"]["points"], rows["Bob"]["ov_rank: comment"]) == ("1", "Said in class")
