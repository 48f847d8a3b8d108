"""A lesson before and after it is run: its source, and its cells as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Source:
    """A percent notebook on disk. `uri`: where its page stands in the site's sources, `lessons/01_x.md`."""

    path: Path
    uri: str

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @property
    def shown(self) -> str:
        """The file's name as messages give it: its folder and itself."""
        return f"{self.path.parent.name}/{self.path.name}"


@dataclass(frozen=True)
class ExecutedCell:
    """One cell. `number` counts from 1 over all cells of the file.

    `outputs`: what it put out, as text by kind, as `rendering.outputs` names the kinds; `tries`: changes of
    the code for a reader to try: the name of each, what stands there, and what to put in its place.
    """

    number: int
    kind: str
    source: str
    tags: tuple[str, ...] = ()
    outputs: tuple[Mapping[str, str], ...] = field(default=())
    tries: tuple[tuple[str, str, str], ...] = ()

    @property
    def first_line(self) -> str:
        """The first line that says something."""
        return next((line.strip() for line in self.source.splitlines() if line.strip()), "")


def cell_from(fields: Mapping[str, Any]) -> ExecutedCell:
    """Return the cell with these fields, as JSON keeps them."""
    listed = {name: tuple(fields[name]) for name in ("tags", "outputs")}
    return ExecutedCell(**{**fields, **listed, "tries": tuple(map(tuple, fields["tries"]))})
