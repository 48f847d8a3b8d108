"""Before a release: the docs install from the repository; with one: the files agree about it."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from rendering.installing import REQUIREMENT

ROOT = Path(__file__).parents[1]
REPOSITORY = "git+https://github.com/ovlearn/ovlearn"
FILES = ("pyproject.toml", "CHANGELOG.md", "CITATION.cff")
# What is said where ovlearn is there already, and lacks an extra, asks the index for that extra alone.
WRITTEN = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "rendering").rglob("*.py")),
]
_INSTALLS = re.compile(r"pip (?:install|wheel)[^\n`]*?(\"|')(ovlearn\b.*?)\1")


@pytest.fixture
def notes() -> Callable[[Path, str], str]:
    spec = importlib.util.spec_from_file_location("release", ROOT / ".github" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[Path, str], str] = module.notes
    return found


def released() -> bool:
    return re.search(r"^## \[\d", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE) is not None


def test_nothing_tells_to_install_what_is_not_there() -> None:
    asked = [
        (file.name, found[2]) for file in WRITTEN for found in _INSTALLS.finditer(file.read_text("utf-8"))
    ]
    asked.append(("installing.py", REQUIREMENT))
    assert len(asked) > 5
    assert [each for each in asked if (f"@ {REPOSITORY}" in each[1]) is released()] == []


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """The files as they would be for a first release."""
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    changes, cited = tmp_path / "CHANGELOG.md", tmp_path / "CITATION.cff"
    changes.write_text(changes.read_text("utf-8").replace("[Unreleased]", "[0.1.0] - 2026-12-01", 1), "utf-8")
    cited.write_text(cited.read_text("utf-8") + "date-released: 2026-12-01\n", "utf-8")
    return tmp_path


def test_the_notes_are_the_changelogs(ready: Path, notes: Callable[[Path, str], str]) -> None:
    assert notes(ready, "0.1.0").startswith("### Added\n\n- `ovlearn.symbolic`:")


def test_what_disagrees_is_named(ready: Path, notes: Callable[[Path, str], str]) -> None:
    with pytest.raises(ValueError, match=r"^version: expected that of pyproject.toml, 0\.1\.0, got 0\.2\.0$"):
        notes(ready, "0.2.0")
    cited = ready / "CITATION.cff"
    cited.write_text(cited.read_text("utf-8").replace("2026-12-01", "2026-12-02"), "utf-8")
    with pytest.raises(ValueError, match=r"^CITATION\.cff: expected .*2026-12-01.*, got .*2026-12-02"):
        notes(ready, "0.1.0")
    shutil.copy(ROOT / "CHANGELOG.md", ready)
    with pytest.raises(ValueError, match=r"^CHANGELOG\.md: expected a heading '## \[0\.1\.0\] - '"):
        notes(ready, "0.1.0")


@pytest.mark.parametrize(
    "file", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda file: file.stem
)
def test_a_workflow_calls_what_is_there(file: Path) -> None:
    """Workflows do not run here: at least each names targets, files and jobs that there are."""
    jobs = yaml.safe_load(file.read_text("utf-8"))["jobs"]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for job in jobs.values():
        assert set([job.get("needs")] if "needs" in job else []) <= jobs.keys()
        matrix = job.get("strategy", {}).get("matrix", {})
        named = [*matrix.get("target", []), *(each["target"] for each in matrix.get("include", []))]
        commands = "\n".join(step.get("run", "") for step in job["steps"])
        named += re.findall(r"^make ([a-z-]+)", commands, re.MULTILINE)
        assert {each.split()[0] for each in named} <= targets
        for path in re.findall(r"(?<![\w./])((?:tests|\.github)/[\w./-]+)", commands):
            assert (ROOT / path).exists(), path


def test_only_a_person_starts_a_release() -> None:
    said = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    assert list(yaml.safe_load(said)[True]) == ["workflow_dispatch"]  # YAML reads `on` as true
