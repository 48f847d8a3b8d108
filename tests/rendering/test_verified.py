"""What was checked is not checked again, and what failed is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rendering import verified
from rendering.store import Store


def command(tmp_path: Path, status: int) -> tuple[str, ...]:
    """A command that notes each time it runs, says something, and ends so."""
    ran = str(tmp_path / "ran")
    code = f"open({ran!r}, 'a').write('x'); print('a table ✓'); raise SystemExit({status})"
    return sys.executable, "-X", "utf8", "-c", code


@pytest.mark.parametrize(("status", "runs"), [(0, "x"), (1, "xx"), (2, "xx")])
def test_what_ended_well_is_said_again_and_what_failed_runs_again(
    tmp_path: Path, status: int, runs: str
) -> None:
    store = Store(tmp_path / "store")
    first, second = (verified.verified(store, command(tmp_path, status), "key") for _ in range(2))
    again = "These very files were checked before.\n" * (status == 0)
    assert first == (status, "a table ✓\n")
    assert second == (status, f"a table ✓\n{again}")
    assert (tmp_path / "ran").read_text() == runs
    verified.verified(store, command(tmp_path, status), "another key")
    assert (tmp_path / "ran").read_text() == runs + "x"


@pytest.mark.parametrize("status", [0, 1])
def test_the_status_is_the_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    monkeypatch.setattr(verified, "COMMAND", command(tmp_path, status))
    monkeypatch.setattr(verified, "ROOT", tmp_path)
    (tmp_path / "ovlearn").mkdir()
    assert verified.main() == status
    assert capsys.readouterr().out == "a table ✓\n"
    (tmp_path / "ovlearn" / "new.py").write_text("x = 1")
    assert verified.main() == status
    assert (tmp_path / "ran").read_text() == "xx"
