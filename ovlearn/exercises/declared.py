"""An exercise as it is declared, and the check that comes of it.

A set's file holds, for each exercise, a solution, inputs, an independent answer, and mistakes as edits of the
solution. An answer that is not right is compared with what the edited solutions give *for the same input*. So
a mistake is known by its effect, whatever the code looks like, and it is written once.

What the cell of a check may define:

- `inputs(student)` yields a `call` for each time that the answer is asked, or a function that makes one: it
  is asked again until every mistake has a value of its own.
- `answer(*arguments)` is what is right, by a route of its own, where a call does not say what it wants.
- `axes` names the axes, `letters` the cases; `says` is said where no mistake fits.
- `near(one, other, call)` tells whether two mistakes' values are too near to each other to tell them apart.
- `read(got, call)` returns what of the answer is compared; it may say that it is wrong.
- `alike(got, value, call)` tells whether two values are the same answer, where not equal numbers count.
- `judge(got, call)` judges what was built by what it does, in the place of comparing.

`mistake(name, *rows)` says that an answer is wrong, in the words that are declared of that mistake;
`suspects(call)` is what each of them gives.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from types import CodeType
from typing import Any, NoReturn

import numpy as np

from ovlearn.exercises.answers import Namespace, Student
from ovlearn.exercises.comparing import Suspects, choose, compare, equal, resemble
from ovlearn.exercises.outcomes import NotAttempted, Row, Wrong

Code = (
    str | CodeType
)  # source; in the page what was compiled of it, so that no solution lies there to be read
_MOST_DRAWS = 1000
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Mistake:
    """A usual mistake: its name, what a tutor would say, and the solution with that mistake in it."""

    name: str
    says: str
    code: Code


@dataclass(frozen=True)
class Declared:
    """An exercise, ready to be checked.

    `setup`: what runs before its answers; `tools`: what runs before its checks; `checks`: the code of each,
    with the name of its part, which is empty where there is one alone.
    """

    name: str
    blocked: tuple[str, ...]
    setup: Code
    tools: Code
    solution: Code
    checks: tuple[tuple[str, Code], ...]
    mistakes: tuple[Mistake, ...]

    @cached_property
    def tests(self) -> tuple[Check, ...]:
        """Its checks."""
        return tuple(Check(self, part, code) for part, code in self.checks)

    def says(self, name: str) -> str:
        """Return what a tutor would say of a mistake."""
        return next((one.says for one in self.mistakes if one.name == name), "")

    @cached_property
    def mistaken(self) -> tuple[tuple[str, Student], ...]:
        """The name of each mistake, and a student who makes it."""
        before = ran(self.setup)
        return tuple((one.name, Student(Namespace(ran(one.code, before)), 0)) for one in self.mistakes)


@dataclass(frozen=True)
class Call:
    """One time that an answer is asked.

    `words`: the input, for the evidence; `want`: what is right, where the check's `answer` does not say;
    `case`: whatever a judge needs; `using`: definitions that expressions may use; `same`: the mistakes that
    give the right value here; `fields`: what the words of a mistake may name in braces.
    """

    arguments: tuple[Any, ...] = ()
    words: str = ""
    want: Any = None
    case: Any = None
    using: tuple[Any, ...] = ()
    same: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


def call(*arguments: Any, **rest: Any) -> Call:
    """Return a call with these arguments. What is no field of a `Call` may be named by mistakes' words.

    >>> call(1, 2, words="two numbers", layer=3).fields
    {'words': 'two numbers', 'layer': 3}
    """
    own = {name: rest.pop(name) for name in ("want", "case", "using", "same") if name in rest}
    return Call(arguments, rest.get("words", ""), fields=rest, **own)


def ran(code: Code, names: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the names that code of the course's own makes, after these."""
    made = dict(names or {})
    exec(compile(code, "<answer>", "exec") if isinstance(code, str) else code, made)
    return made


