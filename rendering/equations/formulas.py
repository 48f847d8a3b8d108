"""Equations as data: TeX and the symbols in it, and a derivation step by step.

Markdown carries them between its dollar signs: TeX that was typed as it is, what the package wrote as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rendering.equations.labels import split_label
from rendering.equations.words import plain

# Where a symbol begins and ends in its TeX, its base, its index, and what else holds of it: "turned", "part".
Symbol = tuple[Any, ...]
_OF_A_CHAIN = ("steps", "result", "label")


@dataclass(frozen=True)
class Formula:
    """TeX without its labels, what it says in words, its symbols (None: nobody has looked), its labels."""

    latex: str
    text: str
    symbols: tuple[Symbol, ...] | None = None
    labels: tuple[str, ...] = ()

    @classmethod
    def typed(cls, tex: str) -> Formula:
        """What was typed into prose."""
        tex, labels = split_label(tex)
        return cls(tex, plain(tex), None, tuple(labels))

    @property
    def tagged(self) -> str:
        r"""The TeX with each symbol in `\\htmlData`, by which KaTeX tells the page what it is.

        >>> print(Formula("A_1 x", "A_1 x", ((0, 3, "A", "1"),)).tagged)
        \htmlData{symbol=A,index=1}{A_1} x
        """
        written, at = "", 0
        for start, end, base, index, *more in self.symbols or ():
            says = ",".join(
                [f"symbol={base}", *([f"index={index}"] * bool(index)), *(f"{one}=1" for one in more)]
            )
            written += rf"{self.latex[at:start]}\htmlData{{{says}}}{{{self.latex[start:end]}}}"
            at = end
        return written + self.latex[at:]

    def within(self, before: str, after: str = "") -> Formula:
        """The same with more TeX around it."""
        moved = [(start + len(before), end + len(before), *more) for start, end, *more in self.symbols or ()]
        symbols = None if self.symbols is None else tuple(moved)
        return replace(self, latex=f"{before}{self.latex}{after}", symbols=symbols)


@dataclass(frozen=True)
class Line:
    """A step as it is shown: its left side if it has one, what follows in one line or more, its rule."""

    left: Formula | None
    right: tuple[Formula, ...]
    rule: str

    @property
    def text(self) -> str:
        """What it says."""
        said = [self.left.text if self.left else "", *(part.text for part in self.right), self.rule]
        return " ".join(filter(None, said))


@dataclass(frozen=True)
class Chain:
    """A derivation's steps, and its result."""

    lines: tuple[Line, ...]
    result: Formula
    labels: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What it says in plain words."""
        return " ".join([*(line.text for line in self.lines), self.result.text])

    @property
    def height(self) -> int:
        """How many lines it takes."""
        return sum(len(line.right) for line in self.lines)

    @property
    def width(self) -> int:
        """How many signs its longest line has, its left side included."""
        return max(
            len(line.left.text if line.left else "") + len(part.text)
            for line in self.lines
            for part in line.right
        )


def carried(data: Mapping[str, Any]) -> str:
    """Data of an equation as it may stand between dollar signs in Markdown, in a cell of a table too."""
    return json.dumps(data).translate({ord(sign): f"\\u{ord(sign):04x}" for sign in "$|`<>&"})


def chain_of(derivation: Mapping[str, Any]) -> str:
    """Return a derivation's steps and result, from its data, as a displayed equation of Markdown."""
    return f"$$\n{carried({name: derivation[name] for name in _OF_A_CHAIN if name in derivation})}\n$$"


def read(source: str) -> Formula | Chain:
    r"""Return the equation that stood between dollar signs.

    >>> read(r"W_{OV} \label{eq:w}")
    Formula(latex='W_{OV}', text='W_OV', symbols=None, labels=('eq:w',))
    >>> read(carried({"latex": "W_{OV}", "text": "W_OV", "symbols": []}))
    Formula(latex='W_{OV}', text='W_OV', symbols=(), labels=())
    """
    if not source.startswith('{"'):
        return Formula.typed(source)
    data = json.loads(source)
    labels = (data["label"],) if data.get("label") else ()
    return replace(_chain(data) if "steps" in data else _formula(data), labels=labels)


def _formula(data: Mapping[str, Any]) -> Formula:
    return Formula(data["latex"], data["text"], tuple(map(tuple, data["symbols"])))


def _chain(data: Mapping[str, Any]) -> Chain:
    lines = (
        Line(step["left"] and _formula(step["left"]), tuple(map(_part, step["lines"])), step["label"])
        for step in data["steps"]
    )
    return Chain(tuple(lines), _formula(data["result"]).within(r"\boxed{", "}"))


def _part(data: Mapping[str, Any]) -> Formula:
    """One line: spaced as after a left side, and not broken after a sign of relation."""
    sign = data.get("sign", "")
    found = _formula(data).within(rf"{{}}{sign}\nobreak " if sign else "{}")
    return replace(found, text=f"{sign} {found.text}".strip())
