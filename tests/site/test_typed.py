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
TYPED = ("derivations/typed.md", "notation.md")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, with written pages of its own; everything else is that of the tests."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "mkdocs.yml", folder)
    for name in PARTS:
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture(scope="module")
def done(project: Path) -> subprocess.CompletedProcess[str]:
    """A build with both pages: one process tells of each."""
    for place in TYPED:
        page = project / "docs" / place
        page.parent.mkdir(exist_ok=True)
        page.write_text("# Notation\n\nThe worst rounding error is 1e-17.\n", encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(project / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("place", TYPED)
def test_a_typed_page_stops_the_build(
    project: Path, done: subprocess.CompletedProcess[str], place: str
) -> None:
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if "is generated" in line]
    assert len(told) == len(TYPED)
    assert told[0].startswith("ERROR   -  docs/")
    says = f"docs/{place}: this page is generated, never typed; remove the file"
    assert [line.removeprefix("ERROR   -  ") for line in told].count(says) == 1
    assert "Traceback" not in done.stderr
    assert not (project / "site" / "index.html").exists()