class Check:
    """One check of an exercise. Called with a student, it is passed, or raises Wrong or NotAttempted."""

    def __init__(self, declared: Declared, part: str, code: Code) -> None:
        self.declared = declared
        self.__name__ = f"test_{declared.name}" + (f"__{part}" if part else "")
        self._code = code

    def __call__(self, student: Student) -> None:
        """Ask the answer, call by call."""
        calls = self._calls(student)
        for one in calls:
            self._judge(student, one, calls)

    @cached_property
    def _cell(self) -> dict[str, Any]:
        before = ran(self.declared.tools, ran(self.declared.setup))
        return ran(self._code, {**before, "call": call, "mistake": self._mistake, "suspects": self._suspects})

    def _calls(self, student: Student) -> Iterator[Call]:
        for one in self._cell["inputs"](student) if "inputs" in self._cell else (call(),):
            yield self._telling(one) if callable(one) else self._wanted(one)

    def _wanted(self, one: Call) -> Call:
        if one.want is not None or "answer" not in self._cell:
            return one
        return replace(one, want=self._cell["answer"](*one.arguments))

    def _telling(self, draw: Callable[[], Call | None]) -> Call:
        """A call in which every mistake has a value of its own. A draw that is None is not even looked at."""
        near = self._hook("near", self._alike)
        for made in filter(None, (draw() for _ in range(_MOST_DRAWS))):
            one = self._wanted(made)
            values = [value for name, value in self._values(one) if name not in one.same]
            if not any(near(a, b, one) for a, b in combinations([*values, one.want], 2)):
                return one
        raise RuntimeError(f"{self.__name__}: in {_MOST_DRAWS} draws no input told all mistakes apart")

    def _values(self, one: Call) -> Iterator[tuple[str, Any]]:
        """What each mistake gives for an input; a mistake that breaks on it gives nothing."""
        for mistake, student in self.declared.mistaken:
            with contextlib.suppress(Wrong, NotAttempted):
                yield mistake, self._value(student, one)

    def _value(self, student: Student, one: Call) -> Any:
        """What an answer gives for an input, as it is compared."""
        return self._hook("read", _as_it_is)(self._asked(student, one), one)

    def _asked(self, student: Student, one: Call) -> Any:
        """What an answer gives: the value of a function for this input, or the value that it is."""
        try:
            answer = getattr(student, self.declared.name)
            return answer(*one.arguments) if one.arguments else answer
        except ValueError:  # more numbers than may pass between an answer and its check
            if not self.declared.says("too large"):
                raise
            self._mistake("too large")

    def _judge(self, student: Student, one: Call, later: Iterator[Call]) -> None:
        if judge := self._hook("judge"):
            judge(self._asked(student, one), one)
            return
        got = self._value(student, one)
        if not self._alike(got, one.want, one):
            suspects = self._suspects(one)
            names = {name for name, (value, _) in suspects.items() if self._alike(got, value, one)}
            names = self._told_apart(names, student, later) or {*suspects}
            self._compare(got, one.want, one, {name: suspects[name] for name in suspects if name in names})

    def _told_apart(self, names: set[str], student: Student, later: Iterator[Call]) -> set[str]:
        """Those of the mistakes that give the answer's value for later inputs as well, if there are any."""
        for one in later:
            if len(names) < 2:
                break
            with contextlib.suppress(Wrong, NotAttempted):
                got = self._value(student, one)
                alike = {name for name, value in self._values(one) if self._alike(got, value, one)}
                names = names & alike or names
        return names

    def _suspects(self, one: Call) -> Suspects:
        """What each mistake gives for an input, and what is said of it. Of those with one name, the first."""
        found: dict[str, tuple[Any, str]] = {}
        for name, value in self._values(one):
            found.setdefault(name, (value, filled(self.declared.says(name), one.fields)))
        return found

    def _alike(self, got: Any, value: Any, one: Call) -> bool:
        """Tell whether two values are the same answer."""
        try:
            self._compare(got, value, one, {})
        except Wrong:
            return False
        return True

    def _compare(self, got: Any, want: Any, one: Call, suspects: Suspects) -> None:
        """Compare in the way that fits what is wanted. Raises: Wrong, naming the mistake."""
        says = filled(self._hook("says", "That is not it."), one.fields)
        if alike := self._hook("alike"):
            resemble(got, want, lambda a, b: alike(a, b, one), suspects=suspects, says=says, case=one.words)
        elif isinstance(want, set | frozenset):
            choose(got, set(want), among=self._cell["letters"], suspects=suspects)
        elif isinstance(want, np.ndarray):
            compare(got, want, axes=self._hook("axes", ()), case=one.words, suspects=suspects)
        elif hasattr(want, "is_Matrix"):  # sympy's: loaded where one is wanted
            from ovlearn.exercises.deriving import equate

            equate(got, want, using=one.using, suspects=suspects)
        else:
            equal(got, want, suspects=suspects, says=says)

    def _hook(self, name: str, default: Any = None) -> Any:
        return self._cell.get(name, default)

    def _mistake(self, name: str, *rows: Row, **fields: Any) -> NoReturn:
        raise Wrong(name, filled(self.declared.says(name), fields), rows)


def filled(words: str, fields: Mapping[str, Any]) -> str:
    """Return words with the fields that they name in braces filled in.

    >>> filled("It stops at layer {layer}, as {1} does.", {"layer": 2})
    'It stops at layer 2, as {1} does.'
    """
    return _FIELD.sub(lambda found: str(fields.get(found[1], found[0])), words)


def _as_it_is(got: Any, one: Call) -> Any:
    return got
