"""The box around a cell of a page: code, and what it put out. In the browser it can be run there."""

from __future__ import annotations


def cell_block(kind: str, name: str, *parts: str) -> str:
    """Return Markdown around the parts of a cell; nothing where there are none. `kind`: cell or exercise.

    >>> print(cell_block("cell", "4", "code"))
    <div class="ov-cell" data-cell="4" markdown>
    <BLANKLINE>
    code
    <BLANKLINE>
    </div>
    """
    body = "\n\n".join(parts)
    return f'<div class="ov-cell" data-{kind}="{name}" markdown>\n\n{body}\n\n</div>' if body else ""
