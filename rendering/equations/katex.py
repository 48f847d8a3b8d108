"""KaTeX in this process: TeX in, HTML with MathML out, each symbol of the glossary and each change marked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from rendering.assets import NODE_MODULES, require
from rendering.equations.formulas import Formula
from rendering.store import Store, of_files

_SCRIPT = NODE_MODULES / "katex" / "dist" / "katex.min.js"
_RENDER = Path(__file__).with_name("typeset.js")
_ROOT = Path(__file__).parents[2]

# Takes TeX with marked symbols, whether it is a display, the TeX to copy, and what symbols carry, as JSON.
# Returns what came of it as JSON: {"html": …} or {"error": …}.
Render = Callable[[str, bool, str, str], str]


class TexError(Exception):
    """TeX that KaTeX does not accept."""


class Typesetter:
    """KaTeX, and what it made before.

    `earlier`: HTML from an earlier build; `render`: `typeset` of typeset.js, here unless it runs elsewhere.
    """

    def __init__(self, earlier: dict[str, str] | None = None, render: Render | None = None) -> None:
        self.earlier = earlier or {}
        self.render = render
        self.used: dict[str, str] = {}

    def html(self, formula: Formula, display: bool = False) -> str:
        """Return the HTML of a formula; raise TexError where KaTeX does not accept it."""
        name = json.dumps([display, formula.latex, formula.symbols, formula.marks])
        if name not in self.used:
            self.used[name] = self.earlier.get(name) or typeset(formula, display, self.render)
        return self.used[name]

    @classmethod
    def load(cls, store: Store) -> Typesetter:
        """Return one that has what the last build made."""
        return cls(store.load("equations", _key()))

    def save(self, store: Store) -> None:
        """Keep what this build made."""
        if self.used != self.earlier:
            store.save("equations", _key(), self.used)


def typeset(formula: Formula, display: bool, render: Render | None = None) -> str:
    """Return the HTML of a formula from KaTeX itself, each symbol marked, with a title and its thing.

    Raises: TexError where KaTeX does not accept it.
    """
    from rendering.equations.typed import symbols_in  # loads sympy: not where all was made before
    from rendering.glossary import told

    if formula.symbols is None:
        formula = replace(formula, symbols=symbols_in(formula.latex))
    symbols = {base: told(base) for _, _, base, *_ in formula.symbols or ()}
    # a letter that is an argument without braces, as in \frac AE, takes no mark
    for source in dict.fromkeys((formula.tagged, formula.latex)):
        outcome = json.loads((render or _render())(source, display, formula.latex, json.dumps(symbols)))
        if "html" in outcome:
            return str(outcome["html"])
    said = outcome["error"].removeprefix("KaTeX parse error: ")
    raise TexError(f"{said} (in {_shortened(formula.latex)})")


def _key() -> str:
    """A digest of everything that decides the HTML, less the formulas."""
    symbolic = _ROOT / "ovlearn" / "symbolic"
    glossary = (symbolic / "notation.py", _ROOT / "rendering" / "glossary.py")
    return of_files(Path(__file__).parent, *glossary, require(_SCRIPT))


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
