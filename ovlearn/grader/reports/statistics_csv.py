"""The statistics as a table: a row for each exercise and status, and a row for each named mistake."""

from __future__ import annotations

from collections.abc import Iterator

from ovlearn.grader.report import Report
from ovlearn.grader.reports.statistics import STATUSES, counted

HEADER = ("set", "exercise", "status", "mistake", "learners", "before")


def rows(report: Report) -> Iterator[tuple[object, ...]]:
    """Yield the rows. `before`: the same count in the last run with other marks, if there was one."""
    for one in counted(report):
        for status in STATUSES:
            before = "" if one.before is None else one.before[status]
            yield one.set_name, one.exercise, status, "", one.now[status], before
        for mistake in one.mistakes:
            was = "" if mistake.before is None else mistake.before
            yield one.set_name, one.exercise, "wrong", mistake.name, mistake.learners, was
