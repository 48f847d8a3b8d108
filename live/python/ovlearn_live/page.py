"""Outputs as the built page shows them: the same HTML, by the same code as far as it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ovlearn_live.prose import html_of
from rendering.equations import Equations, TexError, Typesetter, UnknownLabel
from rendering.equations.labels import Numbered

_HERE = "this page"
Labels = Mapping[str, str | Sequence[str]]


class Page:
    """Writes outputs as HTML. `labels`: the numbers of the page's equations, "3.1" or ["(3.1)", …]."""

    def __init__(self, typesetter: Typesetter, labels: Labels) -> None:
        self._equations = Equations(typesetter)
        for label, number in labels.items():
            plain = (number if isinstance(number, str) else number[0]).strip("()")
            self._equations.labels.numbered[label] = Numbered(label, _HERE, plain)

    def text(self, text: str) -> str:
        """Plain text, as a block."""
        return _box(text_block(escape(text, quote=False)))

    def prose(self, markdown: str) -> str:
        """Markdown, as a block."""
        return _box(html_of(markdown, self.equation))

    def display(self, tex: str) -> str:
        """An equation, as a block."""
        return _box(self.equation(tex, True))

    def equation(self, tex: str, display: bool) -> str:
        """An equation; where its TeX is wrong, that TeX and what is wrong. A new label gives no number."""
        try:
            return self._equations.html(_HERE, tex, display)
        except (TexError, UnknownLabel) as error:
            said = f"<code>{escape(tex)}</code> <small>{escape(str(error))}</small>"
            return f"<p>{said}</p>" if display else said


def text_block(html: str, look: str = "ov-text no-copy") -> str:
    """Return lines of text in HTML as a block of the site's."""
    return f'<div class="{look} highlight"><pre><span></span><code>{html}\n</code></pre></div>'


def _box(html: str) -> str:
    return f'<div class="ov-out">\n{html}\n</div>'
