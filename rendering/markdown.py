"""Markdown that pages are made of: the box around a cell, code, and what opens when asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape


def cell_block(kind: str, name: str, *parts: str) -> str:
    """Return Markdown around code and what it put out; nothing where there is none. `kind`: cell or exercise.

    >>> print(cell_block("cell", "4", "code"))
    <div class="ov-cell" data-cell="4" markdown>
    <BLANKLINE>
    code
    <BLANKLINE>
    </div>
    """
    body = "\n\n".join(parts)
    return f'<div class="ov-cell" data-{kind}="{name}" markdown>\n\n{body}\n\n</div>' if body else ""


def python(code: str) -> str:
    """Return code as a block."""
    return f"```python\n{code}\n```"


def folded(kind: str, title: str, body: str) -> str:
    """Return a box that opens when asked.

    >>> print(folded("note", "More", "text"))
    ??? note "More"
    <BLANKLINE>
        text
    """
    return f'??? {kind} "{title}"\n\n{indented(body)}'


def tries(changes: Sequence[tuple[str, str, str]]) -> str:
    """Return changes of a cell's code for the page's script, which makes buttons of them; none without it.

    >>> tries([("a", "1", "2")])
    '<div class="ov-tries" hidden data-tries="[[&quot;a&quot;, &quot;1&quot;, &quot;2&quot;]]"></div>'
    """
    if not changes:
        return ""
    return (
        f'<div class="ov-tries" hidden data-tries="{escape(json.dumps(changes, ensure_ascii=False))}"></div>'
    )


def badge(brief: str, words: str) -> str:
    """Return how something was checked, in brief; opened, in words.

    >>> print(badge("2 steps, 3 ways", "Checked by algebra …"))
    <details class="ov-checked">
    <summary>✓ 2 steps, 3 ways</summary>
    <p>Checked by algebra …</p>
    </details>
    """
    parts = ('<details class="ov-checked">', f"<summary>✓ {brief}</summary>", f"<p>{words}</p>", "</details>")
    return "\n".join(parts)


def indented(text: str) -> str:
    """Return text as the body of what stands above it."""
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
