"""The pages that `rendering.pages` writes from the package's data, remembered between builds."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from rendering.cache import Cache, digest, of_files, of_versions

_LIBRARIES = ("numpy", "sympy", "click", "rich")
_INPUTS = ("ovlearn", "rendering/pages", "rendering/symbols.py", "README.md", "CONTRIBUTING.md")


@dataclass(frozen=True)
class Generated:
    """Pages by their address, fragments by their name, and the glossary as JSON for the notes on symbols."""

    pages: dict[str, str]
    fragments: dict[str, str]
    glossary: str


def generated(root: Path, cache: Cache) -> Generated:
    """Return what `rendering.pages` and `rendering.symbols` make. `root`: the folder of the project."""
    key = digest([sys.version, of_versions(*_LIBRARIES), of_files(*(root / place for place in _INPUTS))])
    known = cache.load("generated", key)
    if known is not None:
        return Generated(**known)
    made = _made()
    cache.save("generated", key, asdict(made))
    return made


def _made() -> Generated:
    """It takes about ten seconds: every derivation is checked, with planted faults."""
    from rendering import pages, symbols

    return Generated(**pages.generated(), glossary=symbols.glossary_json())
