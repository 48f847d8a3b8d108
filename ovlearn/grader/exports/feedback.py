"""`feedback/NAME.html` and `feedback/NAME.md`: what a learner is told, a file each to hand back."""

from __future__ import annotations

from pathlib import Path

from ovlearn.grader.exports.filenames import distinct
from ovlearn.grader.report import Report
from ovlearn.grader.reports.feedback import all_feedback
from ovlearn.grader.reports.feedback_html import as_html
from ovlearn.grader.reports.feedback_markdown import as_markdown
from ovlearn.writing import write_whole


def export(folder: Path, report: Report) -> None:
    """Write the files, and take away those of learners whom there are not any more."""
    place = folder / "feedback"
    place.mkdir(exist_ok=True)
    told = list(all_feedback(report.learners, report.history))
    written = set()
    for name, one in zip(distinct([one.learner for one in told], "learner"), told, strict=True):
        for ending, text in ((".html", as_html(one)), (".md", as_markdown(one))):
            write_whole(place / f"{name}{ending}", text)
            written.add(f"{name}{ending}")
    for old in place.iterdir():  # else one could be handed back that belongs to another run
        if old.name not in written and old.suffix in (".html", ".md"):
            old.unlink()
