"""What is the answer itself is gone: no original is left for whoever holds the function."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ovlearn as ov
from ovlearn.exercises.blocking import Blocked, blocking, made_of
from ovlearn.exercises.catalogue import declared
from ovlearn.exercises.sets import all_names

ROOT = Path(__file__).parents[2]
BLOCKING = [name for name in all_names() if declared(name).blocked]

# In a process of its own, since it is for good: who holds each body, before and after.
GONE = """
import gc, sys, weakref
from ovlearn.exercises.blocking import Blocked, made_of, remove
from ovlearn.exercises.catalogue import declared
from ovlearn.exercises.sets import all_names
from ovlearn.grader.worker.inside import preload
preload()
names = tuple(dict.fromkeys(name for each in all_names() for name in declared(each).blocked))
bodies = {f"{f.__module__}.{f.__qualname__}": weakref.ref(f.__code__) for f in made_of(names)}
assert all(body() is not None for body in bodies.values())
remove(names)
left = [name for name, body in bodies.items() if body() is not None]
refusing = 0
for function in made_of(names):
    try: function()
    except Blocked: refusing += 1
print(len(bodies), refusing, left)
"""


def test_nothing_in_the_process_holds_a_body_that_was_removed() -> None:
    done = subprocess.run([sys.executable, "-c", GONE], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    bodies, refusing, left = done.stdout.split(maxsplit=2)
    assert int(bodies) == int(refusing) > 40
    assert left.strip() == "[]"


def test_parts_go_with_what_they_are_parts_of_and_what_others_need_stays() -> None:
    derivers = {function.__module__ for function in made_of(("derive",)) if function.__name__ == "derive"}
    assert {f"ovlearn.symbolic.course.{name}" for name in ("ov_fold", "ov_circuit", "conventions")} < derivers
    forward = {function.__qualname__ for function in made_of(("numeric.model.forward",))}
    assert forward == {"forward", "_blank"}
    assert [function.__qualname__ for function in made_of(("circuits.ov",))] == ["ov"]  # not what `qk` needs


@pytest.mark.parametrize("exercise", BLOCKING)
def test_a_notebook_gets_its_functions_back(exercise: str) -> None:
    names = declared(exercise).blocked
    before = {function: function.__code__ for function in made_of(names)}
    with blocking(names):
        for function, body in before.items():
            assert function.__code__ is not body
            with pytest.raises(Blocked):
                function()
    assert {function: function.__code__ for function in before} == before


def test_a_derivation_by_its_own_module_is_refused_too() -> None:
    from ovlearn.symbolic.course import ov_fold

    with blocking(("derive",)), pytest.raises(Blocked, match="`derive` is the answer itself"):
        ov_fold.derive(None)
    assert ov.derive("ov-fold").steps
