"""The gate that every exercise set must pass: right answers pass, each mistake is told by its own name.

`ovlearn author check` prints what it finds, and the tests hold it to be nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ovlearn.exercises.answers import Namespace
from ovlearn.exercises.judging import verdict_on
from ovlearn.exercises.outcomes import Outcome
from ovlearn.exercises.replies import Answers
from ovlearn.exercises.sets import files, names_in
from ovlearn.exercises.sources import Exercise, SetSource, source_of
from ovlearn.exercises.starters import starter

SEEDS = range(3)
_LEAST_HINTS, _LEAST_MISTAKES, _LEAST_RIGHTS = 2, 3, 1
# What comes out where no mistake was recognised: not a name that a known mistake may count on.
GENERAL = frozenset(
    {"shape", "values", "raised", "missing", "type", "nothing", "not finite", "not judged", "not there yet"}
)


@dataclass(frozen=True)
class Findings:
    """What was counted in a set, and all that is wrong with it."""

    set_name: str
    exercises: int
    mistakes: int
    rights: int
    leaks: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.leaks and not self.faults


_LEFT = re.compile(r"^(return|\w+ =) ")
_TELLING = 6  # characters of an expression that stand nowhere by chance

Maker = Callable[[str, str], Answers]  # (setup, code) → the answers that they make


def in_process(setup: str, code: str) -> Answers:
    """Return the answers that code makes, in this process. Only for code of the course's own."""
    names: dict[str, object] = {}
    exec(compile(setup, "<answer setup>", "exec"), names)
    exec(compile(code, "<answer>", "exec"), names)
    return Namespace(names)


def inspect(set_name: str, make: Maker = in_process) -> Findings:
    """Try every starter, solution, known mistake and unusual right answer of a set, over several seeds."""
    source = source_of(set_name)
    faults = [fault for one in source.exercises for fault in _incomplete(one)]
    faults += [f"{one.name}: expected a name of its own, got one of {other}" for one, other in _twice(source)]
    for name, kind, label, code in _all_answers(source):
        faults += [f"{name}, {label}: {fault}" for fault in _tried(source, name, kind, label, code, make)]
    return Findings(
        set_name,
        len(source.exercises),
        sum(one.kind == "mistake" for one in source.known),
        sum(one.kind == "right" for one in source.known),
        tuple(leaks(source)),
        tuple(faults),
    )


def _twice(source: SetSource) -> Iterator[tuple[Exercise, str]]:
    """The exercises whose name another set has too, and that set."""
    for one in source.exercises:
        yield from ((one, other) for other in files() if other != source.name and one.name in names_in(other))


def leaks(source: SetSource) -> Iterator[str]:
    """Yield what learners could read of a solution: a line of it in its prompt or hints, or all of it."""
    whole = _squeezed(starter(source.name))
    for one in source.exercises:
        own = _squeezed("\n".join([one.prompt, *one.hints]))
        lines = solution_lines(one)
        if all(_squeezed(line) in whole for line in lines):
            yield f"{one.name}: the notebook holds its solution"
        for line in lines:
            bare = _squeezed(_LEFT.sub("", line))
            if len(bare) >= _TELLING and bare in own:
                yield f"{one.name}: {line}"


def readable(source: SetSource, data: bytes) -> Iterator[str]:
    """Yield the lines of solutions, and of answers that are known, that stand as text in what a page gets."""
    for one in source.exercises:
        codes = (one.solution, *(known.code for known in one.known))
        lines = {line for code in codes for line in solution_lines(replace(one, solution=code))}
        telling = sorted(line for line in lines if len(_squeezed(line)) >= _TELLING)
        yield from (f"{one.name}: {line}" for line in telling if line.encode() in data)


def solution_lines(one: Exercise) -> list[str]:
    """Return the lines of a solution that tell something: those that the starter has not."""
    begun = {_squeezed(line) for line in one.starter.splitlines()}
    lines = [line.partition("#")[0].strip() for line in one.solution.splitlines()]
    return [line for line in lines if line and _squeezed(line) not in begun]


def _incomplete(one: Exercise) -> Iterator[str]:
    for what, count, least in (
        ("hints", len(one.hints), _LEAST_HINTS),
        ("known mistakes", sum(each.kind == "mistake" for each in one.known), _LEAST_MISTAKES),
        ("unusual right answers", sum(each.kind == "right" for each in one.known), _LEAST_RIGHTS),
    ):
        if count < least:
            yield f"{one.name}: expected at least {least} {what}, got {count}"


def _all_answers(source: SetSource) -> Iterator[tuple[str, str, str, str]]:
    for one in source.exercises:
        yield one.name, "starter", "the starter", one.starter
        yield one.name, "right", "the solution", one.solution
    for each in source.known:
        yield each.exercise, each.kind, each.name, each.code


def _tried(source: SetSource, name: str, kind: str, label: str, code: str, make: Maker) -> Iterator[str]:
    for seed in SEEDS:
        total = verdict_on(name, make(source.setup, code), seed).total
        fault = _fault(kind, label, total)
        if fault:
            yield f"{fault} (seed {seed})"
            return


def _fault(kind: str, label: str, total: Outcome) -> str:
    got = f"{total.status} {total.mistake} {total.says}".strip()
    if kind == "starter":
        return "" if total.status == "not attempted" else f"expected not attempted, got {got}"
    if kind == "right":
        return "" if total.passed else f"expected full marks, got {got}"
    if label in GENERAL:
        return "is the name of no mistake in particular"
    told = total.status == "wrong" and total.mistake == label
    return "" if told else f"expected to be named so, got {got}"


def _squeezed(text: str) -> str:
    """Text without spaces and quotes, so that neither hides a line."""
    return re.sub(r"[\s\"'\\]", "", text)
