"""Right sheets, as tools save them, get full marks; where something is wrong, the row says what happened."""

# ruff: noqa: E501  the sheets are as long as they are

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ovlearn.grader.batch.onesheet import close_graders, grade_sheet
from ovlearn.grader.batch.planning import plan_of
from ovlearn.grader.batch.results import Result
from tests.exercises.cases import RIGHT, SET

FIRST = """import numpy as np
import ovlearn as ov
from ovlearn.exercises import check
from ovlearn.symbolic import rules
"""
ANSWERS = [RIGHT[name] for name in ("ov_matrix", "head_output", "ov_rank", "fold")]
PLAN = plan_of([SET], None, seed=5, call=20.0)
FULL = sum(points for _, points in PLAN.exercises)


@pytest.fixture(autouse=True, scope="module")
def _graders() -> Iterator[None]:
    yield
    close_graders()


def notebook(*cells: str, markdown: str = "") -> bytes:
    code = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells]
    prose = [{"cell_type": "markdown", "metadata": {}, "source": markdown}] if markdown else []
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": code + prose}).encode()


def script(mark: str, *cells: str) -> str:
    return "".join(f"{mark}\n{cell}\n\n" for cell in cells)


def marked(name: str, data: bytes) -> Result:
    return grade_sheet(name, data, PLAN)


def says(result: Result, exercise: str) -> str:
    return next(mark.says for mark in result.marks if mark.exercise == exercise)


LATIN = (FIRST + "# la réponse\n" + "\n".join(ANSWERS)).encode("latin-1")
SHEETS = {
    "latin1_even.py": LATIN + b"\n" * (len(LATIN) % 2),
    "latin1_odd.py": LATIN + b"\n" * (1 - len(LATIN) % 2),
    "cp1252.ipynb": notebook(FIRST, *ANSWERS).replace(b"import numpy", b"# \x93so\x94\\nimport numpy"),
    "utf16.py": (FIRST + "\n".join(ANSWERS)).encode("utf-16"),
    "utf16_without_mark.ipynb": notebook(FIRST, *ANSWERS).decode().encode("utf-16-le"),
    "percent.py": script("# %%", FIRST, "nowhere + 1", *ANSWERS).encode(),
    "nbconvert.py": ("#!/usr/bin/env python\n# coding: utf-8\n\n" + script("# In[ ]:", FIRST, "nowhere", *ANSWERS)).encode(),
    "spyder.py": script("#%%", FIRST, "nowhere", *ANSWERS).encode(),
    "light.py": script("# +", FIRST, "nowhere", *ANSWERS).encode(),
    "exported_hint.py": script("# In[1]:", FIRST, "get_ipython().system('ovlearn hint ov_matrix')", *ANSWERS).encode(),
    "whole.py": (FIRST + "\n".join(ANSWERS) + "\nif __name__ == '__main__':\n    print(__file__)\n").encode(),
    "time.ipynb": notebook(FIRST, *[f"%time {one}" if "\n" not in one.strip() else f"%%time\n{one}" for one in ANSWERS]),
    "await.ipynb": notebook(FIRST, "import asyncio\nasync def f(): return 1\nawait asyncio.gather(f(), asyncio.sleep(0))\n" + ANSWERS[0], *ANSWERS[1:]),
    "asyncio.ipynb": notebook("import asyncio, concurrent.futures, unittest.mock\n" + FIRST, "async def f(): return 1\nasyncio.run(f())\n" + ANSWERS[0], *ANSWERS[1:]),
    "environ.ipynb": notebook("import os\nos.environ['A'] = 'b'\nos.environ.pop('A')\n" + FIRST, *ANSWERS),
    "indented.ipynb": notebook(FIRST, *["".join(f"    {line}\n" for line in one.splitlines()) for one in ANSWERS]),
    "prompts.ipynb": notebook(FIRST, *["\n".join(f"{'...' if line[:1] == ' ' else '>>>'} {line}" for line in one.splitlines()) for one in ANSWERS]),
    "shell.ipynb": notebook(FIRST, "if True:\n    !ls\n" + ANSWERS[0], "files = !ls\n%cd ..\n!pip install numpy\n" + ANSWERS[1], *ANSWERS[2:]),
    "written.ipynb": notebook("%%writefile helper.py\ndef times(a, b): return a @ b", FIRST, "from helper import times\ndef ov_matrix(W_V, W_O): return times(W_V, W_O)", *ANSWERS[1:]),
    "ipython.ipynb": notebook("from IPython.display import display, Markdown\nfrom IPython import get_ipython\nget_ipython().run_line_magic('matplotlib', 'inline')\n" + FIRST, *ANSWERS),
    "future.ipynb": notebook("from __future__ import annotations", FIRST, ANSWERS[0].replace("W_V, W_O)", "W_V: Nowhere, W_O)", 1), *ANSWERS[1:]),
    "refused.ipynb": notebook("import ctypes\nctypes.CDLL('libm.so.6')\n" + FIRST, *ANSWERS),
}  # fmt: skip


