"""A toy set: what is declared becomes the check, and what is declared wrongly is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from live.parts.bytecode import packed
from ovlearn.exercises import compiled
from ovlearn.exercises.answers import Namespace, Student
from ovlearn.exercises.declared import Declared
from ovlearn.exercises.gate import readable
from ovlearn.exercises.outcomes import Wrong
from ovlearn.exercises.sets import COMPILED
from ovlearn.exercises.sources import SetSource, mistakes_in, source_in

TOY = """# %% [markdown]
# # Exercises: a toy

# %%
import numpy as np

# %% tools=true
SHIFT = 3

# %% [markdown] exercise="doubled" points=2
# ## Twice
# %% [markdown] hint="doubled"
# Add it to itself.
# %% starter="doubled"
def doubled(x):
    return ...

# %% solution="doubled"
def doubled(x):
    # a word on the way
    y = 2 * x
    return y

# %% check="doubled" blocked="circuits.ov circuits.qk"
axes = ("place",)

def inputs(student):
    for rng in student.draws(2):
        yield call(rng.normal(size=3) + SHIFT, place=7)

def answer(x):
    return x + x

# %% [markdown] mistakes="doubled"
# - **squared**: `2 * x` → `x * x`
#   At {place}: how often
#   is `x` taken?
# - **half**: `2 * x` → `x`,
#   `return y` → `return y / 2`
#   This is half of it.
# - **nothing of it**: `return 0 * x`
#   All is gone.
# - **breaks**: `return x.no_such_thing`
#   It breaks.
# - **half**:
#   ```python
#   z = x / 2
#   return z
#   ```
# %% right="doubled" form="added"
def doubled(x):
    return x + x

# %% [markdown] exercise="few"
# ## Few
# %% starter="few"
def few(n):
    return ...

# %% solution="few"
def few(n):
    return n % 3

# %% check="few"
says = "For {words} it is another one."

def inputs(student):
    for rng in student.draws(1):
        yield lambda: draw(int(rng.integers(50)))

def draw(n):
    return call(n, words=f"n={n}", same=("not divided",)) if n > 2 else None

