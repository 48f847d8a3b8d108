"""`statistics.html`, `statistics.csv` and `needs-a-look.csv`: for the teacher."""

from __future__ import annotations

from pathlib import Path

from ovlearn.grader.exports.tables import write_table
from ovlearn.grader.report import Report
from ovlearn.grader.reports import statistics_csv
from ovlearn.grader.reports.looking import looks
from ovlearn.grader.reports.statistics_html import as_html
from ovlearn.writing import write_whole


def export(folder: Path, report: Report) -> None:
    """Write the files."""
    write_whole(folder / "statistics.html", as_html(report))
    write_table(folder / "statistics.csv", [statistics_csv.HEADER, *statistics_csv.rows(report)])
    found = [(one.learner, one.exercise, one.why, "yes" if one.again else "no") for one in looks(report)]
    write_table(folder / "needs-a-look.csv", [("learner", "exercise", "why", "retry"), *found])
