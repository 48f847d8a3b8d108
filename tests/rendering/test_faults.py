"""A fault in a derivation stops the build at the lesson that shows it, and at the cell."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from rendering import RenderError, Source, render
from rendering.execution.unrun import cells_of
from rendering.store import Store

ROOT = Path(__file__).parents[2]

# For a lesson: the file of the course that it rests on, a line of it as it is and as it must not be, and what
# the message must say. In the first every rule still applies, to a wrong equation. In the second one refuses.
FAULTS = {
    "03_one_attention_head": (
        "assumptions.py",
        "return product(1 / sqrt(d_h), *parts)",
        "return product(1 / d_h, *parts)",
        "step 7 (unfold), numeric: relative error",
    ),
    "04_values_and_outputs_fold": (
        "ov_fold.py",
        '.apply(rules.group, net.head("W_V", *head), net.head("W_O", *head))',
        '.apply(rules.group, net.head("W_O", *head), net.head("W_V", *head))',
        "RuleError: group: expected an expression that the rule changes",
    ),
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, to break."""
    return shutil.copytree(
        ROOT / "ovlearn", tmp_path / "ovlearn", ignore=shutil.ignore_patterns("__pycache__")
    )


def source(lesson: str) -> Source:
    return Source(ROOT / "lessons" / f"{lesson}.py", f"lessons/{lesson}.md")


def first_shown(lesson: str) -> int:
    """The number of the cell that shows the lesson's first derivation."""
    return next(
        cell.number for cell in cells_of(source(lesson)) if "ov.show(" in cell.source and cell.kind == "code"
    )


@pytest.mark.parametrize("lesson", FAULTS)
def test_a_fault_in_a_derivation_stops_the_lesson_that_shows_it(lesson: str, package: Path) -> None:
    name, right, wrong, said = FAULTS[lesson]
    file = package / "symbolic" / "course" / name
    text = file.read_text(encoding="utf-8")
    assert text.count(right) == 1
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(RenderError) as stopped:
        render([source(lesson)], package=package, store=Store(package.parent / "cache"))
    first, *rest = str(stopped.value).splitlines()
    assert re.match(rf"lessons/{lesson}\.py, cell {first_shown(lesson)} \(", first)
    assert said in "\n".join(rest)


def test_unbroken_they_pass(package: Path) -> None:
    lessons = render([*map(source, FAULTS)], package=package, store=Store(package.parent / "cache"))
    assert [lesson.source.name for lesson in lessons] == [*FAULTS]
