r"""A derivation's `align*`, taken apart into steps with the rule beside each.

What the package writes: `lhs &= rhs && \text{rule}`, lines that go on with `&\quad …`, and the boxed result
last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rendering.equations.plain import plain

_CHAIN = re.compile(r"\s*\\begin\{align\*\}(.*)\\end\{align\*\}\s*", re.DOTALL)
_RULE = re.compile(r"\\text\{(.*)\}", re.DOTALL)
_ESCAPED = re.compile(r"\\([&%$#_{}])|\\text(backslash|asciitilde|asciicircum)\{\}")
_SPELT = {"backslash": "\\", "asciitilde": "~", "asciicircum": "^"}
_MARKS = re.compile(r"(?P<opens>\\begin\{[^}]*\}|\{)|(?P<closes>\\end\{[^}]*\}|\})|\\\\|\\.|&", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """One step: its left side where it has one, what follows in one line or more, and the rule in words."""

    left: str
    right: tuple[str, ...]
    rule: str


@dataclass(frozen=True)
class Chain:
    """A derivation's steps, and its result as TeX, box included."""

    lines: tuple[Line, ...]
    result: str

    @property
    def height(self) -> int:
        """How many lines it takes."""
        return sum(len(line.right) for line in self.lines)

    @property
    def width(self) -> int:
        """How many signs its longest line has, its left side included."""
        return max(len(plain(line.left + right)) for line in self.lines for right in line.right)


def parse(tex: str) -> Chain | None:
    r"""Return the chain that TeX holds, or None where it is another kind of equation.

    >>> chain = parse(r"\begin{align*} Y &= X W && \text{unfold: W\_U} \\ &\boxed{Y = X W} \end{align*}")
    >>> chain.lines[0].left, chain.lines[0].right, chain.lines[0].rule, chain.result
    ('Y', ('= X W',), 'unfold: W_U', '\\boxed{Y = X W}')
    """
    found = _CHAIN.fullmatch(tex)
    rows = [[cell.strip() for cell in _split(row, "&")] for row in _split(found[1], r"\\")] if found else []
    *steps, last = rows or [[]]
    if not any(len(row) == 4 for row in steps) or not last[-1].startswith(r"\boxed{"):
        return None
    return Chain(tuple(_lines(steps)), last[-1])


def _lines(rows: list[list[str]]) -> Iterator[Line]:
    """Rows as steps: one without a rule and with no left side goes on with the step before it."""
    waiting: Line | None = None
    for row in rows:
        left, right, *rest = [*row, "", ""]
        rule = _words(rest[1]) if len(row) == 4 else ""
        if waiting is not None and not left and not rule:
            waiting = Line(waiting.left, (*waiting.right, right), waiting.rule)
            continue
        if waiting is not None:
            yield waiting
        waiting = Line(left, (right,), rule)
    if waiting is not None:
        yield waiting


def _words(cell: str) -> str:
    """The text inside `\\text{…}`."""
    found = _RULE.fullmatch(cell)
    return _ESCAPED.sub(lambda sign: sign[1] or _SPELT[sign[2]], found[1] if found else cell)


def _split(tex: str, mark: str) -> list[str]:
    """Split at a mark that stands in no braces and in no inner environment."""
    parts, depth, start = [], 0, 0
    for found in _MARKS.finditer(tex):
        depth += bool(found["opens"]) - bool(found["closes"])
        if found[0] == mark and depth == 0:
            parts.append(tex[start : found.start()])
            start = found.end()
    return [*parts, tex[start:]]
