"""What is wrong with a set is said to its author in a sentence: the set or exercise, and what came."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ovlearn.cli import main
from ovlearn.exercises import sets
from ovlearn.exercises.sources import source_in
from tests.exercises.cases import SET

TEXT = sets.files()[SET].read_text(encoding="utf-8")
SAYS_TWICE = "- **swapped**: `W_V @ W_O` → `W_O @ W_V`"

DAMAGES = [
    (
        "# # Exercises: values",
        "# Exercises: values",
        f"{SET}: expected a Markdown cell first, with `# ` and the title",
    ),
    ('check="ov_matrix"', 'chekc="ov_matrix"', f"{SET}: expected marks among blocked, check, "),
    (
        '# %% check="ov_matrix" blocked="circuits.ov"',
        "# %% tools=true",
        f"{SET}: expected a check of ov_matrix, got none",
    ),
    ('solution="ov_matrix"', 'solution="ov_matrices"', f"{SET}: expected one solution of ov_matrix, got 0"),
    (
        SAYS_TWICE,
        SAYS_TWICE.replace("→", "->"),
        "ov_matrix, swapped: expected `old` → `new` with the sign →, got ->",
    ),
    (
        SAYS_TWICE,
        SAYS_TWICE.replace("- **", "* **"),
        "ov_matrix: expected each mistake to begin with `- **its name**:`",
    ),
    (
        SAYS_TWICE,
        SAYS_TWICE.replace("**", "*"),
        "ov_matrix: expected each mistake to begin with `- **its name**:`",
    ),
    (
        SAYS_TWICE,
        SAYS_TWICE.replace("`W_V @ W_O`", "`W_V`"),
        "ov_matrix, swapped: expected `W_V` once in the solution",
    ),
]


def damaged(right: str, wrong: str, folder: Path) -> Path:
    assert TEXT.count(right) == 1
    file = folder / f"{SET}.py"
    file.write_text(TEXT.replace(right, wrong), encoding="utf-8")
    return file


@pytest.mark.parametrize(("right", "wrong", "says"), DAMAGES, ids=[says for *_, says in DAMAGES])
def test_what_is_wrong_with_a_set_is_said(right: str, wrong: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        source_in(damaged(right, wrong, tmp_path))
    assert str(caught.value).startswith(says)


def test_the_command_says_it_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    file = damaged(SAYS_TWICE, SAYS_TWICE.replace("→", "->"), tmp_path)
    monkeypatch.setattr("ovlearn.exercises.sources.files", lambda: {SET: file})
    monkeypatch.setattr("ovlearn.exercises.gate.source_of", lambda name: source_in(file))
    assert main(["author", "check", "04"]) == 2
    assert re.fullmatch(r"ovlearn: ov_matrix, swapped: expected .*\n", capsys.readouterr().err)


def test_a_name_that_another_set_has_is_a_fault(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    other = "07_the_ov_circuit"
    names = sets.names_in(other)
    monkeypatch.setattr(
        "ovlearn.exercises.gate.names_in",
        lambda name: (*names, "ov_rank") if name == other else sets.names_in(name),
    )
    assert main(["author", "check", "04"]) == 1
    assert f"{SET}: ov_rank: expected a name of its own, got one of {other}" in capsys.readouterr().out
