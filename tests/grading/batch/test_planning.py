"""Sets, manifests, points and stamps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ovlearn.grading import sets, sources
from ovlearn.grading.batch import planning
from ovlearn.grading.batch.planning import plan_of


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


def test_a_mark_depends_on_seed_limits_and_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(["4"], None, seed=0)
    others = [
        replace(plan, seed=1),
        replace(plan, call=1.0),
        replace(plan, exercise=1.0),
        replace(plan, memory=1),
    ]
    monkeypatch.setattr(planning, "_digest", lambda set_name: "changed")
    others.append(replace(plan))
    assert len({plan.stamps, *(other.stamps for other in others)}) == 6
    assert replace(plan, exercises=plan.exercises[:1]).stamps[0] == others[-1].stamps[0]
