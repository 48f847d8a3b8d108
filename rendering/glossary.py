"""What a page says of its symbols: the glossary for its notes, and a title on each without JavaScript."""

from __future__ import annotations

import json
import re
from functools import cache
from html import escape

from ovlearn.symbolic.notation import GLOSSARY, NORMS, Entry


@cache
def glossary_json() -> str:
    """Return the glossary as JSON that may stand inside a script element: what `symbols.js` shows."""
    entries = {base: _shown(entry) for base, entry in GLOSSARY.items()}
    return json.dumps(entries, ensure_ascii=False, separators=(",", ":")).replace("</", r"<\/")


def _shown(entry: Entry) -> dict[str, str | list[str]]:
    shown: dict[str, str | list[str]] = {
        "name": in_html(_name(entry)),
        "meaning": in_html(entry.meaning),
        "shape": [in_html(str(size)) for size in entry.shape],
        "indices": entry.indices,
        "recorded": entry.recorded,
    }
    return {key: value for key, value in shown.items() if value}


def _name(entry: Entry) -> str:
    """A symbol as its letters are on the page."""
    letter = entry.latex if entry.base in NORMS else entry.base
    return letter.replace("S_direct", "S′").replace("Delta", "Δ")


def in_html(words: str) -> str:
    """Return words with their symbols in HTML.

    >>> in_html("values and output in one matrix, W_V W_O")
    'values and output in one matrix, <i>W</i><sub>V</sub> <i>W</i><sub>O</sub>'
    """
    marked = re.sub(r"\b([A-Za-z])_([A-Za-z]+)\b", r"<i>\1</i><sub>\2</sub>", escape(words))
    return re.sub(r"^([A-Za-zΔ])(′?)$", r"<i>\1</i>\2", marked)


@cache
def told(base: str) -> tuple[str, str]:
    """Return what a symbol carries on the page: its title, and its thing."""
    return title(base), GLOSSARY[base].thing


@cache
def title(base: str) -> str:
    """Return a symbol's meaning and shape in a line.

    >>> title("A")
    'the attention pattern, whose rows sum to 1; s × s'
    """
    entry = GLOSSARY[base]
    rows, columns = entry.shape
    return f"{entry.meaning}; {rows} × {columns}"
