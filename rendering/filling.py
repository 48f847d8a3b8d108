"""Put generated fragments into the pages that are written by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rendering.errors import RenderError

MARKER = re.compile(r"^( *)\{\{ (\w+) \}\}$", re.MULTILINE)


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
