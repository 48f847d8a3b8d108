"""Whose a sheet is, who is in the class, what a teacher says, what was before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ovlearn.grader.batch.planning import Plan
from ovlearn.grader.batch.results import Mark, Result
from ovlearn.grader.batch.submissions import submissions
from ovlearn.grader.learners import history
from ovlearn.grader.learners.overrides import Override, applied, in_results, overrides_in
from ovlearn.grader.learners.records import Learner, learners_of
from ovlearn.grader.learners.roster import Roster, roster_of
from ovlearn.grader.learners.whose import whose
from tests.grader.batch.making import GOOD, WRONG, notebook

PLAN = Plan((("ov_matrix", 1), ("ov_rank", 2)), chosen=True, seed=3)


@pytest.mark.parametrize(
    ("place", "name", "number", "answer_to"),
    [
        (("class", "ada.ipynb"), "ada", "", ""),
        (("class", "ada.ipynb.txt"), "ada", "", ""),
        (("class", "ada.v2.tar.gz", "a.ipynb"), "ada.v2", "", ""),
        (("class", "Ada L", "homework", "04.ipynb"), "Ada L", "", ""),
        (("class", "04_values_and_outputs_fold", "ada.py"), "ada", "", ""),
        (("ada", "04_values_and_outputs_fold.ipynb"), "ada", "", ""),
        (
            ("class", "Ada L_12_assignsubmission_file", "x", "a.ipynb"),
            *("Ada L", "12", "Ada L_12_assignsubmission_file/feedback.html"),
        ),
        (
            ("class", "Group A-Ada L_12_assignsubmission_file_a_b.ipynb"),
            *("Group A-Ada L", "12", "Group A-Ada L_12_assignsubmission_file/feedback.html"),
        ),
        (("class", "lovelaceada_12_345_a_1.ipynb"), "lovelaceada", "12", "lovelaceada_12_345_feedback.html"),
        (("class", "müllerjö_LATE_12_345_a.ipynb"), "müllerjö", "12", "müllerjö_12_345_feedback.html"),
        (("class", "anon_Xy1z2_345_a.ipynb"), "anon_Xy1z2", "", ""),
    ],
)
def test_a_place_tells_whose_it_is(place: tuple[str, ...], name: str, number: str, answer_to: str) -> None:
    found = whose(place)
    assert (found.name, found.number, found.answer_to) == (name, number, answer_to)


def roster(folder: Path, text: str, encoding: str = "utf-8") -> Roster:
    (folder / "roster.csv").write_text(text, encoding=encoding)
    return roster_of(folder / "roster.csv")


def found_in(listed: Roster, *place: str) -> str | None:
    entry = listed.find(whose(("class", *place)))
    return entry and entry.name


def test_a_roster_of_ones_own_knows_learners_by_whatever_they_are_called(tmp_path: Path) -> None:
    text = "First name;Surname;Email address;ID number\nAda;Lovelace;al@x.org;s17\nZoë;von Um;z@x.org;s18\n"
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        listed = roster(tmp_path, text, encoding)
        assert (listed.kind, [one.name for one in listed.entries]) == (
            "plain",
            ["Ada Lovelace", "Zoë von Um"],
        )
    for word in ("Ada Lovelace", "lovelace_ada", "AL@X.ORG", "al", "S17", "LovelaceAda", "ada-lovelace"):
        assert found_in(listed, f"{word}.ipynb") == "Ada Lovelace", word
        assert found_in(listed, "section 3", word, "04.ipynb") == "Ada Lovelace"
    assert found_in(listed, "von um, zoë.py") == "Zoë von Um"
    assert found_in(listed, "ad.ipynb") is None


def test_two_of_one_name_are_told_apart_by_number_and_else_not_guessed(tmp_path: Path) -> None:
    text = "Student,ID,SIS Login ID,Section,Quiz (1)\n  Points Possible,,,,10\n"
    listed = roster(tmp_path, text + '"Lee, Sam",1,sam1,A,\n"Lee, Sam",2,sam2,A,\n')
    assert listed.kind == "canvas"
    entry = listed.find(whose(("class", "leesam_2_99_a.ipynb")))
    assert entry is not None
    assert entry.row == 2
    assert found_in(listed, "leesam.ipynb") is None
    assert found_in(listed, "sam1.ipynb") == "Lee, Sam"
    (tmp_path / "class").mkdir()
    learners = learners_of(submissions([tmp_path / "class"]), [], PLAN, listed)
    assert [(one.name, one.status) for one in learners] == [
        ("Lee, Sam (1)", "not handed in"),
        ("Lee, Sam (2)", "not handed in"),
    ]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "name\n", "\n\n"])
def test_what_is_no_roster_is_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"^roster: expected a CSV file with a row a learner"):
        roster(tmp_path, text)


def results(*marks: tuple[str, Mark]) -> list[Result]:
    return [Result(name, "graded", marks=(mark,), digest=name) for name, mark in marks]


def test_several_sheets_of_a_learner_are_one_and_not_the_best_counts(tmp_path: Path) -> None:
    made = tmp_path / "class"
    (made / "ada").mkdir(parents=True)
    (made / "ada" / "a.ipynb").write_text(notebook(WRONG))
    (made / "ada" / "b.ipynb").write_text(notebook(GOOD))
    (made / "bob.py").write_text(GOOD)
    found = submissions([made])
    assert [one.name for one in found] == ["ada/a.ipynb", "ada/b.ipynb", "bob.py"]
    wrong, right = Mark("ov_rank", "wrong", out_of=2), Mark("ov_rank", "passed", points=2, out_of=2)
    given = results(("ada/a.ipynb", wrong), ("ada/b.ipynb", right), ("bob.py", right))
    ada, bob = learners_of(found, given, PLAN)
    assert (ada.name, ada.points, ada.sheets) == ("ada", 0, ("ada/a.ipynb", "ada/b.ipynb"))
    assert ada.note == "Counted: ada/a.ipynb. Not counted: ada/b.ipynb."
    assert (bob.name, bob.points, bob.places) == ("bob", 2, (2,))
    told = in_results(given, [replace(ada, marks=(replace(wrong, points=1, by_hand=True),)), bob])
    assert [(one.learner, one.points) for one in told] == [("ada", 1), ("ada", 1), ("bob", 2)]


ADA = Learner("Ada L", "graded", marks=(Mark("ov_matrix", "wrong", "swapped", out_of=1),), row=0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"^overrides: expected the columns learner, exercise, points, comment, got $"),
        ("name,points\n", r"^overrides: expected the columns"),
        (
            "learner,exercise,points\nada,ov_rnk,1\n",
            r"^overrides: line 2: expected one of ov_matrix, ov_rank",
        ),
        ("learner,exercise,points\n\nada,ov_rank,3\n", r"^overrides: line 3: .* from 0 to 2, got 3$"),
        ("learner,exercise,points\nada,ov_rank,-1\n", r"from 0 to 2, got -1$"),
        ("learner,exercise,points\nada,ov_rank,0.5\n", r"from 0 to 2, got 0.5$"),
        ("learner,exercise,points\nada,,1\n", r"expected points with an exercise"),
        ("learner,exercise,points\n,ov_rank,1\n", r"expected a learner's name"),
    ],
)
def test_an_override_that_cannot_be_meant_is_said(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "o.csv").write_text(text)
    with pytest.raises(ValueError, match=says):
        overrides_in(tmp_path / "o.csv", PLAN)


def test_overrides_give_points_and_comments_by_any_name_of_a_learner(tmp_path: Path) -> None:
    listed = roster(tmp_path, "name,email\nAda L,ada@x\n")
    rows = ("ada@x;ov_matrix;1;fine", "ADA L;ov_rank;;see me", "ada l;;;well done", "X;;;y")
    text = "\n".join(["Learner;Exercise;Points;Comment", *rows])
    (tmp_path / "o.csv").write_text(text, encoding="utf-8-sig")
    given = overrides_in(tmp_path / "o.csv", PLAN)
    (ada,), unused = applied(given, [ADA], PLAN, listed)
    assert unused == [Override(5, "X", comment="y")]
    assert (ada.points, ada.out_of, ada.comment) == (1, 3, "well done")
    first, second = ada.marks
    assert (first.by_hand, first.status, first.mistake, first.comment) == (True, "wrong", "swapped", "fine")
    assert (second.by_hand, second.status, second.comment) == (False, "not handed in", "see me")


def test_the_history_knows_what_changed_and_stays_when_nothing_does(tmp_path: Path) -> None:
    def run(*learners: Learner) -> history.History:
        after = history.after(tmp_path, learners)
        history.keep(tmp_path, after)
        return after

    bob = replace(ADA, name="Bob")
    first = run(ADA, bob)
    assert (first.before, first.changes, first.new, first.gone) == (None, [], [], [])
    better = replace(ADA, marks=(Mark("ov_matrix", "passed", points=1, out_of=1),))
    for _ in range(2):  # the same command again tells the same
        again = run(better, replace(ADA, name="Eve"))
        (change,) = again.changes
        assert (change.learner, change.before, change.after) == ("Ada L", "swapped", "passed")
        assert (change.points_before, change.points) == (0, 1)
        assert (again.new, again.gone) == (["Eve"], ["Bob"])
    (tmp_path / history.FILE).write_text("{")
    assert run(ADA).before is None


def test_the_next_hint_comes_with_another_sheet_and_not_with_another_run(tmp_path: Path) -> None:
    hints = []
    for digests in (("a",), ("a",), ("b",), ("a",), ("c",)):
        after = history.after(tmp_path, [replace(ADA, digests=digests)])
        history.keep(tmp_path, after)
        hints.append(after.hint("Ada L", "ov_matrix"))
    assert hints == [1, 1, 2, 2, 3]
    assert after.hint("Bob", "ov_matrix") == 1
