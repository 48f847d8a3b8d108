"""Sets, manifests, points and stamps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ovlearn.exercises import sets, sources, starters
from ovlearn.exercises.sheet_cells import cells_of
from ovlearn.grader.batch import planning
from ovlearn.grader.batch.planning import Plan, manifest_points, plan_of
from ovlearn.grader.batch.results import Mark


def test_points_are_those_of_the_author() -> None:
    plan = plan_of(["04"], None, seed=0)
    assert plan.chosen
    assert plan.exercises == tuple(
        (name, sources.exercise(name).points) for name in sets.names_in("04_values_and_outputs_fold")
    )


def test_a_set_twice_counts_once() -> None:
    assert plan_of(["4", "04"], None, seed=0) == plan_of(["04"], None, seed=0)


def test_without_a_choice_all_sets_are_asked() -> None:
    plan = plan_of([], None, seed=0)
    assert not plan.chosen
    assert [name for name, _ in plan.exercises] == list(sets.all_names())


def test_a_manifest_gives_exercises_and_points(tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text('{"exercises": {"ov_rank": 5, "ov_matrix": 0}}')
    assert plan_of([], file, seed=0).exercises == (("ov_rank", 5), ("ov_matrix", 0))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", r"manifest: expected a JSON file"),
        ("[]", r"manifest: expected a JSON file"),
        ('{"exercises": 3}', r"manifest: expected a JSON file"),
        ('{"exercises": {"ov_matrx": 1}}', r"did you mean ov_matrix"),
        ('{"exercises": {"ov_rank": -1}}', r"points of ov_rank: expected"),
        ('{"exercises": {"ov_rank": 1.5}}', r"points of ov_rank: expected"),
    ],
)
def test_a_bad_manifest_is_said(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "m.json"
    file.write_text(text)
    with pytest.raises((ValueError, TypeError), match=says):
        plan_of([], file, seed=0)


def test_a_set_that_is_not_there_is_said() -> None:
    with pytest.raises(ValueError, match=r"^set: expected one of .*04_values_and_outputs_fold.*, got '77'$"):
        plan_of(["77"], None, seed=0)
    with pytest.raises(ValueError, match=r"^expected sets or a manifest, got both$"):
        plan_of(["4"], Path("m.json"), seed=0)


def test_a_mark_depends_on_seed_and_checks_and_a_zero_on_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(["4"], None, seed=0)
    limited = [replace(plan, call=1.0), replace(plan, exercise=1.0), replace(plan, memory=1)]
    limited.append(replace(plan, judging=1.0))
    others = [replace(plan, seed=1)]
    monkeypatch.setattr(planning, "_digest", lambda set_name: "changed")
    others.append(replace(plan))
    assert len({plan.stamps, *(other.stamps for other in others)}) == 3
    assert replace(plan, exercises=plan.exercises[:1]).stamps[0] == others[-1].stamps[0]
    zero, full = Mark("ov_rank", "wrong"), Mark("ov_rank", "passed")
    assert {other.stamp(full) for other in limited} == {plan.stamp(full)}
    assert len({plan.stamp(zero), *(other.stamp(zero) for other in limited)}) == 5


@pytest.mark.parametrize("set_name", sets.files())
def test_a_set_is_recognised_by_its_starter_and_by_its_solutions(set_name: str) -> None:
    plan, source = plan_of([], None, seed=0), sources.source_of(set_name)
    of_this = list(sets.names_in(set_name))
    starter = cells_of("a.ipynb", starters.starter(set_name).encode())
    for cells in (starter, [source.setup, *(one.solution for one in source.exercises)]):
        assert [name for name, _ in plan.asked(cells)] == of_this


def test_a_helper_that_is_called_as_another_set_s_exercise_makes_no_sheet_of_that_set() -> None:
    """A perfect set 10 has a `fold` of its own, and set 04 asks for one."""
    source = sources.source_of("10_many_heads_and_the_qk_circuit")
    cells = ["def fold(a): return a", *(one.solution for one in source.exercises)]
    asked = [name for name, _ in plan_of([], None, seed=0).asked(cells)]
    assert asked == list(sets.names_in("10_many_heads_and_the_qk_circuit"))


def test_a_sheet_of_two_sets_is_graded_on_both_and_a_name_tells() -> None:
    plan = plan_of([], None, seed=0)
    two = ["04_values_and_outputs_fold", "06_every_path"]
    cells = [one.solution for name in two for one in sources.source_of(name).exercises]
    assert {sets.set_of(name) for name, _ in plan.asked(cells)} == set(two)
    named = plan.asked(["x = 1"], "ada/06_every_path.ipynb")
    assert {sets.set_of(name) for name, _ in named} == {"06_every_path"}


def test_the_limit_of_an_exercise_follows_the_patience() -> None:
    assert (plan_of([], None, seed=0).exercise, plan_of([], None, seed=0, call=200.0).exercise) == (120, 2400)
    assert Plan((), chosen=True, seed=0, exercise=7.0).exercise == 7


def test_a_manifest_from_a_windows_editor_is_read(tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text('{"exercises": {"ov_rank": 5}}', encoding="utf-8-sig")
    assert manifest_points(file) == (("ov_rank", 5),)


def test_a_zero_holds_for_what_was_installed_and_full_marks_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(["4"], None, seed=0)
    monkeypatch.setattr(planning, "installed", lambda: "with scipy")
    other = replace(plan)
    zero, full = Mark("ov_rank", "wrong"), Mark("ov_rank", "passed")
    assert plan.stamp(zero) != other.stamp(zero)
    assert plan.stamp(full) == other.stamp(full) != plan.stamp(zero)
