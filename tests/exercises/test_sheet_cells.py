"""Answer sheets, whoever wrote the file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlearn.exercises.sheet_cells import LARGEST, Unreadable, cells_of

CODE = {"cell_type": "code", "source": ["x = 1\n", "y = 'ü'"]}
PROSE = {"cell_type": "markdown", "source": "x"}


def written(**fields: object) -> str:
    return json.dumps({"cells": [PROSE, CODE], "nbformat": 4, **fields}, ensure_ascii=False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_any_encoding_is_read(encoding: str) -> None:
    assert cells_of("a.ipynb", written().encode(encoding)) == ["x = 1\ny = 'ü'"]


def test_an_old_notebook_is_read() -> None:
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}], "nbformat": 3}
    assert cells_of("a.ipynb", json.dumps(old).encode()) == ["x = 1"]


def test_a_script_is_read_in_its_cells() -> None:
    script = "import numpy as np\n# %% [markdown]\n# prose\n# %%\nx = 1\n# %% tags\ny = 2\n"
    assert [cell.strip() for cell in cells_of("a.py", script.encode())] == [
        "import numpy as np",
        "x = 1",
        "y = 2",
    ]
    assert cells_of("a.py", b"x = 1\ny = 2") == ["x = 1\ny = 2"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"hello", "no JSON"),
        (b"[1]", "no cells"),
        (b'{"cells": 3}', "no cells"),
        (b'{"cells": [7, {"cell_type": "code", "source": 7}]}', "no code"),
        (b"[" * 100_000, "no JSON"),
        (b" " * (LARGEST + 1), f"too large: more than {LARGEST:,} bytes"),
    ],
)
def test_what_is_no_notebook_is_said(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        cells_of("a.ipynb", data)


@given(st.binary(max_size=200), st.sampled_from(["a.ipynb", "a.py"]))
def test_any_bytes_are_cells_or_are_said_to_be_none(data: bytes, name: str) -> None:
    try:
        cells = cells_of(name, data)
    except Unreadable:
        return
    assert cells
    assert all(isinstance(cell, str) for cell in cells)
