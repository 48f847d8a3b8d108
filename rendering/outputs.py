"""What a cell put out, in the richest form that can follow the page, never a bitmap.

The build writes it as Markdown; the page, where a reader runs a cell, as HTML. Which form is shown is decided
here for both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from rendering.equations.formulas import carried, chain_of
from rendering.markdown import badge

# The one name among MIME types that is none: what a cell printed.
PRINTED = "printed"
# A derivation, as `as_data` gives it.
DERIVATION = "application/vnd.ovlearn.derivation+json"

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_DOLLARS = re.compile(r"^\s*\$+\s*(?:\\displaystyle\b)?\s*(.*?)\s*\$+\s*$", re.DOTALL)
_BEFORE_SVG = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_SVG_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)


class Writer(Protocol):
    """Writes what is not HTML yet."""

    def text(self, text: str) -> str:
        """Plain text."""

    def prose(self, markdown: str) -> str:
        """Markdown."""

    def display(self, tex: str) -> str:
        """An equation of its own."""


def written(output: Mapping[str, str], writer: Writer) -> str:
    """Return one output as this writer writes it, or nothing where there is nothing to show."""
    for kind, write in _WRITERS.items():
        if output.get(kind, "").strip():
            return write(output[kind], writer)
    return ""


def markdown(output: Mapping[str, str]) -> str:
    """Return one output as Markdown, or nothing where there is nothing to show."""
    return written(output, _Markdown())


class _Markdown:
    def text(self, text: str) -> str:
        longest = max(map(len, re.findall(r"`+", text)), default=0)
        fence = "`" * max(3, longest + 1)
        return _block(f"{fence}{{ .text .ov-text .no-copy }}\n{text}\n{fence}")

    def prose(self, markdown: str) -> str:
        return _block(markdown)

    def display(self, tex: str) -> str:
        return _block(f"$$\n{tex}\n$$")


def _block(text: str) -> str:
    return f'<div class="ov-out" markdown>\n\n{text}\n\n</div>'


def _text(text: str, writer: Writer) -> str:
    return writer.text(_COLOURS.sub("", text).rstrip())


def _prose(text: str, writer: Writer) -> str:
    return writer.prose(text.strip())


def _derivation(data: str, writer: Writer) -> str:
    return writer.prose(_of_derivation(json.loads(data)))


def _latex(text: str, writer: Writer) -> str:
    """sympy's `$\\displaystyle …$` as a display."""
    found = _DOLLARS.match(text)
    return writer.display(found[1] if found else text.strip())


def _html(html: str, writer: Writer) -> str:
    """HTML as it is: Markdown lets a block element alone up to its end. The search does not look into it."""
    return f'<div class="ov-out ov-html" data-search-exclude>\n{html.strip()}\n</div>'


def _svg(svg: str, writer: Writer) -> str:
    """The picture alone, without the XML around it; one that has no text alternative is at least named."""
    svg = _SVG_METADATA.sub("", _BEFORE_SVG.sub("", svg)).strip()
    if "aria-label" not in svg and "<title" not in svg:
        svg = svg.replace("<svg", '<svg role="img" aria-label="Figure"', 1)
    return _html(f'<figure class="ov-figure">{svg}</figure>', writer)


def _of_derivation(data: Mapping[str, Any]) -> str:
    """A derivation as Markdown, with its title, its assumptions and its lemmas where it has some.

    `data`: as `Derivation.as_data` gives it; `label` names its result; `brief` and `checked` say how it was
    checked.
    """
    return "\n\n".join(_parts(data))


def _parts(data: Mapping[str, Any]) -> Iterator[str]:
    if data["title"]:
        yield f"**{data['title']}**"
    if data["assumptions"]:
        yield "\n".join(map(_assumption, data["assumptions"]))
    yield chain_of(data)
    if "checked" in data:
        yield badge(data["brief"], data["checked"])
    for lemma in data["lemmas"]:
        yield from _parts(lemma)


def _assumption(one: Mapping[str, Any]) -> str:
    equations = ", ".join(f"${carried(equation)}$" for equation in one["equations"])
    return f"- *{one['name']}* ({one['kind']}): {one['says']}{f': {equations}' if equations else ''}"


# In the order of preference.
_WRITERS: dict[str, Callable[[str, Writer], str]] = {
    PRINTED: _text,
    DERIVATION: _derivation,
    "text/markdown": _prose,
    "text/html": _html,
    "image/svg+xml": _svg,
    "text/latex": _latex,
    "text/plain": _text,
}