@pytest.mark.parametrize("name", SHEETS)
def test_a_right_sheet_gets_full_marks(name: str) -> None:
    result = marked(name, SHEETS[name])
    assert (result.status, result.points) == ("graded", FULL), [mark.says for mark in result.marks]


def test_a_broken_first_cell_is_named_where_its_names_are_missing() -> None:
    broken = "import numpy as np\nimport nowhere_at_all\n" + FIRST
    result = marked("a.ipynb", notebook(broken, *ANSWERS))
    assert says(result, "fold").startswith(
        "`fold` raised NameError: name 'ov' is not defined: cell 1 failed ("
    )
    assert "No module named 'nowhere_at_all'); so `ov` is missing here" in says(result, "fold")
    assert {mark.exercise for mark in result.marks if mark.passed} == {"ov_matrix", "head_output", "ov_rank"}


def test_a_cell_that_needs_a_broken_one_names_it_too() -> None:
    result = marked("a.ipynb", notebook("a = 1 / 0", FIRST, "ov_rank = 64 + a", *ANSWERS[:2]))
    assert "name 'a' is not defined: cell 1 failed (ZeroDivisionError" in says(result, "ov_rank")


def test_a_cell_that_was_stopped_is_named_too() -> None:
    plan = plan_of([SET], None, seed=5, call=4.0)
    result = grade_sheet(
        "a.ipynb", notebook(FIRST + "while True: pass", *ANSWERS[:3], "import math\n" + ANSWERS[3]), plan
    )
    assert "name 'ov' is not defined: cell 1 was stopped; so `ov` is missing here" in says(result, "fold")


def test_what_is_refused_is_named() -> None:
    cell = "import ctypes\nlib = ctypes.CDLL('libm.so.6')\n"
    result = marked(
        "a.ipynb", notebook(cell + FIRST, *ANSWERS[:3], ANSWERS[3].replace("return", "lib\n    return"))
    )
    assert "name 'lib' is not defined: cell 1 failed (Refused: an answer may not do this (ctypes" in says(
        result, "fold"
    )


def test_a_name_that_is_used_again_is_said() -> None:
    result = marked("a.ipynb", notebook(FIRST, *ANSWERS, "for fold in range(3): pass"))
    assert says(result, "fold").endswith(
        "Cell 6 uses the name `fold` again, after cell 5; the last use counts."
    )
    assert result.points == FULL - dict(PLAN.exercises)["fold"]


def test_an_answer_in_a_markdown_cell_is_said() -> None:
    result = marked("a.ipynb", notebook(FIRST, *ANSWERS[1:], markdown=ANSWERS[0]))
    assert "`ov_matrix` stands in a Markdown cell, which is not run" in says(result, "ov_matrix")


def test_input_is_refused_in_words() -> None:
    result = marked("a.ipynb", notebook(FIRST, "ov_rank = int(input('rank? '))", *ANSWERS[:2], ANSWERS[3]))
    assert "input() cannot ask while a sheet is graded" in says(result, "ov_rank")
