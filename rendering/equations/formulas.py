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
# Where what a step changes begins and ends in the TeX, and whether it "goes" or was "made".
Mark = tuple[int, int, str]
_OF_A_CHAIN = ("steps", "result", "label")


@dataclass(frozen=True)
class Formula:
    """TeX without its labels, what it says in words, its symbols (None: nobody looked), labels, and marks.

    Symbols and marks lie within or beside each other.
    """

    latex: str
    text: str
    symbols: tuple[Symbol, ...] | None = None
    labels: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()

    @classmethod
    def typed(cls, tex: str) -> Formula:
        """What was typed into prose."""
        tex, labels = split_label(tex)
        return cls(tex, plain(tex), None, tuple(labels))

    @property
    def tagged(self) -> str:
        r"""The TeX with each symbol and mark in `\\htmlData`, by which KaTeX tells the page what it is.

        >>> print(Formula("A_1 x", "A_1 x", ((0, 3, "A", "1"),)).tagged)
        \htmlData{symbol=A,index=1}{A_1} x
        >>> print(Formula("A x", "A x", ((0, 1, "A", ""),), marks=((0, 3, "made"),)).tagged)
        \htmlData{made=1}{\htmlData{symbol=A}{A} x}
        """
        spans = [(start, end, f"{kind}=1") for start, end, kind in self.marks]
        spans += [(start, end, _says(*symbol)) for start, end, *symbol in self.symbols or ()]
        spans.sort(key=lambda span: (span[0], -span[1]))  # what lies in another comes after it
        written, at = "", 0
        ends: list[int] = []
        for start, end, says in [*spans, (len(self.latex), 0, "")]:
            while ends and ends[-1] <= start:
                written, at = f"{written}{self.latex[at : ends[-1]]}}}", ends.pop()
            written, at = written + self.latex[at:start], start
            if says:
                written += rf"\htmlData{{{says}}}{{"
                ends.append(end)
        return written

    def within(self, before: str, after: str = "") -> Formula:
        """The same with more TeX around it."""
        by = len(before)
        symbols = None if self.symbols is None else tuple(_moved(one, by) for one in self.symbols)
        marks = tuple(_moved(one, by) for one in self.marks)
        return replace(self, latex=f"{before}{self.latex}{after}", symbols=symbols, marks=marks)


@dataclass(frozen=True)
class Line:
    """A step as it is shown: its left side if it has one, what follows in one line or more, its rule.

    `reasons`: the rule's law, and why it may be used.
    """

    left: Formula | None
    right: tuple[Formula, ...]
    rule: str
    reasons: tuple[str, ...] = ()

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


def _says(base: str, index: str, *more: str) -> str:
    """What KaTeX is told of a symbol."""
    return ",".join([f"symbol={base}", *([f"index={index}"] * bool(index)), *(f"{one}=1" for one in more)])


def _moved(span: tuple[Any, ...], by: int) -> tuple[Any, ...]:
    start, end, *more = span
    return (start + by, end + by, *more)


def carried(data: Mapping[str, Any]) -> str:
    """Data of an equation as it may stand between dollar signs in Markdown, in a cell of a table too."""
    return json.dumps(data).translate({ord(sign): f"\\u{ord(sign):04x}" for sign in "$|`<>&"})


def chain_of(derivation: Mapping[str, Any]) -> str:
    """Return a derivation's steps and result, from its data, as a displayed equation of Markdown."""
    return f"$$\n{carried({name: derivation[name] for name in _OF_A_CHAIN if name in derivation})}\n$$"


def read(source: str) -> Formula | Chain:
    r"""Return the equation that stood between dollar signs.

    >>> read(r"W_{OV} \label{eq:w}")
    Formula(latex='W_{OV}', text='W_OV', symbols=None, labels=('eq:w',), marks=())
    >>> read(carried({"latex": "W_{OV}", "text": "W_OV", "symbols": []}))
    Formula(latex='W_{OV}', text='W_OV', symbols=(), labels=(), marks=())
    """
    if not source.startswith('{"'):
        return Formula.typed(source)
    data = json.loads(source)
    labels = (data["label"],) if data.get("label") else ()
    return replace(_chain(data) if "steps" in data else _formula(data), labels=labels)


def _formula(data: Mapping[str, Any]) -> Formula:
    marks = tuple(map(tuple, data.get("marks", ())))
    return Formula(data["latex"], data["text"], tuple(map(tuple, data["symbols"])), marks=marks)


def _chain(data: Mapping[str, Any]) -> Chain:
    lines = (
        Line(
            step["left"] and _formula(step["left"]),
            tuple(map(_part, step["lines"])),
            step["label"],
            tuple(dict.fromkeys((step["law"], step["why"]))),
        )
        for step in data["steps"]
    )
    return Chain(tuple(lines), _formula(data["result"]).within(r"\boxed{", "}"))


def _part(data: Mapping[str, Any]) -> Formula:
    """One line: spaced as after a left side, and not broken after a sign of relation."""
    sign = data.get("sign", "")
    found = _formula(data).within(rf"{{}}{sign}\nobreak " if sign else "{}")
    return replace(found, text=f"{sign} {found.text}".strip())