def answer(n):
    return n - 3 * (n // 3)

# %% check="few" part="large"
def inputs(student):
    yield call(3**40)

def judge(got, call):
    if got:
        mistake("not divided", ("got", str(got)), place="the end")

# %% [markdown] mistakes="few"
# - **n itself**: `n % 3` → `n`
#   Divide.
# - **whole part**: `n % 3` → `n // 3`
#   What is left?
# - **not divided**: `n % 3` → `n % 3 + (n > 3**30)`
#   Look at {place}.

# %% [markdown] exercise="which"
# ## Which
# %% starter="which"
which = ...
# %% solution="which"
which = {"a", "c"}
# %% check="which"
letters = "abcd"
def inputs(student):
    yield call(want={"a", "c"})
# %% [markdown] mistakes="which"
# - **none**: `set()`
#   Begin with a.
# - **b too**: `"a, b, c"`
#   Look at b.
# - **no c**: `which = ["a"]`
#   Look at c.
"""


@pytest.fixture
def source(tmp_path: Path) -> SetSource:
    file = tmp_path / "01_toy.py"
    file.write_text(TOY, encoding="utf-8")
    return source_in(file)


def verdict(declared: Declared, answer: Any, seed: int = 0) -> str:
    """The mistake's name, or "" where every check is passed."""
    try:
        for test in declared.tests:
            test(Student(Namespace({declared.name: answer}), seed))
    except Wrong as wrong:
        return wrong.mistake
    return ""


def says(declared: Declared, answer: Any) -> str:
    with pytest.raises(Wrong) as caught:
        declared.tests[-1](Student(Namespace({declared.name: answer}), 0))
    return str(caught.value)


def unpacked(source: SetSource, folder: Path) -> tuple[Declared, ...]:
    """The exercises as a page has them."""
    data = compiled.to_compile(one.declared for one in source.exercises)
    file = folder / f"01_toy{COMPILED}"
    file.write_bytes(packed(data))
    assert [*readable(source, data)] != []
    assert [*readable(source, file.read_bytes())] == []
    return compiled.unpacked(file)


@pytest.fixture(params=["source", "page"])
def toy(request: pytest.FixtureRequest, source: SetSource, tmp_path: Path) -> dict[str, Declared]:
    found = (
        unpacked(source, tmp_path) if request.param == "page" else [one.declared for one in source.exercises]
    )
    return {one.name: one for one in found}


def test_a_mistake_is_named_by_the_value_of_the_edited_solution(toy: dict[str, Declared]) -> None:
    doubled = toy["doubled"]
    assert verdict(doubled, lambda x: x * 2.0) == ""
    assert verdict(doubled, lambda x: x**2) == "squared"
    assert verdict(doubled, lambda x: 0.5 * x) == "half"
    assert verdict(doubled, lambda x: x - x) == "nothing of it"
    assert verdict(doubled, lambda x: x * 3) == "values"
    assert verdict(doubled, lambda x: x[:2]) == "shape"
    assert says(doubled, lambda x: x * x) == "At 7: how often is `x` taken?"
    assert doubled.blocked == ("circuits.ov", "circuits.qk")


def test_inputs_are_drawn_until_each_mistake_has_a_value_of_its_own(toy: dict[str, Declared]) -> None:
    few = toy["few"]
    for seed in range(30):  # n % 3, n and n // 3 coincide for some n
        assert verdict(few, lambda n: n, seed) == "n itself"
        assert verdict(few, lambda n: n // 3, seed) == "whole part"
        assert verdict(few, lambda n: n % 3, seed) == ""
    assert verdict(few, lambda n: 0 if n > 50 else n % 3) == ""
    assert verdict(few, lambda n: n % 3 + (n > 3**30)) == "not divided"
    assert says(few, lambda n: 1) == "Look at the end."


def test_a_word_for_the_input_stands_where_no_mistake_fits(toy: dict[str, Declared]) -> None:
    with pytest.raises(Wrong, match=r"^For n=\d+ it is another one\.$"):
        toy["few"].tests[0](Student(Namespace({"few": lambda n: n + 100}), 0))


def test_letters_are_told_one_by_one(toy: dict[str, Declared]) -> None:
    which = toy["which"]
    found = {
        "ac": "",
        "": "values",
        "abc": "b too",
        "a": "no c",
        "ab": "b too",
        "c": "values",
        "x": "other letters",
    }
    assert {answer: verdict(which, answer) for answer in found} == found | {"": "none"}


def test_the_parts_of_a_set_are_read(source: SetSource) -> None:
    doubled = source.exercise("doubled")
    assert (source.title, doubled.title, doubled.points, doubled.hints) == (
        *("Exercises: a toy", "Twice", 2),
        ("Add it to itself.",),
    )
    kinds = [(one.kind, one.name) for one in doubled.known]
    assert kinds[-1] == ("right", "added")
    assert [name for kind, name in kinds if kind == "mistake"] == [
        *("squared", "half", "nothing of it", "breaks", "half"),
    ]
    assert "# a word on the way\n    y = x\n    return y / 2" in doubled.known[1].code
    assert doubled.known[4].code == "def doubled(x):\n    # a word on the way\n    z = x / 2\n    return z"


@pytest.mark.parametrize(
    ("bullet", "message"),
    [
        ("- **a**: `3 * x` → `x`\n  Words.", "expected `3 \\* x` once in the solution, got 0"),
        ("- **a**: `x` → `y`\n  Words.", "expected `x` once in the solution, got 2"),
        ("- **a**: no edit at all", "expected an edit, got 'no edit"),
    ],
)
def test_what_is_no_edit_is_told(bullet: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        [*mistakes_in(bullet, "def double(x):\n    return 2 * x", "double")]


def test_a_part_that_is_missing_is_told(tmp_path: Path) -> None:
    file = tmp_path / "01_toy.py"
    file.write_text(TOY.replace('# %% solution="few"', '# %% solution="fewer"'), encoding="utf-8")
    with pytest.raises(ValueError, match="01_toy: expected one solution of few, got 0"):
        source_in(file)


def test_inputs_that_never_tell_are_an_error_of_the_author(source: SetSource) -> None:
    (few,) = (one.declared for one in source.exercises if one.name == "few")
    blind = Declared(**{**vars(few), "checks": (("", few.checks[0][1].replace("rng.integers(50)", "4")),)})  # type: ignore[union-attr]
    with pytest.raises(RuntimeError, match="in 1000 draws no input told all mistakes apart"):
        blind.tests[0](Student(Namespace({"few": lambda n: n}), 0))
