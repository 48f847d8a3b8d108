"""Feedback, statistics and platforms' tables, of small classes."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ovlearn.exercises.sets import files
from ovlearn.exercises.sources import source_of
from ovlearn.exercises.starters import for_notebooks
from ovlearn.grader.batch.results import Mark
from ovlearn.grader.exports import canvas, moodle
from ovlearn.grader.exports import feedback as feedback_export
from ovlearn.grader.learners.history import History
from ovlearn.grader.learners.overrides import Override
from ovlearn.grader.learners.records import Learner
from ovlearn.grader.learners.roster import roster_of
from ovlearn.grader.report import Report
from ovlearn.grader.reports.feedback import feedback_for
from ovlearn.grader.reports.feedback_html import as_html
from ovlearn.grader.reports.feedback_markdown import as_markdown, code, plainly
from ovlearn.grader.reports.html import Html, element
from ovlearn.grader.reports.looking import looks
from ovlearn.grader.reports.prose import prose
from tests.grader.classroom.pages import Page

NO_PAST = History(None, {}, {})
RIGHT = Mark("ov_matrix", "passed", points=1, out_of=1)
WRONG = Mark("ov_rank", "wrong", "outer size", "That is `d`.", out_of=2, evidence=(("your answer", "768"),))
LOST = Mark(
    "ov_rank", "not graded", says="no worker in /secret/path", out_of=2, look="no worker in /secret/path"
)
ADA = Learner("Ada L", "graded", marks=(RIGHT, WRONG), sheets=("ada.ipynb",), digests=("d",), row=0)
ZOE = Learner("Zoe", "not handed in", marks=(replace(RIGHT, status="not handed in", points=0),), row=1)


@pytest.mark.parametrize("set_name", files())
def test_every_hint_is_shown_with_its_equations(set_name: str) -> None:
    for exercise in source_of(set_name).exercises:
        for hint in exercise.hints:
            page = Page(prose(hint))
            assert "$" not in page.text
            assert "merror" not in {tag for tag, _ in page.tags}
            assert hint.count("$") // 2 == sum(tag == "math" for tag, _ in page.tags)


@pytest.mark.parametrize("set_name", files())
def test_feedback_links_to_the_lesson_that_the_set_names(set_name: str) -> None:
    (first, *_) = source_of(set_name).exercises
    learner = replace(ADA, marks=(replace(WRONG, exercise=first.name),))
    (told,) = feedback_for(learner, NO_PAST).sets
    assert f"({told.lesson})" in for_notebooks(source_of(set_name).intro)


SIGNS = (
    *("<b>", "</p>", "<!--", "&lt;", "[a](b)", "![a](b)", "[a]: b", "`", "``", "**", "_", "~~~", "\\", "|"),
    *(
        "https://a.b",
        "<https://a.b>",
        "a@b.c",
        "# ",
        "- ",
        "+ ",
        "* ",
        "1. ",
        "2)",
        "123. ",
        "> ",
        "===",
        "---",
        "\n",
    ),
    *(" ", "a", '"', "'"),
)


@given(st.text(max_size=80) | st.lists(st.sampled_from(SIGNS), max_size=8).map("".join))
def test_no_text_is_markup(text: str) -> None:
    assert Page(element("p", text, title=text)).tags == [("p", {"title": _read(text)})]
    for piece in (plainly(text), code(text), f"x {plainly(text)} x"):
        page = Page(MarkdownIt("commonmark", {"html": True}).render(piece))
        assert {tag for tag, _ in page.tags} <= {"p", "code"}


def _read(text: str) -> str:
    """What a browser's parser makes of some characters, whoever wrote them."""
    import html

    return html.unescape(html.escape(text))


def test_markup_that_is_ours_is_kept() -> None:
    assert element("p", Html("<b>x</b>"), "<i>") == "<p><b>x</b>&lt;i&gt;</p>"


def test_what_a_machine_said_is_not_told_to_learners() -> None:
    learner = replace(ADA, marks=(RIGHT, LOST))
    lost = Learner("Bob", "not graded", "no worker in /secret/path", (LOST,), "no worker in /secret/path")
    for one in (learner, lost):
        told = feedback_for(one, NO_PAST)
        for text in (as_html(told), as_markdown(told)):
            assert "secret" not in text
            assert "could not be graded" in text
    assert [(each.learner, each.exercise, each.again) for each in looks(Report([], [learner, lost]))] == [
        ("Ada L", "ov_rank", True),
        ("Bob", "", True),
    ]


