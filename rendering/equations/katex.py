"""KaTeX in this process: TeX in, HTML with MathML out, each symbol of the glossary marked."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from rendering.assets import NODE_MODULES, require
from rendering.cache import Cache, of_files

_SCRIPT = NODE_MODULES / "katex" / "dist" / "katex.min.js"
_RENDER = Path(__file__).with_name("typeset.js")
_ROOT = Path(__file__).parents[2]

# Given a TeX source and whether it is a display, what came of it as JSON: {"html": …} or {"error": …}.
Render = Callable[[str, bool], str]


class TexError(Exception):
    """TeX that KaTeX does not accept."""


class Typesetter:
    """KaTeX, and what it made before.

    `known`: HTML by display mode and source, from an earlier build; `render`: `typeset` of typeset.js;
    the one in this process unless given.
    """

    def __init__(self, known: dict[str, str] | None = None, render: Render | None = None) -> None:
        self.known = known or {}
        self.render = render
        self.used: dict[str, str] = {}

    def html(self, source: str, display: bool = False) -> str:
        """Return the HTML of a TeX source; raise TexError where KaTeX does not accept it."""
        name = f"{'display' if display else 'inline'} {source}"
        if name not in self.used:
            self.used[name] = self.known.get(name) or typeset(source, display, self.render)
        return self.used[name]

    @classmethod
    def load(cls, cache: Cache) -> Typesetter:
        """Return one that knows what the last build made."""
        return cls(cache.load("equations", _key()))

    def save(self, cache: Cache) -> None:
        """Keep what this build made."""
        if self.used != self.known:
            cache.save("equations", _key(), self.used)


def typeset(source: str, display: bool, render: Render | None = None) -> str:
    """Return the HTML of a TeX source from KaTeX itself; raise TexError where it does not accept it."""
    from rendering.symbols import annotate, finish  # loads sympy: not where all is known

    html = unmarked(source, display, render)
    with suppress(TexError):
        html = unmarked(annotate(source), display, render)
    return finish(html, source)


def unmarked(source: str, display: bool, render: Render | None = None) -> str:
    """Return what KaTeX makes of a TeX source as it is; raise TexError where it does not accept it."""
    outcome = json.loads((render or _render())(source, display))
    if "error" in outcome:
        raise TexError(f"{outcome['error'].removeprefix('KaTeX parse error: ')} (in {_shortened(source)})")
    return str(outcome["html"])


def _key() -> str:
    """A digest of everything that decides the HTML."""
    places = (
        Path(__file__),
        _RENDER,
        _ROOT / "rendering" / "symbols",
        _ROOT / "ovlearn" / "symbolic",
        require(_SCRIPT),
    )
    return of_files(*places)


@cache
def _render() -> Any:
    import quickjs

    context = quickjs.Context()
    context.eval("globalThis.self = globalThis;" + require(_SCRIPT).read_text(encoding="utf-8"))
    context.eval(_RENDER.read_text(encoding="utf-8"))
    return context.get("typeset")


def _shortened(source: str, most: int = 100) -> str:
    line = " ".join(source.split())
    return line if len(line) <= most else f"{line[:most]}…"
