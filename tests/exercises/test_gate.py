"""Every exercise set stands the gate, and the gate can say no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ovlearn.exercises import gate, sets
from ovlearn.exercises.gate import in_process, inspect
from ovlearn.exercises.replies import Answers
from ovlearn.exercises.sources import Known, SetSource, source_of
from ovlearn.exercises.starters import starter
from ovlearn.grader.worker.remote import Sheet, Zygote
from tests.exercises.cases import SET


@pytest.mark.parametrize("set_name", sets.files())
def test_a_set_stands_the_gate(set_name: str) -> None:
    found = inspect(set_name)
    assert found.faults == ()
    assert found.leaks == ()


def test_each_set_goes_with_the_lesson_of_its_name() -> None:
    lessons = {file.stem for file in (Path(__file__).parents[2] / "lessons").glob("[0-9]*.py")}
    assert set(sets.files()) <= lessons
    assert len(sets.files()) >= 12
    assert len(sets.all_names()) >= 24
    assert len(set(sets.all_names())) == len(sets.all_names())


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    started = Zygote()
    yield started
    started.close()


@pytest.mark.parametrize("set_name", sets.files())
def test_a_worker_gives_the_same_verdicts(set_name: str, zygote: Zygote, monkeypatch: Any) -> None:
    """The same gate, with every answer in a process of its own."""
    monkeypatch.setattr(gate, "SEEDS", range(1))
    sheets: list[Sheet] = []

    def in_a_worker(setup: str, code: str) -> Answers:
        for sheet in sheets:
            sheet.__exit__()
        sheets[:] = [Sheet([setup, code], zygote).__enter__()]
        return sheets[0]

    found = inspect(set_name, in_a_worker)
    for sheet in sheets:
        sheet.__exit__()
    assert found.faults == ()


# Planted faults: each must be found.


def planted(monkeypatch: Any, source: SetSource | None = None) -> Any:
    monkeypatch.setattr(gate, "SEEDS", range(1))
    if source is not None:
        monkeypatch.setattr(gate, "source_of", lambda name: source)
    return inspect(SET)


def changed(**fields: Any) -> SetSource:
    """The set with another first exercise."""
    source = source_of(SET)
    first, *rest = source.exercises
    return replace(source, exercises=(replace(first, **fields), *rest))


def test_a_starter_that_passes_is_found(monkeypatch: Any) -> None:
    found = planted(monkeypatch, changed(starter=source_of(SET).exercises[0].solution))
    assert any("the starter: expected not attempted" in fault for fault in found.faults)


def test_a_solution_that_fails_is_found(monkeypatch: Any) -> None:
    wrong = "def ov_matrix(W_V, W_O):\n    return W_O @ W_V"
    found = planted(monkeypatch, changed(solution=wrong))
    assert any("the solution: expected full marks, got wrong swapped" in fault for fault in found.faults)


def test_a_mistake_under_another_name_is_found(monkeypatch: Any) -> None:
    first, *rest = source_of(SET).exercises[0].known
    found = planted(monkeypatch, changed(known=(replace(first, name="transposed"), *rest)))
    assert any("expected to be named so, got wrong swapped" in fault for fault in found.faults)


def test_a_mistake_that_nobody_recognises_is_found(monkeypatch: Any) -> None:
    strange = Known("ov_matrix", "mistake", "values", "def ov_matrix(W_V, W_O):\n    return 2 * W_V @ W_O")
    found = planted(monkeypatch, changed(known=(strange,)))
    assert any("name of no mistake in particular" in fault for fault in found.faults)


def test_a_right_answer_that_is_refused_is_found(monkeypatch: Any) -> None:
    refused = Known("ov_matrix", "right", "a third", "def ov_matrix(W_V, W_O):\n    return W_V")
    found = planted(monkeypatch, changed(known=(refused,)))
    assert any("ov_matrix, a third: expected full marks" in fault for fault in found.faults)


@pytest.mark.parametrize("where", ["hints", "starter"])
def test_a_leak_is_found(monkeypatch: Any, where: str) -> None:
    first = source_of(SET).exercises[0]
    if where == "hints":
        found = planted(monkeypatch, changed(hints=(*first.hints, "Try `W_V  @ W_O`.")))
    else:
        monkeypatch.setattr(gate, "starter", lambda name: starter(name) + "return W_V @ W_O")
        found = planted(monkeypatch)
    assert found.leaks


def test_too_few_hints_mistakes_or_rights_are_found(monkeypatch: Any) -> None:
    found = planted(monkeypatch, changed(hints=("one",), known=()))
    text = "\n".join(found.faults)
    assert "ov_matrix: expected at least 2 hints, got 1" in text
    assert "ov_matrix: expected at least 3 known mistakes, got 0" in text
    assert "ov_matrix: expected at least 1 unusual right answers, got 0" in text


def test_answers_in_process_are_names() -> None:
    assert in_process("x = 1", "y = x + 1").look("y") == 2
