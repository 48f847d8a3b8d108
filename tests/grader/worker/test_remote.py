"""One worker a sheet, and one an exercise where an answer calls what another exercise blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ovlearn.exercises.catalogue import blocked_by
from ovlearn.exercises.judging import verdict_on
from ovlearn.exercises.sets import names_in
from ovlearn.exercises.sources import source_of
from ovlearn.grader.worker.confinement import Limits
from ovlearn.grader.worker.remote import Patience, Sheet, Zygote

SET = "04_values_and_outputs_fold"
NAMES = names_in(SET)
SOLUTIONS = [source_of(SET).setup, *(one.solution for one in source_of(SET).exercises)]
BY_CIRCUIT = "def ov_matrix(W_V, W_O):\n    return ov.circuits.ov(model, 0, 0).AB"
MODEL = (
    "config = ov.Config(n_layers=1, n_heads=1, d_model=4, d_head=2, d_vocab=5, n_ctx=5)\n"
    "model = ov.Transformer.random(config, seed=0)\n"
)
# `circuits.ov` is the answer to ov_matrix alone: in head_output it may be called.
HELPED = "def head_output(A, X, W_OV):\n    ov.circuits.ov(model, 0, 0)\n    return A @ X @ W_OV"
HIDDEN = (
    "def head_output(A, X, W_OV):\n    try:\n        ov.circuits.ov(model, 0, 0)\n"
    "    except Exception:\n        return X\n    return A @ X @ W_OV"
)


class Counting(Zygote):
    """A zygote that remembers what each of its workers lacks."""

    def __init__(self) -> None:
        super().__init__()
        self.lacking: list[tuple[str, ...]] = []

    def worker(self, scratch: Path, limits: Limits, blocked: object = ()) -> object:  # type: ignore[override]
        self.lacking.append(tuple(blocked))  # type: ignore[arg-type]
        return super().worker(scratch, limits, blocked)  # type: ignore[arg-type]


@pytest.fixture
def zygote() -> Iterator[Counting]:
    counting = Counting()
    yield counting
    counting.close()


def marks(cells: list[str], zygote: Zygote) -> list[str]:
    """The mistake of each exercise, or that it passed."""
    with Sheet(cells, zygote, patience=Patience(20, 60), blocked=blocked_by(NAMES)) as sheet:
        totals = [verdict_on(name, sheet, 1).total for name in NAMES]
    return [one.mistake or one.status for one in totals]


def test_a_sheet_that_calls_nothing_blocked_has_one_worker(zygote: Counting) -> None:
    assert marks(SOLUTIONS, zygote) == ["passed"] * len(NAMES)
    assert zygote.lacking == [tuple(sorted(blocked_by(NAMES)))]


@pytest.mark.parametrize("helped", [HELPED, HIDDEN])
def test_what_is_the_answer_to_one_exercise_may_help_with_another(zygote: Counting, helped: str) -> None:
    assert marks([*SOLUTIONS, MODEL, helped], zygote) == ["passed"] * len(NAMES)
    assert len(zygote.lacking) > 2


@pytest.mark.parametrize("before", ["made = ov.circuits.ov(model, 0, 0)", "ov.derive('ov-fold')"])
def test_a_blocked_call_in_a_cell_costs_no_other_exercise(zygote: Counting, before: str) -> None:
    assert marks([*SOLUTIONS, MODEL, before], zygote) == ["passed"] * len(NAMES)
    assert zygote.lacking[0] == tuple(sorted(blocked_by(NAMES)))


def test_the_exercise_that_blocks_it_never_gets_it(zygote: Counting) -> None:
    assert marks([*SOLUTIONS, MODEL, BY_CIRCUIT, HELPED], zygote) == ["blocked", "passed", "passed", "passed"]
    assert all("circuits.ov" in lacking for lacking in zygote.lacking[:2])
