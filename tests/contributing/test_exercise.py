"""An exercise that is added as its page says stands the gate, and a mistake in it would be told."""

from __future__ import annotations

from pathlib import Path

from ovlearn.exercises.sources import source_of
from tests.contributing.scratch import walked


def test_an_exercise_is_one_file_and_stands_the_gate(tmp_path: Path) -> None:
    scratch = walked("exercise.md", root=tmp_path)
    assert scratch.written == ("exercises/04_values_and_outputs_fold.py",)
    status, said = scratch.finish()
    source = source_of("04_values_and_outputs_fold")
    kinds = [one.kind for one in source.known]
    mistakes, rights = kinds.count("mistake") + 3, kinds.count("right") + 1
    told = f"{len(source.exercises) + 1} exercises, {mistakes} known mistakes, {rights} unusual right answers"
    assert (status, said.splitlines()[-1]) == (0, told)


def test_an_edit_that_makes_no_mistake_is_told(tmp_path: Path) -> None:
    scratch = walked("exercise.md", root=tmp_path)
    file = tmp_path / scratch.written[0]
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("`sum(axis=0)` → `mean(axis=0)`", "`sum(axis=0)` → `sum(axis=-3)`"), encoding="utf-8"
    )
    status, said = scratch.finish()
    assert status == 1
    assert "twice_folded, the mean: expected to be named so, got passed" in said
