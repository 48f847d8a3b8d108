"""A percent notebook of our own: sets and lessons are written so. For foreign scripts there is `scripts`.

Jupytext reads the same, a test holds, but to import it takes longer than to check an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_MARK = re.compile(r"^# %%(?: \[(markdown)\])?(.*)\n?", re.MULTILINE)
_KEY = re.compile(r" *(\w+)=")
_HASH = re.compile(r"^# ?", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """A cell. `kind`: "markdown" or "code"; `text`: without comment signs; `marks`: its `key=value` pairs."""

    kind: str
    text: str
    marks: dict[str, Any]


def cells(text: str) -> Iterator[Cell]:
    """Yield the cells of a percent notebook that are not empty.

    Raises: ValueError for a mark that is no `key=value`, with the value in JSON.

    >>> [*cells("# %% [markdown] points=2\\n# # A title\\n\\n# %%\\nx = 1\\n")]
    [Cell(kind='markdown', text='# A title', marks={'points': 2}), Cell(kind='code', text='x = 1', marks={})]
    """
    _, *parts = _MARK.split(text)
    for kind, marks, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        source = _HASH.sub("", body) if kind else body
        if source.strip():
            yield Cell(kind or "code", source.strip("\n"), dict(_pairs(marks)))


def _pairs(marks: str) -> Iterator[tuple[str, Any]]:
    place = 0
    while marks[place:].strip():
        key = _KEY.match(marks, place)
        if not key:
            raise ValueError(f"cell: expected key=value, got {marks[place:].strip()!r}")
        value, place = json.JSONDecoder().raw_decode(marks, key.end())
        yield key[1], value
