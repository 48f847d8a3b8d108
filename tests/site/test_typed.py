"""A page typed by hand stops the build where a generated one belongs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site.built import ROOT

PARTS = (
    "README.md",
    "CONTRIBUTING.md",
    "build",
    "exercises",
    "lessons",
    "live",
    "node_modules",
    "ovlearn",
    "rendering",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project, with written pages of its own; everything else is that of the tests."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    for name in PARTS:
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.mark.parametrize("place", ["notation.md", "derivations/typed.md"])
def test_a_typed_page_stops_the_build(project: Path, place: str) -> None:
    page = project / "docs" / place
    page.parent.mkdir(exist_ok=True)
    page.write_text("# Notation\n\nThe worst rounding error is 1e-17.\n", encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(project / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if "is generated" in line]
    assert told == [f"ERROR   -  docs/{place}: this page is generated, never typed; remove the file"]
    assert "Traceback" not in done.stderr
    assert not (project / "site" / "index.html").exists()
