"""The one file of a set: a percent notebook whose cells are marked as prompts, hints, solutions, mistakes."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from ovlearn.exercises.declared import Declared, Mistake
from ovlearn.exercises.percent import Cell, cells
from ovlearn.exercises.sets import files, set_of


@dataclass(frozen=True)
class Known:
    """An answer whose verdict is known: a mistake with a name, or a right answer in an unusual form."""

    exercise: str
    kind: Literal["mistake", "right"]
    name: str
    code: str


@dataclass(frozen=True)
class Exercise:
    """One exercise as its author wrote it. `hints`: in stages; `starter`, `solution`: code.

    `declared`: what its check is made of; `known`: its mistakes, and right answers in unusual forms.
    """

    name: str
    points: int
    prompt: str
    hints: tuple[str, ...]
    starter: str
    solution: str
    declared: Declared
    known: tuple[Known, ...]

    @property
    def title(self) -> str:
        """The heading of the prompt."""
        return self.prompt.splitlines()[0].lstrip("# ")


@dataclass(frozen=True)
class SetSource:
    """A whole set: its introduction, the code that every notebook begins with, and its exercises."""

    name: str
    intro: str
    setup: str
    exercises: tuple[Exercise, ...]

    @property
    def title(self) -> str:
        """The heading of the introduction."""
        return self.intro.splitlines()[0].lstrip("# ")

    @property
    def known(self) -> tuple[Known, ...]:
        """The known mistakes and the unusual right answers of all exercises."""
        return tuple(one for exercise in self.exercises for one in exercise.known)

    def exercise(self, name: str) -> Exercise:
        """Return an exercise by its name."""
        return next(one for one in self.exercises if one.name == name)


@cache
def source_of(set_name: str) -> SetSource:
    """Return the source of a set.

    >>> source_of("04_values_and_outputs_fold").exercise("ov_matrix").title
    'One matrix from two'
    """
    return source_in(files()[set_name])


def source_in(file: Path) -> SetSource:
    """Return what the file of a set declares.

    Raises: ValueError where the set has no title, a mark is not known, or an exercise lacks a part; and for a
    mistake that is no edit of its solution.
    """
    found = [*cells(file.read_text(encoding="utf-8"))]
    unknown = sorted({mark for cell in found for mark in cell.marks} - _MARKS)
    if unknown:
        raise ValueError(f"{file.stem}: expected marks among {', '.join(sorted(_MARKS))}, got {unknown[0]}")
    prose = [cell.text for cell in found if cell.kind == "markdown" and not cell.marks]
    if not prose or not prose[0].startswith("# "):
        raise ValueError(f"{file.stem}: expected a Markdown cell first, with `# ` and the title of the set")
    setup = "\n\n".join(cell.text for cell in found if cell.kind == "code" and not cell.marks)
    tools = "\n\n".join(cell.text for cell in found if "tools" in cell.marks)
    exercises = [_Reader(file.stem, name, found).exercise(setup, tools) for name in _names(found)]
    return SetSource(file.stem, prose[0], setup, tuple(exercises))


# What may be said of a cell: which part of which exercise it is, and what its check or its form is.
_MARKS = {
    *("exercise", "points", "hint", "starter", "solution", "check", "part", "blocked", "mistakes", "right"),
    *("form", "tools"),
}


def exercise(name: str) -> Exercise:
    """Return an exercise by its name; raise ValueError naming the nearest where there is none."""
    return source_of(set_of(name)).exercise(name)


def _names(cells: list[Cell]) -> list[str]:
    return [cell.marks["exercise"] for cell in cells if "exercise" in cell.marks]


@dataclass(frozen=True)
class _Reader:
    """Reads one exercise out of the cells of its set."""

    set_name: str
    name: str
    cells: list[Cell]

    def exercise(self, setup: str, tools: str) -> Exercise:
        """Return the exercise."""
        prompt, starter, solution = (self._one(mark) for mark in ("exercise", "starter", "solution"))
        written = "\n".join(cell.text for cell in self._marked("mistakes"))
        mistakes = tuple(mistakes_in(written, solution.text, self.name))
        rights = [Known(self.name, "right", cell.marks["form"], cell.text) for cell in self._marked("right")]
        checks = self._marked("check")
        if not checks:
            raise ValueError(f"{self.set_name}: expected a check of {self.name}, got none")
        declared = Declared(
            self.name,
            blocked=tuple(" ".join(cell.marks.get("blocked", "") for cell in checks).split()),
            setup=setup,
            tools=tools,
            solution=solution.text,
            checks=tuple((cell.marks.get("part", ""), cell.text) for cell in checks),
            mistakes=mistakes,
        )
        return Exercise(
            self.name,
            int(prompt.marks.get("points", 1)),
            prompt.text,
            tuple(cell.text for cell in self._marked("hint")),
            starter.text,
            solution.text,
            declared,
            (*(Known(self.name, "mistake", one.name, str(one.code)) for one in mistakes), *rights),
        )

    def _marked(self, mark: str) -> list[Cell]:
        return [cell for cell in self.cells if cell.marks.get(mark) == self.name]

    def _one(self, mark: str) -> Cell:
        found = self._marked(mark)
        if len(found) != 1:
            raise ValueError(f"{self.set_name}: expected one {mark} of {self.name}, got {len(found)}")
        return found[0]


_BULLET = re.compile(r"^- \*\*(.+?)\*\*:[ \n]", re.MULTILINE)
_OTHER_BULLET = re.compile(r"^(?:[*+] |- (?!\*\*.+?\*\*:[ \n])).*", re.MULTILINE)
_EDIT = re.compile(r"\s*`([^`]+)` →\s+`([^`]*)`[,;]?")
_BODY = re.compile(r"\s*`([^`]+)`(?! →)")
_BLOCK = re.compile(r"\s*```python\n(.*?)\n```", re.DOTALL)


def mistakes_in(text: str, solution: str, name: str) -> Iterator[Mistake]:
    """Yield the mistakes of a list, each with the solution that was edited to make it.

    An edit is `old` → `new`; what stands alone, in backticks or in a block, is a whole new body or value. A
    mistake without words has those of the one of the same name before it.

    Raises: ValueError for an edit of what the solution does not hold just once, and for what is no mistake.

    >>> (one,) = mistakes_in("- **squared**: `x` → `x * x`\\n  How often?", "double = 2 * x", "double")
    >>> one.name, one.says, one.code
    ('squared', 'How often?', 'double = 2 * x * x')
    """
    before, *parts = _BULLET.split(text)
    if before.strip() or _OTHER_BULLET.search(text):
        stray = (_OTHER_BULLET.search(text) or re.match(r"\s*(.*)", before) or [""])[0].strip()
        raise ValueError(f"{name}: expected each mistake to begin with `- **its name**:`, got {stray[:60]!r}")
    says: dict[str, str] = {}
    for label, rest in zip(parts[::2], parts[1::2], strict=True):
        code, words = _edited(textwrap.dedent(f"  {rest}"), solution, f"{name}, {label}")
        says.setdefault(label, " ".join(words.split()))
        yield Mistake(label, says[label], code)


def _edited(rest: str, solution: str, where: str) -> tuple[str, str]:
    """The solution with a mistake, and what is said of it."""
    if re.match(r"\s*`[^`]+` *->", rest):
        raise ValueError(f"{where}: expected `old` → `new` with the sign →, got -> in {rest.strip()[:60]!r}")
    whole = _BLOCK.match(rest) or _BODY.match(rest)
    if whole:
        return _with_body(solution, whole[1]), rest[whole.end() :]
    code, place = solution, 0
    while edit := _EDIT.match(rest, place):
        if code.count(edit[1]) != 1:
            raise ValueError(f"{where}: expected `{edit[1]}` once in the solution, got {code.count(edit[1])}")
        code, place = code.replace(edit[1], edit[2]), edit.end()
    if not place:
        raise ValueError(f"{where}: expected an edit, got {rest[:60]!r}")
    return code, rest[place:]


def _with_body(solution: str, body: str) -> str:
    """The solution with another body or value; code that is whole already is left as it is."""
    (*_, last) = ast.parse(solution).body
    if isinstance(last, ast.FunctionDef):
        if re.search(rf"^def {last.name}\(", body, re.MULTILINE):
            return body
        header = solution.splitlines()[: last.body[0].lineno - 1]
        return "\n".join([*header, textwrap.indent(body, "    ")])
    assert isinstance(last, ast.Assign)
    target = ast.unparse(last.targets[0])
    return body if re.search(rf"^{target} =", body, re.MULTILINE) else f"{target} = {body}"
