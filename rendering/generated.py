"""The pages that `rendering.pages` writes from the package's data, remembered between builds."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from rendering.cache import Cache, digest, of_files, of_versions
from rendering.errors import RenderError

_LIBRARIES = ("numpy", "sympy", "click", "rich")
_INPUTS = (
    "ovlearn",
    "exercises",
    *(f"rendering/{part}" for part in ("pages", "symbols", "blocks.py", "runnable.py")),
    "README.md",
    "CONTRIBUTING.md",
)


@dataclass(frozen=True)
class Generated:
    """Pages by address, fragments by name, notebooks and cells of exercises by set, the glossary as JSON."""

    pages: dict[str, str]
    fragments: dict[str, str]
    notebooks: dict[str, str]
    cells: dict[str, str]
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


def refuse_typed(written: Iterable[str], made: Iterable[str]) -> None:
    """Refuse a page written by hand where one is generated, or in a folder of generated ones.

    `written`, `made`: the places of pages, `notation.md`.

    Raises: RenderError that names each such page.
    """
    places = set(made)
    folders = {folder for place in places if (folder := posixpath.dirname(place))}
    typed = [place for place in written if place in places or posixpath.dirname(place) in folders]
    if typed:
        raise RenderError.of(
            f"docs/{place}: this page is generated, never typed; remove the file" for place in typed
        )


def _made() -> Generated:
    """It takes about ten seconds: every derivation is checked, with planted faults."""
    from rendering import pages, symbols

    return Generated(**pages.generated(), glossary=symbols.glossary_json())
