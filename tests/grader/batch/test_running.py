"""A run gives one result a submission, in order, and goes on where the one before ended."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ovlearn.grader.batch import onesheet
from ovlearn.grader.batch.grader import Grader
from ovlearn.grader.batch.keeping import Kept
from ovlearn.grader.batch.planning import Plan, plan_of
from ovlearn.grader.batch.pool import Pool
from ovlearn.grader.batch.results import Mark, Result
from ovlearn.grader.batch.submissions import submissions
from ovlearn.grader.worker.channel import ChannelError
from tests.grader.batch.making import GOOD, WRONG, notebook

POINTS = (("ov_matrix", 1), ("ov_rank", 2))
PLAN = Plan(POINTS, chosen=True, seed=3)


@pytest.fixture(autouse=True, scope="module")
def _graders() -> Iterator[None]:
    yield
    onesheet.close_graders()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A class of nine, most of them in trouble."""
    made = tmp_path / "class"
    made.mkdir()
    (made / "01 good.ipynb").write_text(notebook(GOOD))
    (made / "02 wrong.py").write_text(WRONG)
    (made / "03 none.ipynb").write_text("hello")
    (made / "04 empty.ipynb").write_bytes(b"")
    (made / "05 utf16.ipynb").write_text(notebook(GOOD), encoding="utf-16")
    (made / "06 latin.py").write_text(f"# Größe\n{GOOD}", encoding="latin-1")
    (made / "07 old.ipynb").write_text(notebook(GOOD, version=3))
    (made / "08 cells.ipynb").write_text('{"nbformat": 4}')
    (made / "09 bom.ipynb").write_text(notebook(GOOD, GOOD), encoding="utf-8-sig")
    return made


def over(folder: Path, plan: Plan = PLAN, jobs: int = 2, **options: Any) -> list[Result]:
    with ThreadPoolExecutor(jobs) as executor:
        return Pool(plan, **options).over(submissions([folder]), executor, 2 * jobs)


def test_every_submission_gets_one_row_in_order(folder: Path) -> None:
    assert [(one.submission[:2], one.points, one.out_of, one.note) for one in over(folder)] == [
        ("01", 3, 3, ""),
        ("02", 0, 3, ""),
        ("03", 0, 3, "not a notebook: it is no JSON"),
        ("04", 0, 3, "the file is empty"),
        ("05", 3, 3, ""),
        ("06", 3, 3, ""),
        ("07", 3, 3, ""),
        ("08", 0, 3, "not a notebook: it has no cells"),
        ("09", 3, 3, ""),
    ]


def test_one_job_and_two_give_the_same_marks(folder: Path) -> None:
    def plain(results: list[Result]) -> list[Any]:
        return [
            (one.submission, one.note, [(m.exercise, m.status, m.says) for m in one.marks]) for one in results
        ]

    assert plain(over(folder, jobs=1)) == plain(over(folder, jobs=2))


