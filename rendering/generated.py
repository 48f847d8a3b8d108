"""What `rendering.pages` writes from the package's data, remembered between builds, and put into pages."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rendering.messages import RenderError
from rendering.store import Store, digest, of_files, of_versions

# Where a fragment goes in a page that is written by hand.
MARKER = re.compile(r"^( *)\{\{ (\w+) \}\}$", re.MULTILINE)
_LIBRARIES = ("numpy", "sympy", "click", "rich")
_INPUTS = (
    "ovlearn",
    "exercises",
    *(f"rendering/{part}" for part in ("pages", "equations")),
    *(f"rendering/{name}.py" for name in ("glossary", "markdown", "runnable", "timing")),
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


def generated(root: Path, store: Store) -> Generated:
    """Return what `rendering.pages` and `rendering.glossary` make. `root`: the folder of the project."""
    key = digest([sys.version, of_versions(*_LIBRARIES), of_files(*(root / place for place in _INPUTS))])
    made_before = store.load("generated", key)
    if made_before is not None:
        return Generated(**made_before)
    made = _made()
    store.save("generated", key, asdict(made))
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
    from rendering import glossary, pages

    return Generated(**pages.generated(), glossary=glossary.glossary_json())


def filled(markdown: str, fragments: Mapping[str, str]) -> str:
    """Return a page with every line `{{ name }}` replaced by that fragment, indented as the line was.

    Raises: RenderError for a name that no fragment has.

    >>> print(filled("Before\\n\\n    {{ greeting }}", {"greeting": "one\\n\\ntwo"}))
    Before
    <BLANKLINE>
        one
    <BLANKLINE>
        two
    """

    def put(found: re.Match[str]) -> str:
        indent, name = found.groups()
        if name not in fragments:
            raise RenderError(f"no fragment is called {name}; there are {', '.join(fragments)}")
        return "\n".join(f"{indent}{line}".rstrip() for line in fragments[name].splitlines())

    return MARKER.sub(put, markdown)
