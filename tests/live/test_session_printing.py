"""Text that comes while a cell runs: at once, in batches, and not without end."""

from __future__ import annotations

import time

import pytest

from ovlearn_live.collecting import MOST_HTML, MOST_TEXT
from tests.live.reader import Reader, as_it_is, seen, words


@pytest.fixture
def reader() -> Reader:
    return Reader(as_it_is)


def test_first_lines_are_told_at_once(reader: Reader) -> None:
    seen_so_far: list[int] = []
    reader.run("")
    reader.session._names.all["look"] = lambda: seen_so_far.append(len("".join(reader.printed)))
    reader.run("print('one')\nlook()\nprint('two')\nlook()")
    assert seen_so_far == [4, 8]


def test_many_lines_are_told_together(reader: Reader) -> None:
    begun = time.monotonic()
    done = reader.run("for number in range(10_000): print(number)")
    batches = (time.monotonic() - begun) / 0.05
    assert len(reader.printed) <= 50 + batches + 1
    told, (shown,) = "".join(reader.printed), seen(done)
    assert shown.startswith(told.strip())
    assert shown.endswith("\n9999")


def test_what_waits_is_told_when_it_is_flushed(reader: Reader) -> None:
    reader.run("for number in range(100): print(number)\nprint('end', flush=True)")
    assert "".join(reader.printed).endswith("99\nend\n")


def test_endless_text_is_cut_and_the_cell_goes_on(reader: Reader) -> None:
    done = reader.run(f"for _ in range(5): print('x' * {MOST_TEXT // 4})\ny = 1\ny")
    text, last = seen(done)
    assert done["cut"] is True
    assert done["error"] is None
    assert last == "1"
    assert len(text) < MOST_TEXT + 200
    assert "cut here" in text.splitlines()[-1]
    assert "cut here" in "".join(reader.printed)
    assert reader.run("1")["cut"] is False


def test_that_text_is_cut_is_told_at_once(reader: Reader) -> None:
    reader.run("")
    reader.session._names.all["look"] = lambda: "".join(reader.printed).endswith("It runs on.\n")
    done = reader.run(f"for _ in range(100): print('x' * {MOST_TEXT // 80})\nlook()")  # as good as at once
    assert seen(done)[-1] == "True"


def test_many_small_writes_cost_little(reader: Reader) -> None:
    begun = time.monotonic()
    reader.run(f"for _ in range({MOST_TEXT}): print()")
    assert time.monotonic() - begun < 5


def test_a_long_value_is_cut(reader: Reader) -> None:
    (text,) = seen(reader.run("list(range(10**6))"))
    assert len(text) < MOST_TEXT + 200
    assert "cut here" in text


def test_endless_outputs_are_cut(reader: Reader) -> None:
    code = "class A:\n    def _repr_html_(self):\n        return '<p>' + 'a' * 10**5 + '</p>'\n"
    done = reader.run(f"{code}for _ in range(100): display(A())\nprint('after')")
    assert done["cut"] is True
    assert sum(map(len, done["outputs"])) < MOST_HTML + 10_000
    assert words(done["outputs"][-1]).splitlines()[-1] == "after"
    assert "not shown" in words(done["outputs"][-1])


def test_warnings_are_lines_of_text_once_for_each_place(reader: Reader) -> None:
    code = """
import warnings
import numpy as np
for _ in range(3):
    np.log(np.zeros(2))
warnings.warn("careful")
warnings.warn("not for readers", PendingDeprecationWarning)
"""
    for _ in range(2):  # each time that the cell runs
        done = reader.run(code)
        assert done["error"] is None
        assert seen(done) == [
            "cell 4, line 5: RuntimeWarning: divide by zero encountered in log\n"
            "cell 4, line 6: UserWarning: careful"
        ]


def test_a_warning_of_the_compiler_names_its_line(reader: Reader) -> None:
    assert seen(reader.run("x = 1\nx is 1"))[0].startswith("cell 4, line 2: SyntaxWarning: ")


def test_what_is_no_text_cannot_be_written(reader: Reader) -> None:
    done = reader.run("import sys\nsys.stdout.write(b'x')")
    assert "TypeError: write() argument must be str, not bytes" in done["error"]["says"]
