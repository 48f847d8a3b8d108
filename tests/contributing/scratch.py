"""A copy of the project in which a page's own code is written to the places that it names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("ovlearn", "exercises")
_BLOCK = re.compile(r'^```python title="(.+?)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Scratch:
    """The copy. `written`: the files that the page had us change."""

    root: Path
    written: tuple[str, ...]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a module of the copy, as `python -m` does."""
        environment = os.environ | {"PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", *words]
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )


def walked(page: str, root: Path) -> Scratch:
    """Copy the project, and add to it each block of a page that has a file's name for its title."""
    for name in COPIED:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    blocks = _BLOCK.findall((ROOT / "docs" / "contributing" / page).read_text(encoding="utf-8"))
    for place, code in blocks:
        with (root / place).open("a", encoding="utf-8") as file:
            file.write(f"\n\n{code}")
    return Scratch(root, tuple(place for place, _ in blocks))
