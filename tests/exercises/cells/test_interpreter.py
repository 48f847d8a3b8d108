"""Cells that share names: what is awaited, refused, shown and kept."""

from __future__ import annotations

import asyncio
import time
import traceback
from typing import Any

import pytest

from ovlearn.exercises.cells import forms
from ovlearn.exercises.cells.awaiting import Loop
from ovlearn.exercises.cells.interpreter import Cells
from ovlearn.exercises.cells.shell import Shell


class Fence(Exception):
    pass


def refuse() -> None:
    raise Fence("not here")


def wrapped() -> None:
    try:
        refuse()
    except Fence as error:
        raise ImportError("no torch") from error


def test_a_refusal_costs_its_statement_alone() -> None:
    names: dict[str, Any] = {"refuse": refuse, "wrapped": wrapped}
    with pytest.raises(Fence):
        Cells(names, (Fence,)).run("a = 1\nrefuse(); b = 2\nwrapped()\nc = 3", "<cell 1>")
    assert [name for name in "abc" if name in names] == ["a", "b", "c"]


def test_another_error_ends_its_cell() -> None:
    names: dict[str, Any] = {"refuse": refuse}
    with pytest.raises(ZeroDivisionError):
        Cells(names, (Fence,)).run("a = 1\n1 / 0\nc = 3", "<cell 1>")
    assert "c" not in names
    with pytest.raises(Fence):
        Cells(names).run("refuse()\nc = 3", "<cell 1>")  # without a fence it is an error as any other
    assert "c" not in names


def test_a_task_goes_on_from_cell_to_cell() -> None:
    cells = Cells(names := {})
    cells.run("import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    return 6", "<cell 1>")
    cells.run("task = asyncio.create_task(f())", "<cell 2>")
    assert cells.run("await task", "<cell 3>") == 6
    assert names["task"].done()


def test_a_cell_awaits_where_a_loop_runs_already() -> None:
    """As in the page, whose own loop never ends."""

    async def outside() -> Any:
        return Cells({}).run("import asyncio\nawait asyncio.sleep(0, 5)", "<cell 1>")

    loop = Loop()
    assert loop.run_until_complete(outside()) == 5


def test_a_loop_keeps_time_and_hears_threads() -> None:
    loop, begun = Loop(), time.monotonic()
    loop.run_until_complete(asyncio.sleep(0.05))
    assert 0.05 <= time.monotonic() - begun < 2
    assert loop.run_until_complete(asyncio.wait_for(loop.run_in_executor(None, lambda: 7), 5)) == 7


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("\n\nx = 1\n1 / 0", 4),
        ("%%time\nx = 1\n\n1 / 0", 4),
        ("x = 1\n%time 1 / 0", 2),
        ("\n\n%%time\n1 / 0", 4),
    ],
)
def test_lines_keep_their_numbers(cell: str, line: int) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        Cells({}).run(cell, "<cell 9>")
    frames = [frame for frame in traceback.extract_tb(caught.tb) if frame.filename == "<cell 9>"]
    assert frames[-1].lineno == line
    assert frames[-1].line in ("1 / 0", "%time 1 / 0")


def test_no_command_is_run(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cells = Cells({})
    for cell in (
        "!touch a",
        "x = !touch b",
        "%%bash\ntouch c",
        "%%sh\ntouch c",
        "%system touch d",
        "%sx touch e",
    ):
        cells.run(cell, "<cell 1>")
    cells.run("get_ipython().system('touch f')\nget_ipython().getoutput('touch g')", "<cell 2>")
    assert list(tmp_path.iterdir()) == []


def test_what_has_no_work_here_does_nothing() -> None:
    shell = Shell({}, lambda *_: None)
    shell.events.register("post_execute", print)
    shell.kernel.do_shutdown(True)
    assert shell.run_line_magic("nowhere", "") is None
    assert "IPKernelApp" not in shell.config
    assert list(shell.config) == []
    with pytest.raises(AttributeError):
        shell.__nowhere__  # noqa: B018


def test_without_ipython_ours_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    forms.transformer.cache_clear()
    monkeypatch.setattr(
        forms.importlib, "import_module", lambda name: (_ for _ in ()).throw(ImportError(name))
    )
    assert forms.transformer().__module__ == "ovlearn.exercises.cells.escapes"
    forms.transformer.cache_clear()
    monkeypatch.undo()
    assert forms.transformer().__module__ == "ovlearn.exercises.cells.forms"  # IPython's


def test_ipython_itself_can_be_imported_afterwards() -> None:
    import sys

    forms.transformer.cache_clear()
    forms.transformer()
    assert getattr(sys.modules.get("IPython"), "__version__", "") or "IPython" not in sys.modules