def test_an_exercise_belongs_to_a_sheet_where_its_set_does() -> None:
    plan = plan_of([], None, seed=0)
    assert onesheet.grade_sheet("a.py", b"x = 1", plan) == Result(
        "a.py", "not graded", onesheet.NOTHING_ASKED
    )
    result = onesheet.grade_sheet("a.py", b"ov_rank = 64", plan)
    assert {mark.exercise for mark in result.marks} >= {"ov_matrix", "head_output", "ov_rank", "fold"}
    assert [mark.exercise for mark in result.marks if mark.passed] == ["ov_rank"]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The exercises that are graded from here on."""
    graded: list[str] = []
    marks = Grader.marks

    def counting(self: Grader, cells: Any, names: list[str], plan: Plan) -> Iterator[Mark]:
        graded.extend(names)
        return marks(self, cells, names, plan)

    monkeypatch.setattr(Grader, "marks", counting)
    return graded


def test_a_second_run_grades_nothing_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded = counted(monkeypatch)

    def run(plan: Plan, only: str = "") -> list[Result]:
        graded.clear()
        kept = Kept(tmp_path / "out")
        kept.begin(plan)
        return over(folder, plan, kept=kept, only=only)

    first = run(PLAN)
    assert sorted(set(graded)) == ["ov_matrix", "ov_rank"]
    assert run(PLAN) == first
    assert graded == []
    (folder / "02 wrong.py").write_text(GOOD)
    assert [one.points for one in run(PLAN)][:2] == [3, 3]
    assert graded == ["ov_matrix", "ov_rank"]
    assert run(PLAN, only="ov_rank")
    assert set(graded) == {"ov_rank"}
    run(Plan((("ov_matrix", 5), ("ov_rank", 2)), chosen=True, seed=3))
    assert graded == []  # other points change no mark
    assert run(Plan(POINTS, chosen=True, seed=4))[0].points == 3
    assert set(graded) == {"ov_matrix", "ov_rank"}
    run(Plan(POINTS[:1], chosen=True, seed=4))
    run(Plan(POINTS, chosen=True, seed=4))
    assert graded == []  # what was not asked in between is still known


def test_what_is_kept_holds_no_name(folder: Path, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "out")
    kept.begin(PLAN)
    over(folder, kept=kept)
    texts = [path.name + path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(texts) > 3
    assert not [text for text in texts if "01 good" in text or "wrong.py" in text]


def test_a_damaged_row_is_made_again(folder: Path, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "out")
    kept.begin(PLAN)
    first = over(folder, kept=kept)
    for number, row in enumerate(sorted((tmp_path / "out" / "rows").iterdir())):
        row.write_text(['{"marks": [{}]}', "{", '{"marks": 3}', "[]"][number % 4])
    assert [one.points for one in over(folder, kept=kept)] == [one.points for one in first]


def test_a_hidden_seed_is_kept(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "out")
    seed = kept.seed(None)
    kept.begin(Plan(POINTS, chosen=True, seed=seed))
    assert Kept(tmp_path / "out").seed(None) == seed
    assert Kept(tmp_path / "out").seed(5) == 5


@pytest.mark.parametrize("content", ["", "{}", '{"ovlearn": "other"}', "[]"])
def test_a_folder_of_someone_else_is_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(ValueError, match=r"^out: expected a new folder, or one that `ovlearn grade` made"):
        Kept(tmp_path)
    with pytest.raises(ValueError, match=r"^out"):
        Kept(tmp_path / "plan.json")


def test_at_most_a_window_is_read_and_not_yet_graded(folder: Path) -> None:
    flying: set[int] = set()
    numbers, most = count(), 0

    class Counting(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            nonlocal most
            number = next(numbers)
            flying.add(number)
            most = max(most, len(flying))
            future = super().submit(slow)
            future.add_done_callback(lambda done: flying.discard(number))
            return future

    def slow() -> Result:
        time.sleep(0.05)
        return Result("x", "graded")

    with Counting(9) as executor:
        Pool(PLAN).over(submissions([folder]), executor, 3)
    assert most == 3


def test_a_grader_that_is_stuck_or_ends_costs_one_exercise(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan((("ov_matrix", 1), ("ov_rank", 1)), chosen=True, seed=3)
    some = Grader._some
    for trouble, status in ((TimeoutError(), "wrong"), (ChannelError("gone"), "not graded")):

        def troubled(self: Grader, cells: Any, names: list[str], plan: Plan, trouble: Any = trouble) -> Any:
            if names[0] == "ov_matrix":
                raise trouble
            return some(self, cells, names, plan)

        monkeypatch.setattr(Grader, "_some", troubled)
        result = onesheet.grade_sheet("a.py", GOOD.encode(), plan)
        assert [mark.status for mark in result.marks] == [status, "passed"]
        assert bool(result.marks[0].stamp) == (status == "wrong")  # what was not graded is tried again


def test_a_grader_that_ends_once_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    assert onesheet.grade_sheet("a.py", GOOD.encode(), PLAN).points == 3
    (grader,) = onesheet._idle[-1:]
    assert grader.process is not None
    grader.process.kill()
    assert onesheet.grade_sheet("a.py", GOOD.encode(), PLAN).points == 3


def test_an_executor_that_loses_a_sheet_still_gives_a_row(folder: Path) -> None:
    class Losing(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            return super().submit(lambda: 1 / 0)

    with Losing(1) as executor:
        results = Pool(PLAN).over(submissions([folder]), executor, 2)
    assert len(results) == 9
    assert results[0].note == "the grader failed: ZeroDivisionError: division by zero"
    assert json.dumps([one.as_data() for one in results])
