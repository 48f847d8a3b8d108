"""TeX as a reader would type it: for search results, titles, and measuring how wide an equation is."""

from __future__ import annotations

import re
from collections.abc import Callable

_NAMES = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "lambda": "λ", "mu": "μ",
    "sigma": "σ", "Delta": "Δ", "Lambda": "Λ", "Sigma": "Σ", "sum": "Σ", "prod": "Π", "otimes": "⊗",
    "times": "×", "cdot": "·", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠",
    "in": "∈", "to": "→", "mapsto": "↦", "approx": "≈", "sqrt": "√", "top": "ᵀ", "infty": "∞", "pm": "±",
    "dots": "…", "ldots": "…", "cdots": "…", "vdots": "⋮", "quad": " ", "qquad": " ", "lVert": "‖",
    "rVert": "‖", "Vert": "‖", "mid": "|", "circ": "∘", "partial": "∂", "langle": "⟨", "rangle": "⟩",
    "{": "{", "}": "}", "_": "_", "%": "%", "#": "#", "&": "&", "$": "$",
    "left": "", "right": "", "displaystyle": "", "boxed": "", "operatorname": "", "text": "", "mathrm": "",
    "mathbf": "", "mathbb": "", "overline": "", "textbf": "", "underbrace": "", "tfrac": "", "dfrac": "",
    "large": "", "Large": "",
}  # fmt: skip
_Written = str | Callable[[re.Match[str]], str]
_PIECES: tuple[tuple[re.Pattern[str], _Written], ...] = (
    (re.compile(r"\\label\{[^}]*\}|\\(?:begin|end)\{[^}]*\}"), " "),
    (re.compile(r"\\eqref\{(?:\w+:)?([^}]*)\}"), lambda found: f"({found[1].replace('-', ' ')})"),
    (re.compile(r"\\[td]?frac\{([^{}]*)\}\{([^{}]*)\}"), r"\1/\2"),
    (re.compile(r"\\\\|(?<!\\)&|\\[,;!: ]"), " "),
    (re.compile(r"\\(\W|[a-zA-Z]+)"), lambda found: _NAMES.get(found[1], found[1])),
    (re.compile(r"\^(?=\{?ᵀ)|[{}]"), ""),
    (re.compile(r"\s+"), " "),
)


def plain(tex: str) -> str:
    r"""Return TeX as plain words and signs.

    >>> plain(r"\boxed{Y'_i = A_i E W_E W_{OV_i} W_U \label{eq:box}}")
    "Y'_i = A_i E W_E W_OV_i W_U"
    >>> plain(r"\operatorname{softmax}\left(Q K^{\top} / \sqrt{d_h}\right)")
    'softmax(Q Kᵀ / √d_h)'
    """
    for pattern, written in _PIECES:
        tex = pattern.sub(written, tex)
    return tex.strip()
