"""`canvas.csv`, which Canvas imports, and `canvas-feedback.zip`, feedback that it hands back.

The roster is the export of Canvas's gradebook. Its importer (`gradebook_importer.rb`) wants the columns of
learners at the beginning, in its own order and names, then assignments; a row `Points Possible` may stand
first. The table has these columns and one assignment, since a column that is there is imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ovlearn.grader.exports.platforms import counts, scaled, write_csv, write_feedback
from ovlearn.grader.learners.records import Learner
from ovlearn.grader.learners.roster import Roster
from ovlearn.grader.report import Report

_OF_LEARNERS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section")
_POSSIBLE = "    Points Possible"


def export(folder: Path, report: Report) -> None:
    """Write the files.

    Raises: ValueError where the roster is none of Canvas's.
    """
    if report.roster is None or report.roster.kind != "canvas":
        kind = "none" if report.roster is None else "another"
        raise ValueError(f"canvas: expected as roster an export of Canvas's gradebook, got {kind}")
    learners = {one.row: one for one in report.learners if one.row is not None}
    write_csv(folder / "canvas.csv", _rows(report.roster, learners, report.column or report.title))
    write_feedback(folder / "canvas-feedback.zip", report)


def _rows(roster: Roster, learners: Mapping[int, Learner], wanted: str) -> Iterator[tuple[str, ...]]:
    column = _column(roster, wanted)
    kept = [place for place, name in enumerate(roster.header) if name in _OF_LEARNERS]
    out_of = max((one.out_of for one in learners.values()), default=0)
    possible = _possible(roster, column) or str(out_of)
    yield *(roster.header[place] for place in kept), column
    yield _POSSIBLE, *("" for _ in kept[1:]), possible
    for number, row in enumerate(roster.rows):
        if number in learners:
            learner = learners[number]
            points = scaled(learner.points, learner.out_of, possible) if counts(learner) else ""
            yield *(row[place] for place in kept), points


def _column(roster: Roster, wanted: str) -> str:
    """The assignment's own heading, `Fold (12345)`, where there is one of that title; else a new one."""
    return next((name for name in roster.header if re.sub(r" \(\d+\)$", "", name) == wanted), wanted)


def _possible(roster: Roster, column: str) -> str:
    if column not in roster.header:
        return ""
    place = roster.header.index(column)
    return next((row[place].strip() for row in roster.rows if "Points Possible" in row[0]), "")
