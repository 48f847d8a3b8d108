"""The formats, each read back by what reads it."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ovlearn.grader.batch.results import Mark, Result
from ovlearn.grader.exports import FORMATS, OF_A_ROSTER, classroom, gradescope, junit, tables
from ovlearn.grader.report import Report

RESULTS = [
    Result(
        "=HYPERLINK(1).ipynb",
        "graded",
        "",
        (
            Mark("ov_matrix", "passed", seconds=0.5, points=2, out_of=2),
            Mark("ov_rank", "wrong", "values", '-2+3 <b>"no"</b>, &\nnext', 0.25, out_of=1),
            Mark("fold", "not attempted", "", "Not attempted yet.", out_of=3),
        ),
        0.75,
    ),
    Result("a/b.ipynb", "not graded", "the file is empty"),
    Result("a_b.ipynb", "not graded", "no", (Mark("ov_rank", "not graded", out_of=1),)),
]


def test_a_table_holds_nothing_that_a_spreadsheet_executes(tmp_path: Path) -> None:
    tables.export(tmp_path, Report(RESULTS))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text("utf-8-sig"), newline="")))
    assert [row["submission"] for row in rows] == ["'=HYPERLINK(1).ipynb", "a/b.ipynb", "a_b.ipynb"]
    assert rows[0]["ov_rank: says"] == '\'-2+3 <b>"no"</b>, &\nnext'
    assert (rows[0]["points"], rows[0]["out_of"], rows[0]["ov_matrix: seconds"]) == ("2", "6", "0.5")
    assert (rows[0]["ov_rank: mistake"], rows[0]["ov_matrix: mistake"]) == ("values", "")
    assert (rows[1]["ov_matrix"], rows[2]["ov_rank"]) == ("", "0")


@pytest.mark.parametrize("first", "=+-@\t\r\n")
def test_each_character_that_begins_a_formula_is_quoted(first: str) -> None:
    assert tables.harmless(f"{first}1") == f"'{first}1"
    assert tables.harmless(f"1{first}") == f"1{first}"


def test_junit_counts_and_tells() -> None:
    root = ElementTree.fromstring(junit.as_xml(RESULTS))
    assert root.attrib == {"tests": "5", "failures": "1", "errors": "2"}
    assert [suite.attrib["skipped"] for suite in root] == ["1", "0", "0"]
    assert set(root[0][1][0].attrib.items()) == {("type", "values"), ("message", RESULTS[0].marks[1].says)}
    first = root[0]
    assert first.attrib["name"] == "=HYPERLINK(1).ipynb"
    assert [case.attrib["name"] for case in first] == ["ov_matrix", "ov_rank", "fold"]
    assert [[child.tag for child in case] for case in first] == [[], ["failure"], ["skipped"]]
    assert root[1][0][0].attrib["message"] == "the file is empty"


def test_gradescope_gets_what_it_reads() -> None:
    data = gradescope.as_data(RESULTS[0])
    assert (data["score"], data["stdout_visibility"]) == (2, "hidden")
    assert data["tests"][1] == {
        "name": "ov_rank",
        "score": 0,
        "max_score": 1,
        "status": "failed",
        "output": '-2+3 <b>"no"</b>, &\nnext',
        "visibility": "visible",
    }
    assert gradescope.as_data(RESULTS[1])["output"] == "Not graded: the file is empty"
    shown = replace(RESULTS[0].marks[1], evidence=(("your shape", "[2, 1]"),), comment="see me")
    (told,) = gradescope.as_data(Result("a", "graded", marks=(shown,)))["tests"]
    assert told["output"] == f"{shown.says}\nyour shape: [2, 1]\nYour teacher says: see me"
    counted = Result("a", "graded", "Counted: a.ipynb. Not counted: helper.py.", RESULTS[0].marks)
    assert gradescope.as_data(counted)["output"] == "Counted: a.ipynb. Not counted: helper.py."


def test_classroom_gets_what_it_reads() -> None:
    given = {
        "CLASSROOM": "ov",
        "ASSIGNMENT": "fold",
        "SUBMISSION_TAG": "submit/1",
        "COMMIT_URL": "c",
        "RELEASE_URL": "r",
    }
    data = classroom.as_data(RESULTS[0], given, datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC))
    tests = data.pop("tests")
    assert data == {
        "schema": "classroom50/result/v1",
        "classroom": "ov",
        "assignment": "fold",
        "submission": "submit/1",
        "commit": "c",
        "release": "r",
        "review": "c",
        "datetime": "2026-11-22T01:02:03Z",
        "score": 2,
        "max-score": 6,
    }
    assert tests[0] == {"test-name": "ov_matrix", "passed": True, "score": 2, "max-score": 2}


def test_every_format_is_written_and_read(tmp_path: Path) -> None:
    for name in {*FORMATS} - {*OF_A_ROSTER}:
        FORMATS[name](tmp_path, Report(RESULTS))
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == [
        *(f"classroom/{name}.json" for name in ("HYPERLINK_1_.ipynb", "a_b.ipynb-2", "a_b.ipynb")),
        *(f"gradescope/{name}.json" for name in ("HYPERLINK_1_.ipynb", "a_b.ipynb-2", "a_b.ipynb")),
        "junit.xml",
        "learners.csv",
        "needs-a-look.csv",
        "results.csv",
        "results.json",
        "statistics.csv",
        "statistics.html",
    ]
    data = json.loads((tmp_path / "results.json").read_text())["results"]
    assert (data[0]["submission"], data[0]["points"], data[0]["out_of"]) == ("=HYPERLINK(1).ipynb", 2, 6)
    assert all("stamp" not in mark for one in data for mark in one["marks"])


def test_excel_is_told_the_encoding(tmp_path: Path) -> None:
    tables.export(tmp_path, Report([Result("Größe.py", "not graded", "no")]))
    assert (tmp_path / "results.csv").read_bytes().startswith(b"\xef\xbb\xbflearner,submission,")
    with (tmp_path / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["submission"] == "Größe.py"


def test_a_long_name_in_any_script_is_a_file_name(tmp_path: Path) -> None:
    long = [Result("課" * 200 + f"{number}.ipynb", "not graded", "no") for number in range(2)]
    for name in ("gradescope", "classroom"):
        FORMATS[name](tmp_path, Report(long))
        written = [path.name for path in (tmp_path / name).iterdir()]
        assert len(written) == 2
        assert all(len(each.encode()) <= 255 for each in written)


def test_results_are_for_whom_new_files_are_for(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        for name in {*FORMATS} - {*OF_A_ROSTER}:
            FORMATS[name](tmp_path, Report(RESULTS))
    finally:
        os.umask(before)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o640}
