"""The site, built in a copy of the working tree: no earlier build helps, and none is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.site.built import ADDRESS, ROOT

_ORIGIN = "import ovlearn, rendering; print(ovlearn.__file__, rendering.__file__, sep='\\n')"


class Copy:
    """A copy of the working tree, with all that is not committed yet, and without what was built from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.site = self.folder / "site"
        for name in _names():
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
        (self.folder / "node_modules").symlink_to(ROOT / "node_modules")
        self._check_origin()

    def build(self) -> None:
        """Build the site, as `make site` does."""
        self._run("-m", "mkdocs", "build", "--site-dir", str(self.site), place=self.folder)

    def change(self, lesson: str, line: str) -> None:
        """Put a line at the beginning of the lesson's first cell of code."""
        file = self.folder / "lessons" / f"{lesson}.py"
        text, mark = file.read_text(encoding="utf-8"), "\n# %%\n"
        assert mark in text, f"{lesson} has no cell of code"
        file.write_text(text.replace(mark, f"{mark}{line}\n", 1), encoding="utf-8")

    def _check_origin(self) -> None:
        """See that the copy's code runs, not the checkout's, which this Python knows too."""
        for file in self._run("-c", _ORIGIN, place=self.folder / "lessons").splitlines():
            assert Path(file).is_relative_to(self.folder), f"{file} is not of the copy"

    def _run(self, *arguments: str, place: Path) -> str:
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "OVLEARN_SITE_URL": ADDRESS}
        environment.pop("OVLEARN_OFFLINE", None)
        run = subprocess.run(
            [sys.executable, *arguments], cwd=place, env=environment, capture_output=True, text=True
        )
        if run.returncode:
            raise SystemExit(f"{run.stdout}{run.stderr}")
        return run.stdout


def pages(site: Path) -> dict[str, bytes]:
    """Every HTML file of a built site, by its place in it."""
    return {file.relative_to(site).as_posix(): file.read_bytes() for file in sorted(site.rglob("*.html"))}


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """The pages that two sites do not share byte for byte."""
    return [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]


def _names() -> list[str]:
    """The files of the working tree, less those that git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
