"""Modules are compiled by the Python of the page, always to the same bytes."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from live.parts.compiling import compiled
from live.parts.contents import models, own
from rendering import RenderError
from tests.live.magic import unchecked

DOCUMENTED = b'''"""Words of the module."""
from __future__ import annotations
assert __name__, "an assert"
class A:
    """Words of the class."""
def f():
    """Words of the function."""
'''


def test_docstrings_go_where_they_should(tmp_path: Path) -> None:
    files = {"a/b.py": DOCUMENTED, "a/c.so": b"\0library"}
    full, light = (compiled(files, docstrings=words) for words in (True, False))
    assert set(full) == set(light) == {"a/b.pyc", "a/c.so"}
    assert full["a/c.so"] == files["a/c.so"]
    assert full["a/b.pyc"].count(b"Words of the") == 3
    assert b"Words" not in light["a/b.pyc"]
    assert b"an assert" in light["a/b.pyc"]
    assert unchecked(full["a/b.pyc"])
    assert compiled(files, docstrings=False) == light


def test_a_module_that_is_wrong_is_named() -> None:
    with pytest.raises(RenderError, match=r'(?s)could not be compiled.*a/b\.py", line 2.*SyntaxError'):
        compiled({"a/b.py": b"x = 1\nx ="}, docstrings=True)


# What must not be in a page, each with a word that would be found there.
PLANTED = {
    "ovlearn/commands/x.py": "the command",
    "ovlearn/exercises/sources.py": "where solutions are read",
    "ovlearn/grader/batch/x.py": "marks of many",
    "ovlearn/numeric/zoo/weights/x.npz": "weights",
    "rendering/pages/x.py": "the site",
    "live/python/notes.py": "beside the session",
}
WANTED = {
    "ovlearn/x.py": "the package",
    "rendering/outputs.py": "the outputs",
    "live/python/ovlearn_live/x.py": "the session",
}


def test_neither_solutions_nor_weights_are_in_a_page(tmp_path: Path) -> None:
    for place, words in (PLANTED | WANTED).items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(f"x = {words!r}")
    part = gzip.decompress(own(tmp_path).make())
    assert [words for words in PLANTED.values() if words.encode() in part] == []
    assert [words for words in WANTED.values() if words.encode() not in part] == []
    assert models(tmp_path) == {"x": b"x = 'weights'"}
