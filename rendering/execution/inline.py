"""`{{ expression }}` in a markdown cell: found here, evaluated in the lesson's kernel."""

from __future__ import annotations

import re
from collections.abc import Sequence

# With a space inside each pair of braces, so that neither TeX's {{x}} nor an f-string's braces look like one.
_EXPRESSION = re.compile(r"\{\{\s(.+?)\s\}\}", re.DOTALL)


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
