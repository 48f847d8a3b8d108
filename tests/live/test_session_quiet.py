"""What a cell that shows nothing says of itself."""

from __future__ import annotations

import pytest

from ovlearn_live.session import Session


def did(*cells: str) -> list[str]:
    """What each cell says that it did."""
    sent: list[dict[str, object]] = []
    session = Session(sent.append)
    for number, code in enumerate(cells, start=1):
        session.hear({"kind": "run", "id": number, "cell": str(number), "code": code})
    return [str(message["did"]) for message in sent if message["kind"] == "done"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("assert 3e-13 < 1e-12", "1 check holds: largest error 3e-13."),
        ("x = 2e-16\nassert x < 1e-12\nassert 1 > 0.1", "2 checks hold: largest error 2e-16."),
        ("for error in (1e-15, 4e-15):\n    assert error < 1e-12", "2 checks hold: largest error 4e-15."),
        (
            "import numpy as np\nassert np.allclose(np.ones(2), [1, 1 + 2e-9])",
            "1 check holds: largest error 2e-09.",
        ),
        ("import numpy as np\nassert np.array_equal([1, 2], [1, 2])", "1 check holds, exactly."),
        ("assert -3e-13 < 1e-12", "1 check holds: largest error 3e-13."),
        ("import math\nassert math.hypot(3, 4)", "1 check holds."),  # two numbers that nobody compares
        ("try:\n    assert 0\nexcept AssertionError:\n    assert 1", "1 check holds."),
        ("assert 3 < 4", "1 check holds."),  # no error: nothing small is asked for
        ("assert 'a' < 'b'", "1 check holds."),
        ("assert [1]", "1 check holds."),
        ("import numpy as np\nassert np.array_equal(['a'], ['a'])", "1 check holds."),
        ("assert float('nan') != 1", "1 check holds."),
    ],
)
def test_checks_that_hold_and_how_well(code: str, words: str) -> None:
    assert did(code) == [words]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import numpy as np\nQ = np.zeros((6, 4))\nK = np.zeros((6, 4))", "Q [6, 4], K [6, 4]"),
        ("error = 3.14159e-16\ncount = 3", "error 3.14e-16, count 3"),
        ("import numpy as np\nx = np.array(3.0)", ""),  # it has no shape to tell
        ("name = 'x'\ntrue = True", ""),
        ("a = b = c = d = e = f = g = h = 1", "a 1, b 1, c 1, d 1, e 1, f 1 and 2 more"),
        ("def one():\n    return 1", ""),
        ("_hidden = 1\n__ = 2", "_hidden 1"),
    ],
)
def test_what_was_made(code: str, words: str) -> None:
    assert did(code) == [words]


def test_what_shows_something_says_no_more() -> None:
    assert did("x = 1\nx", "print('x')", "assert 1 < 2\n'shown'", "1 / 0") == [""] * 4


def test_each_cell_counts_its_own() -> None:
    assert did("assert 1", "assert 1\nassert 2", "y = 1", "assert 3") == [
        *("1 check holds.", "2 checks hold.", "y 1", "1 check holds.")
    ]


def test_a_check_that_fails_is_told_as_it_is_written() -> None:
    sent: list[dict[str, object]] = []
    Session(sent.append).hear(
        {"kind": "run", "id": 1, "cell": "1", "code": "error = 1\nassert error < 1e-12, 'too large'"}
    )
    error = sent[-1]["error"]
    assert isinstance(error, dict)
    assert error["says"] == "cell 1, line 2: AssertionError: too large"
    assert "assert error &lt; 1e-12" in error["html"]
    assert "__held__" not in error["html"]
