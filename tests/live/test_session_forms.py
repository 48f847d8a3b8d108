"""What Jupyter runs, the page runs: there is no IPython there, so it is taken away here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from ovlearn.exercises.cells import escapes, forms
from tests.live.reader import Reader, as_it_is, seen


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Reader:
    monkeypatch.setattr(forms, "transformer", lambda: escapes.transformed)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return Reader(as_it_is)


@pytest.mark.parametrize(
    ("code", "outputs"),
    [
        ("%time x = 3\nx", ["3"]),
        ("%%time\nx = 3\nx + 1", ["4"]),
        ("if True:\n    !ls\n5", ["5"]),
        ("import asyncio\nawait asyncio.sleep(0.01, 7)", ["7"]),
        ("async def f(): return 8\nasyncio_free = await f()\nasyncio_free", ["8"]),
        ("    x = 1\n    x + 1", ["2"]),
        (">>> x = 1\n>>> x + 2", ["3"]),
        ("In [1]: 4", ["4"]),
        ("'google.colab' in str(get_ipython())", ["False"]),
        ("get_ipython().run_line_magic('matplotlib', 'inline')\n6", ["6"]),
        ("%%capture out\nprint('hidden')", []),
        ("files = !ls\nfiles", ["[]"]),
        ("x = 3\nx?", []),
        ("%%bash\nrm -rf /", []),
        ("3;", []),
    ],
)
def test_what_a_cell_of_a_notebook_shows(reader: Reader, code: str, outputs: list[str]) -> None:
    done = reader.run(code)
    assert done["error"] is None
    assert seen(done) == outputs


def test_what_one_cell_leaves_another_has(reader: Reader) -> None:
    reader.run("from __future__ import annotations", 1)
    assert seen(reader.run("def f(x: Nowhere): return 3\nf(1)", 2)) == ["3"]
    assert seen(reader.run("_ + 1", 3)) == ["4"]
    reader.run("%%writefile of_the_page.py\nx = 5", 4)
    assert seen(reader.run("import of_the_page\nof_the_page.x", 5)) == ["5"]
    reader.reset()
    assert "NameError" in reader.run("f", 6)["error"]["says"]
    assert reader.run("def g(x: Nowhere): return 3", 7)["error"] is not None  # the import is gone too


def test_an_error_is_at_its_line(reader: Reader) -> None:
    says = reader.run("\n%time x = 1\n1 / 0", 4)["error"]["says"]
    assert says == "cell 4, line 3: ZeroDivisionError: division by zero"


def test_an_answer_below_a_magic_is_checked(reader: Reader) -> None:
    found: dict[str, Any] = reader.check("ov_rank", "%time ov_rank = 64")
    assert found["status"] == "passed"
