"""What Jupyter runs, we run: IPython is asked, form by form, both with its transformer and with ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ovlearn.exercises.cells import escapes, forms
from ovlearn.exercises.cells.interpreter import Cells
from tests.exercises.cells.oracle import asked, names_of
from tests.exercises.cells.table import FORMS, Form


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What IPython says of each form."""
    folder = tmp_path_factory.mktemp("oracle")
    said = asked([list(each.cells) for each in FORMS], folder)
    return {each.name: answer for each, answer in zip(FORMS, said, strict=True)}


@pytest.fixture
def main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The names of a fresh `__main__`, in a folder of its own from which modules are imported."""
    module = ModuleType("__main__")
    vars(module)["display"] = lambda *objects: None
    monkeypatch.setitem(sys.modules, "__main__", module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield vars(module)
    for name in set(sys.modules) - before:
        if name.startswith("written_"):
            del sys.modules[name]


def run(form: Form, names: dict[str, Any]) -> dict[str, str]:
    cells = Cells(names)
    for number, cell in enumerate(form.cells, start=1):
        try:
            cells.run(cell, f"<cell {number}>")
        except (Exception, SystemExit):
            continue
    return names_of(names)


@pytest.mark.parametrize("whose", ["IPython's", "ours"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning")
def test_names_are_those_that_ipython_defines(
    form: Form, whose: str, answers: dict[str, Any], main: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if whose == "ours":
        monkeypatch.setattr(forms, "transformer", lambda: escapes.transformed)
    monkeypatch.setenv("OVLEARN_A", "")
    monkeypatch.setenv("OVLEARN_B", "")
    ours, theirs = run(form, main), answers[form.name]["names"]
    assert set(ours) == set(theirs)
    if form.values:
        assert ours == theirs


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_ours_writes_what_ipython_writes(form: Form, answers: dict[str, Any]) -> None:
    for cell, theirs in zip(form.cells, answers[form.name]["written"], strict=True):
        if not forms.is_python(cell) and forms.is_python(theirs):
            assert escapes.transformed(cell.replace("\r\n", "\n").lstrip("\n")) == theirs.replace(
                "\r\n", "\n"
            )


def test_the_table_has_what_it_is_for(answers: dict[str, Any]) -> None:
    assert len({form.name for form in FORMS}) == len(FORMS)
    assert all(answers[form.name]["names"] for form in FORMS)  # IPython defines something in each
    assert sum(not forms.is_python(cell) for form in FORMS for cell in form.cells) > 80
