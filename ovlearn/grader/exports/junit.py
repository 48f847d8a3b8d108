"""`junit.xml`: a test suite a submission and a test case an exercise, for whatever shows test results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from ovlearn.grader.batch.results import Mark, Result
from ovlearn.grader.report import Report
from ovlearn.writing import write_whole


def export(folder: Path, report: Report) -> None:
    """Write `junit.xml`."""
    write_whole(folder / "junit.xml", as_xml(report.results) + "\n")


def as_xml(results: Sequence[Result]) -> str:
    """Return the results as JUnit's XML.

    >>> print(as_xml([Result("a.py", "graded", marks=(Mark("ov_rank", "passed"),))]))
    <testsuites tests="1" failures="0" errors="0">
      <testsuite name="a.py" tests="1" failures="0" errors="0" skipped="0" time="0.0">
        <testcase classname="a.py" name="ov_rank" time="0.0" />
      </testsuite>
    </testsuites>
    """
    counts = _counts([one for each in results for one in _outcomes(each)])
    counts.pop("skipped")  # in Jenkins' schema a suite has these, and all suites together have not
    root = ElementTree.Element("testsuites", counts)
    for result in results:
        told = {"name": result.submission, **_counts(_outcomes(result)), "time": str(result.seconds)}
        suite = ElementTree.SubElement(root, "testsuite", told)
        for mark in result.marks:
            says = mark.says or (result.note if result.status != "graded" else "") or mark.status
            _case(suite, result, mark.exercise, _outcome(mark), says, mark.seconds, mark.mistake)
        if not result.marks:
            _case(suite, result, "submission", "error", result.note, 0.0)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode")


def _case(
    suite: ElementTree.Element,
    result: Result,
    name: str,
    outcome: str,
    says: str,
    seconds: float,
    mistake: str = "",
) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=result.submission, name=name, time=str(seconds)
    )
    if outcome:
        kind = {"type": mistake} if mistake else {}
        ElementTree.SubElement(case, outcome, {**kind, "message": says})


def _outcomes(result: Result) -> list[str]:
    return [_outcome(mark) for mark in result.marks] or ["error"]


def _outcome(mark: Mark) -> str:
    return {"passed": "", "wrong": "failure", "not attempted": "skipped"}.get(mark.status, "error")


def _counts(outcomes: Sequence[str]) -> dict[str, str]:
    counted = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    return {"tests": str(len(outcomes))} | {key: str(outcomes.count(one)) for key, one in counted.items()}
