"""The renderer knows nothing of what builds the pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_floors import imported

ROOT = Path(__file__).parents[2]
BUILDERS = {"mkdocs", "material", "mkdocs_autorefs", "mkdocstrings", "zensical"}


def known(folder: Path) -> list[str]:
    """The builders' modules that a folder's files import, each after its file."""
    return [
        f"{path.name}: {name}"
        for path in sorted(folder.rglob("*.py"))
        for name in imported(path, folder)
        if name.partition(".")[0] in BUILDERS
    ]


def test_it_imports_no_builder() -> None:
    assert known(ROOT / "rendering") == []


@pytest.mark.parametrize("line", ["import zensical", "def f():\n    from mkdocs.utils import x"])
def test_a_planted_import_is_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "site.py").write_text(line)
    assert known(tmp_path)
