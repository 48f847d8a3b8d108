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
_BLOCK = re.compile(r'^```(?:python|text) title="(.+?)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^```sh\n(.+)\n```$", re.MULTILINE)


@dataclass(frozen=True)
class Scratch:
    """The copy. `written`: the files that the pages had us change; `commands`: what they have us run."""

    root: Path
    written: tuple[str, ...]
    commands: tuple[str, ...]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a module of the copy, as `python -m` does.

        What one process compiles, the next need not. Where two edits of a file lie between two of them, see
        that its size changes: within a second, Python knows an older file by that alone.
        """
        environment = os.environ | {"PYTHONPATH": str(self.root)}
        command = [sys.executable, "-m", *words]
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )

    def finish(self, command: str = "") -> tuple[int, str]:
        """Run a command, by default the pages' last, and return its exit code and all that it says."""
        done = self.run(*shlex.split((command or self.commands[-1]).removeprefix(".venv/bin/python -m ")))
        return done.returncode, done.stdout + done.stderr


def walked(*pages: str, root: Path, copied: tuple[str, ...] = COPIED) -> Scratch:
    """Copy the project, and write each block of the pages that has a place for its title.

    A place is a file, at whose end the block goes; "FILE, at its top", where imports stand; or "FILE, in
    TABLE", below the first line of the table.
    """
    for name in copied:
        source, skipped = ROOT / name, shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=skipped)
        else:
            shutil.copy(source, root / name)
    text = "\n".join((ROOT / "docs/contributing" / page).read_text(encoding="utf-8") for page in pages)
    places = [(place.partition(", "), code) for place, code in _BLOCK.findall(text)]
    for (name, _, where), code in places:
        _write(root / name, where, code)
    return Scratch(root, tuple(name for (name, *_), _ in places), tuple(_COMMAND.findall(text)))


def _write(file: Path, where: str, code: str) -> None:
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    if where:
        begins = (
            r"from __future__ .*\n"
            if where == "at its top"
            else rf"{where.removeprefix('in ')}\b.*[{{[(].*\n"
        )
        begin = re.search(rf"^{begins}", before, re.MULTILINE)
        assert begin, f"{file.name} has no {where}"
        after = before[: begin.end()] + code + before[begin.end() :]
    else:
        after = f"{before}\n\n{code}" if before else code
    file.write_text(after, encoding="utf-8")
