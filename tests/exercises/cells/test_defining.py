"""Names that cells define, and what is said of one that is used again or is not run."""

from __future__ import annotations

import pytest

from ovlearn.exercises.cells.defining import as_prose, defined_in, remark


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("def f(x):\n    y = 1", ["f"]),
        ("async def f(): pass\nclass A:\n    b = 1", ["f", "A"]),
        ("import numpy as np, os.path\nfrom a import b as c, d", ["np", "os", "c", "d"]),
        ("a, (b, *c) = x\nd: int = 1\ne += 1\nf[0] = g.h = 2", ["a", "b", "c", "d", "e"]),
        ("for a in b:\n    c = 1\nelse:\n    d = 2", ["a", "c", "d"]),
        ("with a as b, c as (d, e):\n    pass", ["b", "d", "e"]),
        ("try:\n    a = 1\nexcept E as e:\n    b = 2\nfinally:\n    c = 3", ["a", "b", "c"]),
        ("if (a := 1):\n    b = [c for c in d]\nlambda e: (f := e)", ["a", "b"]),
        ("match a:\n    case 1:\n        b = 2", ["b"]),
        ("%time a = 1\nb = !ls\n%timeit c = 1", ["a", "b"]),
        ("%%time\na = 1", ["a"]),
        ("%%capture out\na = 1", ["a", "out"]),
        ("%%bash\na=1", []),
        ("get_ipython().run_line_magic('time', 'a = 1')", ["a"]),
        ("def f(:\na = 1", ["f", "a"]),
        ("await f()\na = await g()", ["a"]),
        ("x == 1\nf(a=1)", []),
    ],
)
def test_names_that_a_cell_defines(cell: str, names: list[str]) -> None:
    assert sorted(defined_in(cell)) == sorted(names)


FIRST, MARKDOWN = "def fold(): ...", as_prose("def fold():\n    return 1")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["fold = 1"], ""),
        (["x = 1"], ""),
        ([FIRST, "x = 1", "for fold in range(3): pass"], "Cell 3 uses the name `fold` again, after cell 1"),
        (["def fold(): ...\nfold = 3"], "Cell 1 uses the name `fold` again, further down"),
        (["def fold(): ...", "import numpy as fold"], "Cell 2 uses"),
        (["x = 1", MARKDOWN], "`fold` stands in a Markdown cell, which is not run"),
        ([FIRST, MARKDOWN], ""),
        (["def f():\n    fold = 1", "[fold for fold in x]", "lambda fold: 1"], ""),
    ],
)  # fmt: skip
def test_what_is_said_of_a_name(cells: list[str], says: str) -> None:
    found = remark(cells, "fold")
    assert found.startswith(says)
    assert bool(found) == bool(says)
