"""Errors end at the reader's own line, and say what can be done about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ovlearn.numeric.zoo import trained
from tests.live.reader import Reader, as_it_is, error, seen

PLACES = re.compile(r"^(cell \w+, line \d+.*)$", re.MULTILINE)

NUMPY = "import numpy as np\n"
# Code, where it goes wrong, and what is wrong.
ERRORS = {
    "own line": ("x = 1\n1 / 0", ["cell 4, line 2"], "ZeroDivisionError: division by zero"),
    "own function": (
        *("def f(x):\n    return 1 / x\n\nf(0)", ["cell 4, line 4", "cell 4, line 2, in f"]),
        "ZeroDivisionError",
    ),
    "numpy": (f"{NUMPY}np.linalg.inv(np.zeros((2, 2)))", ["cell 4, line 2"], "LinAlgError: Singular matrix"),
    "numpy's own words": (f"{NUMPY}np.eye(2) @ np.eye(3)", ["cell 4, line 2"], "ValueError: matmul: "),
    "ovlearn": (
        "import ovlearn as ov\nov.derive('ov')",
        ["cell 4, line 2"],
        "ValueError: slug: expected",
    ),
    "called back": (
        *("sorted([1], key=lambda x: 1 / 0)", ["cell 4, line 1", "cell 4, line 1, in <lambda>"]),
        "ZeroDivisionError",
    ),
    "syntax": ("x = 1\ny = = 2", ["cell 4, line 2"], "    y = = 2\n        ^\nSyntaxError: invalid syntax"),
    "indent": ("if True:\nx", ["cell 4, line 2"], "IndentationError: expected an indented block"),
    "unclosed": ("print((1)", ["cell 4, line 1"], "SyntaxError: '(' was never closed"),
    "null": ("x = '\0'", [], "source code string cannot contain null bytes"),
    "no module": ("import torch", ["cell 4, line 1"], "Nothing else can be installed."),
    "no keyboard": ("input('Name? ')", ["cell 4, line 1"], "EOFError: input() cannot ask here"),
    "memory": (f"{NUMPY}np.zeros((10**6, 10**6))", ["cell 4, line 2"], "The page has not that much memory."),
    "plain memory": (
        "raise MemoryError",
        ["cell 4, line 1"],
        "MemoryError\nThe page has not that much",
    ),
    "exit": ("exit()", ["cell 4, line 1"], "SystemExit\nThe code asked Python to end."),
    "sys.exit": ("import sys\nsys.exit('enough')", ["cell 4, line 2"], "SystemExit: enough\nThe code asked"),
    "interrupt": ("raise KeyboardInterrupt", ["cell 4, line 1"], "KeyboardInterrupt"),
    "no message": ("raise ValueError", ["cell 4, line 1"], "ValueError"),
    "notes": ("e = ValueError('a')\ne.add_note('b')\nraise e", ["cell 4, line 3"], "ValueError: a\nb"),
    "a value that cannot show itself": (
        *("class A:\n    def __repr__(self):\n        return 1 / 0\nA()", ["cell 4, line 3, in __repr__"]),
        "ZeroDivisionError",
    ),
    "an error that cannot show itself": (
        *("class E(Exception):\n    def __str__(self):\n        return 1 / 0\nraise E", ["cell 4, line 4"]),
        "E: <exception str() failed>",
    ),
    "an error like ours that cannot show itself": (
        *("class E(ValueError):\n    def __str__(self):\n        return 1 / 0\nraise E", ["cell 4, line 4"]),
        "E: <exception str() failed>",
    ),
}


@pytest.fixture
def reader() -> Reader:
    return Reader(as_it_is)


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_shows_the_readers_lines_alone(reader: Reader, name: str) -> None:
    code, places, says = ERRORS[name]
    done = reader.run(code)
    text = error(done)
    assert PLACES.findall(text) == places
    assert says in text
    assert not re.search(r"Traceback|File \"|site-packages|ovlearn_live", text)
    assert done["error"]["says"].startswith(places[-1] if places else "")
    assert "\n" not in done["error"]["says"]
    assert seen(reader.run("'on'")) == ["'on'"]


def test_the_code_is_quoted_with_marks(reader: Reader) -> None:
    assert error(reader.run("def f(x):\n    return 1 / x\n\nf(0)")).splitlines()[:4] == [
        "cell 4, line 4",
        "    f(0)",
        "cell 4, line 2, in f",
        "    return 1 / x",
    ]


def test_what_was_shown_before_an_error_stays(reader: Reader) -> None:
    done = reader.run("print('before')\ndisplay(1)\n1 / 0")
    assert seen(done) == ["before", "1"]
    assert done["error"] is not None


def test_endless_recursion_is_told_in_a_few_lines(reader: Reader) -> None:
    text = error(reader.run("def f(x):\n    return f(x + 1)\nf(0)"))
    assert "RecursionError: maximum recursion depth exceeded" in text
    assert re.search(r"… and \d+ calls more …", text)
    assert len(text.splitlines()) < 40


def test_a_function_of_another_cell_is_quoted_from_there(reader: Reader) -> None:
    reader.run("def f(x):\n    return 1 / x", 2)
    assert error(reader.run("f(0)", 3)).splitlines()[:3] == [
        "cell 3, line 1",
        "    f(0)",
        "cell 2, line 2, in f",
    ]


def test_a_broken_edit_does_not_change_what_ran_before(reader: Reader) -> None:
    reader.run("def f(x):\n    return 1 / x", 2)
    reader.run("def f(x:", 2)
    assert "    return 1 / x" in error(reader.run("f(0)", 3))


def test_a_model_that_was_not_sent_is_named(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for reads in (trained.stored, trained.text):
        monkeypatch.setattr(reads, "__defaults__", (tmp_path,))
    for call in ('zoo.load("king-james")', "zoo.text()"):
        text = error(reader.run(f"from ovlearn import zoo\n{call}", 9))
        assert PLACES.findall(text) == ["cell 9, line 2"]
        assert "The page has not loaded king-james" in text
        assert f"write {call} there, just so." in text


def test_an_error_is_escaped(reader: Reader) -> None:
    html = reader.run("raise ValueError('<img src=x onerror=alert(1)>')")["error"]["html"]
    assert "<img" not in html


def test_the_readers_html_is_not_ours_to_trust(reader: Reader) -> None:
    """What a value says of itself goes to the page as it is: the page must clean it."""
    (html,) = reader.run("class A:\n    def _repr_html_(self):\n        return '<script>1</script>'\nA()")[
        "outputs"
    ]
    assert "<script>" in html
