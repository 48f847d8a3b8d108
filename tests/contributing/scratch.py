"""A copy of the project in which a page's own code is written to the places that it names."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("ovlearn", "exercises")
_BLOCK = re.compile(r'^```python title="(.+?)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^```sh\n(.+)\n```$", re.MULTILINE)


@dataclass(frozen=True)
class Scratch:
    """The copy. `written`: the files that the page had us change; `command`: what it has us run."""

    root: Path
    written: tuple[str, ...]
    command: str

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a module of the copy, as `python -m` does."""
        environment = os.environ | {"PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", *words]
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )

    def finish(self) -> tuple[int, str]:
        """Run the page's command, and return its exit code and all that it says."""
        done = self.run(*shlex.split(self.command.removeprefix(".venv/bin/python -m ")))
        return done.returncode, done.stdout + done.stderr


def walked(page: str, root: Path, copied: tuple[str, ...] = COPIED) -> Scratch:
    """Copy the project, and write each block of a page that has a place for its title.

    A place is a file, at whose end the block goes, or "FILE, in TABLE": then it goes below the first line of
    the table.
    """
    for name in copied:
        source, skipped = ROOT / name, shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=skipped)
        else:
            shutil.copy(source, root / name)
    text = (ROOT / "docs" / "contributing" / page).read_text(encoding="utf-8")
    places = [(place.partition(", in "), code) for place, code in _BLOCK.findall(text)]
    for (name, _, table), code in places:
        _write(root / name, table, code)
    return Scratch(root, tuple(name for (name, *_), _ in places), _COMMAND.findall(text)[-1])


def _write(file: Path, table: str, code: str) -> None:
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    if table:
        begin = re.search(rf"^{table}\b.*[{{[(].*\n", before, re.MULTILINE)
        assert begin, f"{file.name} has no table {table}"
        after = before[: begin.end()] + code + before[begin.end() :]
    else:
        after = f"{before}\n\n{code}" if before else code
    file.write_text(after, encoding="utf-8")
