"""What a release says of itself: `python .github/release.py VERSION` prints it, or says what is not ready."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
_CITED = re.compile(r'^(version|date-released): "?([^"\n]+)"?$', re.MULTILINE)


def notes(root: Path, version: str) -> str:
    """Return the part of CHANGELOG.md on a version. Raises ValueError where files disagree about it."""
    named = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if version != named:
        raise ValueError(f"version: expected that of pyproject.toml, {named}, got {version}")
    heading = rf"^## \[{re.escape(version)}\] - (\d{{4}}-\d\d-\d\d)\n(.*?)(?=^## \[|\Z)"
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(heading, changes, re.MULTILINE | re.DOTALL)
    if not found:
        raise ValueError(f"CHANGELOG.md: expected a heading '## [{version}] - ' and its date, got none")
    cited = dict(_CITED.findall((root / "CITATION.cff").read_text(encoding="utf-8")))
    wanted = {"version": version, "date-released": found[1]}
    if cited != wanted:
        raise ValueError(f"CITATION.cff: expected {wanted}, got {cited}")
    return found[2].strip()


def main() -> int:
    """Print the notes; say what is not ready in a line, and return 2."""
    if len(sys.argv) != 2:
        print("usage: python .github/release.py VERSION", file=sys.stderr)
        return 2
    try:
        print(notes(ROOT, sys.argv[1]))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
