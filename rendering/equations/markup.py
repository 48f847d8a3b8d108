"""The HTML around equations."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from rendering.equations.formulas import Chain, Formula, Line
from rendering.equations.katex import Typesetter
from rendering.equations.labels import Numbered

# A longer derivation folds; so does one whose lines are wider than a page can show.
_MOST_LINES = 8
_MOST_SIGNS = 110
# Beside a wider line the rule's name would have no room: it stands above.
_ROOM_FOR_RULES = 40


def reference(numbered: Numbered, address: str) -> str:
    """A link to a numbered equation, on the page at this address."""
    return f'<a class="ov-eqref" href="{escape(address)}#{numbered.anchor}">({numbered.number})</a>'


@dataclass(frozen=True)
class Markup:
    """Writes equations as HTML, with what the typesetter makes of their TeX."""

    typesetter: Typesetter

    def inline(self, formula: Formula) -> str:
        """An equation within a line."""
        return f'<span class="ov-inline">{self.typesetter.html(formula)}</span>'

    def display(self, formula: Formula, numbered: Numbered | None = None) -> str:
        """An equation of its own, in a box that scrolls by itself, with its number if it has one."""
        box = f'<div class="ov-scroll" tabindex="0">{self.typesetter.html(formula, True)}</div>'
        if numbered is None:
            return f'<div class="ov-eq">{box}</div>'
        anchor, number = numbered.anchor, numbered.number
        link = f'<a class="ov-eqno" href="#{anchor}" title="Link to this equation">({number})</a>'
        return f'<div class="ov-eq ov-eq--numbered" id="{anchor}">{box}{link}</div>'

    def chain(self, chain: Chain, numbered: Numbered | None = None) -> str:
        """A derivation: its steps, folded where they are many or wide, and below them its result."""
        steps = self._steps(chain)
        if chain.height > _MOST_LINES or chain.width > _MOST_SIGNS:
            steps = (
                f'<details class="ov-fold"><summary>The derivation, step by step</summary>{steps}</details>'
            )
        return steps + self.display(chain.result, numbered)

    def _steps(self, chain: Chain) -> str:
        wide = " ov-chain--wide" if chain.width > _ROOM_FOR_RULES else ""
        name = f'tabindex="0" role="group" aria-label="Derivation, {len(chain.lines)} steps"'
        return f'<div class="ov-chain ov-scroll{wide}" {name}>{"".join(map(self._line, chain.lines))}</div>'

    def _line(self, line: Line) -> str:
        left = f'<span class="ov-left">{self._styled(line.left)}</span>' if line.left else ""
        right = "".join(f'<span class="ov-right">{self._styled(part)}</span>' for part in line.right)
        rule = f'<span class="ov-rule">{escape(line.rule)}</span>' if line.rule else ""
        why = f'<span class="ov-why" hidden>{escape(" · ".join(line.reasons))}</span>' if line.reasons else ""
        return f'<div class="ov-step">{left}{rule}<span class="ov-rights">{right}</span>{why}</div>'

    def _styled(self, formula: Formula) -> str:
        return self.typesetter.html(formula.within(r"\displaystyle "))
