"""Sections of the repository's own texts, so that the site does not say them a second time."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]


def section(name: str, title: str, root: Path = ROOT) -> str:
    """The body of one section (`## title`) of a file at the root, without its heading; sessions as `pycon`.

    Raises: ValueError where the file has no such section.
    """
    for part in (root / name).read_text(encoding="utf-8").split("\n## ")[1:]:
        heading, _, body = part.partition("\n")
        if heading == title:
            return body.strip().replace("```python\n>>>", "```pycon\n>>>")
    raise ValueError(f"{name}: expected a section {title!r}, got none")
