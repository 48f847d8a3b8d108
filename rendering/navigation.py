"""The navigation: what stands in the place of `folder/*`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any


def filled(nav: Any, folders: Mapping[str, Sequence[Any]]) -> Any:
    """Return the navigation with all entries of a folder in the place of `folder/*`.

    >>> filled([{"Course": ["use.md", "lessons/*"]}], {"lessons/*": ["lessons/01_x.md", "lessons/02_y.md"]})
    [{'Course': ['use.md', 'lessons/01_x.md', 'lessons/02_y.md']}]
    """
    if isinstance(nav, dict):
        return {name: filled(part, folders) for name, part in nav.items()}
    if not isinstance(nav, list):
        return nav
    entries: list[Any] = []
    for part in nav:
        known = folders.get(part) if isinstance(part, str) else None
        entries += [filled(part, folders)] if known is None else known
    return entries


def numbered(folder: str, titles: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the entries of a folder whose pages begin with a number, with it before their titles.

    >>> numbered("lessons/*", {"lessons/01_x.md": "The stream", "errata.md": "Errata"})
    [{'1. The stream': 'lessons/01_x.md'}]
    """
    return [
        {f"{int(PurePosixPath(uri).name[:2])}. {title}": uri}
        for uri, title in titles.items()
        if uri.startswith(folder.removesuffix("*"))
    ]


def pages_in(folder: str, pages: Iterable[str]) -> list[str]:
    """Return the pages of a folder, less the one that stands before them.

    >>> pages_in("exercises/*", ["exercises/index.md", "exercises/01_x.md", "errata.md"])
    ['exercises/01_x.md']
    """
    place = folder.removesuffix("*")
    return [uri for uri in pages if uri.startswith(place) and uri != f"{place}index.md"]
