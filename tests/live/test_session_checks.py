"""Answers checked in a session: a notebook's verdicts, and what becomes of an answer that breaks."""

from __future__ import annotations

import pytest

from ovlearn.exercises.sets import files
from ovlearn.exercises.sources import source_of
from tests.live.native import answers, natively
from tests.live.reader import Reader, as_it_is, seen

RIGHT = "def ov_matrix(W_V, W_O):\n    return W_V @ W_O"


@pytest.fixture
def reader() -> Reader:
    return Reader(as_it_is)


@pytest.mark.parametrize("set_name", files())
def test_every_starter_solution_and_known_answer_is_told_as_natively(reader: Reader, set_name: str) -> None:
    setup = source_of(set_name).setup
    for exercise, code in answers(set_name):
        reader.reset()
        assert reader.run(setup, "setup")["error"] is None
        got = reader.check(exercise, code, seed=5)
        assert got["error"] is None
        wanted = natively(exercise, setup, code, 5)
        assert {name: got[name] for name in wanted} == wanted


def test_an_answer_is_checked_with_what_it_prints(reader: Reader) -> None:
    verdict = reader.check("ov_matrix", "def ov_matrix(W_V, W_O):\n    print('hello')\n    return W_V @ W_O")
    assert verdict["kind"] == "verdict"
    assert verdict["status"] == "passed"
    assert seen(verdict)[0].startswith("hello")


def test_new_numbers_are_drawn_without_a_seed(reader: Reader) -> None:
    wrong = RIGHT.replace("W_V @ W_O", "W_O @ W_V")
    rows = [reader.check("ov_matrix", wrong, seed=None)["evidence"] for _ in range(4)]
    assert len({str(each) for each in rows}) > 1
    assert reader.check("ov_matrix", wrong, seed=7)["evidence"][-1] == [
        "the same again",
        'check("ov_matrix", seed=7)',
    ]


def test_a_cell_that_breaks_leaves_no_older_answer_to_be_checked(reader: Reader) -> None:
    assert reader.check("ov_matrix", RIGHT)["status"] == "passed"
    verdict = reader.check("ov_matrix", f"1 / 0\n{RIGHT}")
    assert verdict["status"] == "wrong"
    assert verdict["says"] == (
        "There is no `ov_matrix` here. Its cell raised ZeroDivisionError at line 1: 1 / 0: division by zero"
    )
    assert verdict["error"]["says"] == "cell ov_matrix, line 1: ZeroDivisionError: division by zero"


def test_a_cell_that_cannot_be_read_says_where(reader: Reader) -> None:
    verdict = reader.check("ov_matrix", "def ov_matrix(W_V, W_O)\n    return W_V @ W_O")
    assert verdict[
        "says"
    ] == "There is no `ov_matrix` here. Its cell raised SyntaxError at line 1: expected ':' " + (
        "(<cell ov_matrix>, line 1)"
    )
    assert verdict["error"]["says"] == "cell ov_matrix, line 1: SyntaxError: expected ':'"


def test_an_answer_that_stands_is_checked_whatever_comes_after_it(reader: Reader) -> None:
    verdict = reader.check("ov_matrix", f"{RIGHT}\n1 / 0")
    assert verdict["status"] == "passed"
    assert "ZeroDivisionError" in verdict["error"]["says"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("return input('W? ')", "`ov_matrix` raised EOFError: input() cannot ask here"),
        ("exit()", "`ov_matrix` raised SystemExit"),
        ("raise MemoryError", "`ov_matrix` raised MemoryError"),
        ("return ov_matrix(W_V, W_O)", "`ov_matrix` raised RecursionError"),
        ("return ov.circuits.ov(W_V, 0, 0)", "is the answer itself"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ],
)
def test_an_answer_that_breaks_is_told_in_words(reader: Reader, line: str, says: str) -> None:
    reader.run("import ovlearn as ov", "setup")
    verdict = reader.check("ov_matrix", f"def ov_matrix(W_V, W_O):\n    {line}")
    assert verdict["status"] == "wrong"
    assert says in verdict["says"]
    assert "<" in verdict["html"]
    assert reader.check("ov_matrix", RIGHT)["status"] == "passed"


def test_there_must_be_such_an_exercise(reader: Reader) -> None:
    verdict = reader.check("ov_matrx", RIGHT)
    assert verdict["status"] == "wrong"
    assert "did you mean ov_matrix?" in verdict["says"]


def test_check_can_also_be_called_from_a_cell(reader: Reader) -> None:
    reader.run(f"from ovlearn.exercises import check\n{RIGHT}", "setup")
    assert seen(reader.run('check("ov_matrix")')) == ["✓ ov_matrix"]