def test_a_look_is_for_what_no_sheet_can_tell() -> None:
    better = replace(ADA, marks=(replace(RIGHT, points=0, by_hand=True),), listed=False)
    two = replace(ADA, name="Two", sheets=("a", "b"), note="Counted: a. Not counted: b.")
    said = [each.why for each in looks(Report([], [better, two], unused=[Override(4, "X")]))]
    assert said == [
        "not in the roster: ada.ipynb",
        "2 sheets. Counted: a. Not counted: b.",
        "line 4 of the overrides: nobody is called so",
        "points by hand, though the answer passes now",
    ]


def test_feedback_of_who_is_gone_is_taken_away(tmp_path: Path) -> None:
    feedback_export.export(tmp_path, Report([], [ADA, replace(ADA, name="Bob")]))
    (tmp_path / "feedback" / "mine.txt").write_text("a teacher's")
    feedback_export.export(tmp_path, Report([], [ADA, ZOE]))
    names = sorted(path.name for path in (tmp_path / "feedback").iterdir())
    assert names == ["Ada_L.html", "Ada_L.md", "mine.txt"]


WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 12,Ada L,ada@x,Submitted,,100.00,Yes,"Monday, 2 March 2026, 1:00 PM",-,\n'
    "Participant 13,Zoe,zoe@x,No submission,,100.00,Yes,-,-,\n"
)


def test_moodle_gets_its_worksheet_back_with_grades_and_comments(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text(WORKSHEET, encoding="utf-8-sig")
    listed = roster_of(tmp_path / "w.csv")
    assert (listed.kind, [one.number for one in listed.entries]) == ("moodle", ["12", "13"])
    said = replace(ADA, comment="1 < 2", answers_to=("Ada L_12_assignsubmission_file/feedback.html",))
    moodle.export(tmp_path, Report([], [said, ZOE], roster=listed))
    before = list(csv.reader(io.StringIO(WORKSHEET)))
    header, ada, zoe = csv.reader(io.StringIO((tmp_path / "moodle.csv").read_text("utf-8")))
    assert (header, zoe) == (before[0], before[2])
    told = "1 of 3 points.<br>ov_matrix: 1/1, passed.<br>ov_rank: 0/2, outer size.<br>1 &lt; 2"
    assert ada == [*before[1][:4], "33.33", *before[1][5:9], told]
    with zipfile.ZipFile(tmp_path / "moodle-feedback.zip") as archive:
        assert archive.namelist() == ["Ada L_12_assignsubmission_file/feedback.html"]
        assert archive.read(archive.namelist()[0]).decode() == as_html(feedback_for(said, NO_PAST))
    moodle.export(tmp_path, Report([], [ADA], roster=listed))
    assert not (tmp_path / "moodle-feedback.zip").exists()  # an old one is of another run


def test_moodle_s_gradebook_gets_the_rosters_own_columns(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("name,email\nAda L,ada@x\nZoe,zoe@x\nBob,bob@x\n")
    bob = replace(ADA, name="Bob", marks=(RIGHT, LOST), row=2)
    moodle.export(tmp_path, Report([], [ADA, ZOE, bob], roster=roster_of(tmp_path / "r.csv")))
    rows = list(csv.reader(io.StringIO((tmp_path / "moodle.csv").read_text("utf-8"))))
    assert [row[:3] for row in rows] == [["name", "email", "Grade"], ["Ada L", "ada@x", "1"]]


def test_canvas_gets_learners_first_and_one_assignment(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Fold (77),Quiz (78),Final Score\n"
        "    Points Possible,,,,,6,10,(read only)\n"
        '"L, Ada",1,u1,ada,A,,9,80\nZoe,2,u2,zoe,A,,,0\n'
    )
    listed = roster_of(tmp_path / "g.csv")
    learners = [replace(ADA, row=1), replace(ZOE, row=2)]
    for column, heading, points, most in (
        ("Fold", "Fold (77)", "2.00", "6"),
        ("New one", "New one", "1", "3"),
    ):
        canvas.export(tmp_path, Report([], learners, roster=listed, column=column))
        assert list(csv.reader(io.StringIO((tmp_path / "canvas.csv").read_text("utf-8")))) == [
            ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", heading],
            ["    Points Possible", "", "", "", "", most],
            ["L, Ada", "1", "u1", "ada", "A", points],
            ["Zoe", "2", "u2", "zoe", "A", ""],
        ]
    with pytest.raises(ValueError, match=r"^canvas: expected as roster an export of Canvas's gradebook"):
        canvas.export(tmp_path, Report([], learners))
