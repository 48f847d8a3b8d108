"""Kernels: what a lesson puts out, the same each time; and what stops it, named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rendering import RenderError
from rendering.execution import ExecutedCell, execute
from rendering.outputs import PRINTED
from rendering.store import Store
from tests.rendering.lessons import GOOD, cell, write

# What goes wrong in the second cell, its first line as the message gives it, and what the message must say.
FAILURES = {
    "exception": ("1 / 0", "1 / 0", "ZeroDivisionError: division by zero"),
    "unknown_name": ("\nscores @ keys", "scores @ keys", "NameError: name 'scores' is not defined"),
    "warning": ("import warnings\nwarnings.warn('careful')", "import warnings", "UserWarning: careful"),
    "numpy_warning": ("import numpy as np\nnp.log(np.zeros(1))", "import numpy", "RuntimeWarning: divide by"),
    "stderr": ("import sys\nprint('oh', file=sys.stderr)", "import sys", "it wrote to stderr: oh"),
    "address": ("object()", "object()", "its output shows a memory address"),
    "exit": ("import os\nos._exit(0)", "import os", "it ended the kernel"),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[list[ExecutedCell]]:
    """One lesson, run in two kernels side by side."""
    folder = tmp_path_factory.mktemp("runs")
    sources = [write(folder, name, GOOD) for name in ("01_x", "02_x")]
    return execute(sources, package=folder, store=Store(folder / "cache"))


def test_two_runs_are_the_same(runs: list[list[ExecutedCell]]) -> None:
    assert runs[0] == runs[1]


def test_whoever_waits_is_told_how_far_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sources = [write(tmp_path, name, cell("1 + 1")) for name in ("01_x", "02_x", "03_x")]
    package = tmp_path / "package"
    package.mkdir()
    caplog.set_level("INFO", "rendering")
    for _ in range(2):  # the second time, all is known
        execute(sources, package=package, store=Store(tmp_path / "cache"))
    told = [re.sub(r"^ *\d+ s  ", "", line) for line in caplog.messages]
    assert told[0] == "running 3 notebooks, 2 at a time"
    assert [line[:6] for line in told[1:]] == ["1 of 3", "2 of 3", "3 of 3"]
    assert {line.rpartition(": ")[2] for line in told[1:]} == {source.shown for source in sources}


def test_expressions_become_the_values_at_their_place(runs: list[list[ExecutedCell]]) -> None:
    texts = [each.source for each in runs[0] if each.kind == "markdown"]
    assert texts[0].endswith("The answer is 42, the label 1e-12, and TeX keeps its braces: $W^{{2}}$.")
    assert texts[1] == "Now it is 6, to two places 6.00."


def test_outputs_keep_their_kinds_and_order(runs: list[list[ExecutedCell]]) -> None:
    kinds = {each.number: [sorted(output) for output in each.outputs] for each in runs[0] if each.outputs}
    assert kinds == {
        2: [[PRINTED]],
        4: [["text/latex", "text/markdown", "text/plain"]],
        5: [["text/html", "text/plain"]],
        7: [["text/plain"]],
    }
    assert runs[0][1].outputs[0][PRINTED] == "first line\nsecond *line*\n"


def test_what_is_printed_in_parts_is_one_output(tmp_path: Path) -> None:
    parts = "import time\nfor part in 'abc':\n    print(part, flush=True)\n    time.sleep(0.3)\n"
    source = write(tmp_path, "01_x", cell(parts))
    (cells,) = execute([source], package=tmp_path, store=Store(tmp_path / "cache"))
    assert [each.outputs for each in cells if each.outputs] == [({PRINTED: "a\nb\nc\n"},)]


def test_every_failure_is_named_at_once(tmp_path: Path) -> None:
    sources = [write(tmp_path / "lessons", name, cell(code)) for name, (code, _, _) in FAILURES.items()]
    with pytest.raises(RenderError) as stopped:
        execute(sources, package=tmp_path / "none", store=Store(tmp_path / "cache"))
    told = {part.partition(".py, cell 2 (")[0]: part for part in str(stopped.value).split("\nlessons/")}
    assert len(told) == len(FAILURES)
    for name, (_, line, error) in FAILURES.items():
        message = told.get(name) or told[f"lessons/{name}"]
        assert f"{name}.py, cell 2 ({line}" in message
        assert error in message
        assert len(message.splitlines()) <= 7
        assert "\x1b" not in message


def test_an_expression_that_fails_names_its_cell(tmp_path: Path) -> None:
    bad = write(tmp_path, "01_x", "# %% [markdown]\n# # A lesson\n#\n# It is {{ nothing }} and {{ '' }}.\n")
    with pytest.raises(RenderError, match=r"(?s)01_x.py, cell 1 \(# A lesson\):.*NameError: name 'nothing'"):
        execute([bad], package=tmp_path, store=Store(tmp_path / "cache"))


def test_a_tag_that_means_nothing_is_refused(tmp_path: Path) -> None:
    bad = write(tmp_path, "01_x", '# %% [markdown]\n# # A lesson\n\n# %% tags=["hide-inputs"]\n1\n')
    says = r"01_x.py, cell 2: expected tags among hide-input, remove-input, remove-cell, got 'hide-inputs'"
    with pytest.raises(RenderError, match=says):
        execute([bad], package=tmp_path, store=Store(tmp_path / "cache"))
