"""The statistics as a page that stands alone, for the teacher: it has names in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ovlearn.grader.learners.records import NOTHING
from ovlearn.grader.report import Report
from ovlearn.grader.reports.html import Html, element, join, page, quoted, table
from ovlearn.grader.reports.looking import looks
from ovlearn.grader.reports.statistics import STATUSES, Alike, Counts, alike, by_nobody, counted

_MOST = 200  # changes that are listed one by one


def as_html(report: Report) -> str:
    """Return the page."""
    counts = counted(report)
    return page(f"Statistics: {report.title}", join(*_sections(report, counts)))


def _sections(report: Report, counts: Sequence[Counts]) -> Iterator[Html]:
    yield element("h1", f"Statistics: {report.title}")
    yield element("p", _summary(report))
    yield from _exercises(counts)
    yield from _mistakes(counts)
    yield from _changes(report)
    yield from _alike(alike(report.learners))
    yield from _looks(report)
    yield from _by_hand(report)
    yield from _nothing(report)


def _summary(report: Report) -> str:
    handed_in = [one for one in report.learners if one.status != NOTHING]
    graded = [one for one in report.learners if one.graded]
    mean = sum(one.points for one in graded) / len(graded) if graded else 0.0
    said = f"{len(report.learners)} learners, {len(handed_in)} handed in, {len(graded)} graded in full"
    return f"{said}; mean {mean:.2f} points of {max((one.out_of for one in graded), default=0)}."


def _exercises(counts: Sequence[Counts]) -> Iterator[Html]:
    yield element("h2", "How each exercise went")
    rows = [
        (one.title, element("code", one.exercise), *(_count(one, status) for status in STATUSES), _share(one))
        for one in counts
    ]
    yield table(
        ("exercise", "name", *STATUSES, "points"), rows, "How many learners; in brackets the run before."
    )
    nobody = by_nobody(counts)
    if nobody:
        names = [element("li", one.title, " (", element("code", one.exercise), ")") for one in nobody]
        yield join(element("h2", "Passed by nobody"), element("ul", *names))


def _count(one: Counts, status: str) -> str:
    now = one.now[status]
    before = now if one.before is None else one.before[status]
    return str(now) if before == now else f"{now} ({before})"


def _share(one: Counts) -> str:
    return f"{one.points}/{one.out_of}"


def _mistakes(counts: Sequence[Counts]) -> Iterator[Html]:
    yield element("h2", "Which mistake, how often")
    rows = [
        (
            one.title,
            element("strong", mistake.name),
            str(mistake.learners)
            if mistake.before in (None, mistake.learners)
            else f"{mistake.learners} ({mistake.before})",
            quoted(mistake.says),
        )
        for one in counts
        for mistake in one.mistakes
    ]
    if rows:
        yield table(("exercise", "mistake", "learners", "what a tutor would say"), rows)
    else:
        yield element("p", "None.")


def _changes(report: Report) -> Iterator[Html]:
    history = report.history
    yield element("h2", "What changed since the last run")
    if history.before is None:
        yield element("p", "There was no run with other marks before.")
        return
    changes = history.changes
    said = [f"{len(changes)} marks changed", *(f"new: {name}" for name in history.new)]
    yield element("p", "; ".join([*said, *(f"not in this run: {name}" for name in history.gone)]), ".")
    rows = [
        (
            one.learner,
            element("code", one.exercise),
            one.before,
            one.after,
            f"{one.points_before} → {one.points}",
        )
        for one in changes[:_MOST]
    ]
    if rows:
        yield table(("learner", "exercise", "before", "now", "points"), rows)
    if len(changes) > _MOST:
        yield element("p", f"And {len(changes) - _MOST} more.")


def _alike(groups: Sequence[Alike]) -> Iterator[Html]:
    yield element("h2", "Sheets that are alike to the last byte")
    if not groups:
        yield element("p", "None.")
        return
    rows = [
        (str(len(one.learners)), ", ".join(one.learners), "nothing attempted" if one.empty else "")
        for one in groups
    ]
    yield table(("learners", "who", "remark"), rows)


def _looks(report: Report) -> Iterator[Html]:
    yield element("h2", "Needs a look")
    found = looks(report)
    if not found:
        yield element("p", "Nothing.")
        return
    rows = [
        (one.learner, element("code", one.exercise), one.why, "graded again by --retry" if one.again else "")
        for one in found
    ]
    yield table(("learner", "exercise", "why", "remark"), rows)


def _by_hand(report: Report) -> Iterator[Html]:
    marks = [(one, mark) for one in report.learners for mark in one.marks if mark.by_hand or mark.comment]
    if marks:
        yield element("h2", "By hand")
        rows = [
            (
                one.name,
                element("code", mark.exercise),
                f"{mark.points}/{mark.out_of}" if mark.by_hand else "",
                mark.mistake or mark.status,
                mark.comment,
            )
            for one, mark in marks
        ]
        yield table(("learner", "exercise", "points", "the grader says", "comment"), rows)


def _nothing(report: Report) -> Iterator[Html]:
    missing = [one.name for one in report.learners if one.status == NOTHING]
    if report.roster is not None:
        yield element("h2", "Who handed in nothing")
        yield (
            element("ul", *(element("li", name) for name in missing)) if missing else element("p", "Nobody.")
        )
