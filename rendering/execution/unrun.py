"""A percent notebook before it is run: its cells, and `{{ expression }}` in its markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ovlearn.exercises.percent import cells
from rendering.execution.executed import ExecutedCell, Source
from rendering.messages import RenderError

# What is shown of a cell: its output with the code folded, its output alone, or nothing.
TAGS = ("hide-input", "remove-input", "remove-cell")
# With a space inside each pair of braces, so that neither TeX's {{x}} nor an f-string's braces look like one.
_EXPRESSION = re.compile(r"\{\{\s(.+?)\s\}\}", re.DOTALL)


def cells_of(source: Source) -> list[ExecutedCell]:
    """Return the cells of the file; empty ones are left out.

    Raises: RenderError for a tag that means nothing here, and for a change to try that is none.
    """
    found = [*enumerate(cells(source.path.read_text(encoding="utf-8")), start=1)]
    for number, one in found:
        for tag in one.marks.get("tags", ()):
            if tag not in TAGS:
                expected = f"expected tags among {', '.join(TAGS)}, got {tag!r}"
                raise RenderError(f"{source.shown}, cell {number}: {expected}")
        for words in one.marks.get("try", ()):
            if one.kind != "code" or not _is_change(words, one.text):
                expected = f'expected "name: what stands once in the code -> what to try", got {words!r}'
                raise RenderError(f"{source.shown}, cell {number}: {expected}")
    return [
        ExecutedCell(
            number,
            one.kind,
            one.text,
            tuple(one.marks.get("tags", ())),
            tries=tuple(_change(words) for words in one.marks.get("try", ())),
        )
        for number, one in found
    ]


def _change(words: str) -> tuple[str, str, str]:
    """A change to try: its name, what stands in the code, what stands there then."""
    name, _, change = words.partition(": ")
    old, _, new = change.partition(" -> ")
    return name, old, new


def _is_change(words: str, code: str) -> bool:
    name, old, new = _change(words)
    return bool(name and old and new) and old != new and code.count(old) == 1


def expressions(text: str) -> list[str]:
    """Return the expressions in a text, in order.

    >>> expressions('an error of {{ f"{error:.0e}" }} in {{ count }} runs of ${{x}}$')
    ['f"{error:.0e}"', 'count']
    """
    return [found.strip() for found in _EXPRESSION.findall(text)]


def replaced(text: str, values: Sequence[str]) -> str:
    """Return the text with its expressions replaced by these values, in order.

    >>> replaced("{{ n }} of {{ m }}", ["1", "2"])
    '1 of 2'
    """
    waiting = iter(values)
    return _EXPRESSION.sub(lambda _: next(waiting), text)
