"""What a cell put out, as Markdown: the richest form that can follow the page, never a bitmap."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rendering.execution import PRINTED

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_DOLLARS = re.compile(r"^\s*\$+\s*(?:\\displaystyle\b)?\s*(.*?)\s*\$+\s*$", re.DOTALL)
_BEFORE_SVG = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_SVG_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)


def markdown(output: Mapping[str, str]) -> str:
    """Return one output as Markdown, or nothing where there is nothing to show."""
    for kind, write in _WRITERS.items():
        if output.get(kind, "").strip():
            return write(output[kind])
    return ""


def _written(text: str) -> str:
    return _block(text.strip())


def _latex(text: str) -> str:
    """sympy's `$\\displaystyle …$` as a display."""
    found = _DOLLARS.match(text)
    return _block(f"$$\n{found[1] if found else text.strip()}\n$$")


def _text(text: str) -> str:
    text = _COLOURS.sub("", text).rstrip()
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return _block(f"{fence}{{ .text .ov-text .no-copy }}\n{text}\n{fence}")


def _html(html: str) -> str:
    """HTML as it is: Markdown lets a block element alone up to its end. The search does not look into it."""
    return f'<div class="ov-out ov-html" data-search-exclude>\n{html.strip()}\n</div>'


def _block(text: str) -> str:
    return f'<div class="ov-out" markdown>\n\n{text}\n\n</div>'


def _svg(svg: str) -> str:
    """The picture alone, without the XML around it; one that has no text alternative is at least named."""
    svg = _SVG_METADATA.sub("", _BEFORE_SVG.sub("", svg)).strip()
    if "aria-label" not in svg and "<title" not in svg:
        svg = svg.replace("<svg", '<svg role="img" aria-label="Figure"', 1)
    return _html(f'<figure class="ov-figure">{svg}</figure>')


# In the order of preference.
_WRITERS = {
    PRINTED: _text,
    "text/markdown": _written,
    "text/html": _html,
    "image/svg+xml": _svg,
    "text/latex": _latex,
    "text/plain": _text,
}
