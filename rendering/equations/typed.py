r"""Find the glossary's symbols in TeX that was typed into prose; what the package prints brings its own.

A symbol is a letter with its scripts, or such a letter in braces with ⊤ above it, or under a bar.
"""

from __future__ import annotations

import re
from functools import cache

from ovlearn.symbolic.notation import GLOSSARY, NORMS, PARTS
from rendering.equations.formulas import Symbol

_BRACES = r"\{(?:\\.|[^{}\\])*\}"
for _ in range(3):
    _BRACES = rf"\{{(?:\\.|[^{{}}\\]|{_BRACES})*\}}"
# Commands whose first argument is no formula, or must stay as it is.
_VERBATIM = (
    r"\\(?:text\w*|mbox|hbox|operatorname\*?|math(?:rm|bf|sf|tt|it|bb|cal|frak|scr)|boldsymbol|bm|label|ref|eqref"
    r"|tag\*?|[hv]space\*?|rule|color|textcolor|colorbox|href|url|(?:wide)?(?:hat|tilde)|bar|vec|d?dot|check|breve"
    rf"|acute|grave|mathring|begin\s*\{{array\}}|begin|end|html\w+\s*{_BRACES})(?:\s*\[[^\]]*\])?\s*{_BRACES}"
)
_ARGUMENT = rf"(?:{_BRACES}|{_VERBATIM}|\\[a-zA-Z]+|\\.|[^\\{{}}\s])"
_LETTER = rf"(?:[A-Za-z]|\\Delta(?![a-zA-Z]))(?:\s*(?:'|[_^]\s*{_ARGUMENT}))*"
_ABOVE = r"\s*\^\s*(?:\\top(?![a-zA-Z])|T|\{(?:\\top|\\intercal|T)\})(?!\s*[_^'])"
_PIECE = re.compile(
    rf"{_VERBATIM}|(?P<bar>\\overline\s*\{{(?P<barred>{_LETTER})\}})|(?P<raised>\{{(?P<turned>{_LETTER})\}}{_ABOVE})"
    rf"|\\(?:left|right|middle)\s*(?:\\.|.)|(?P<letter>{_LETTER})|[_^]\s*{_ARGUMENT}|\\[a-zA-Z]+|\\.|%.*|.",
    re.DOTALL,
)
_SCRIPT = re.compile(rf"([_^])\s*({_ARGUMENT})|'", re.DOTALL)
_FONTS = re.compile(r"\\(?:text|mathrm|textrm|operatorname)\s*\{([^{}]*)\}|[{}\s]")
_INDEX = re.compile(r"[a-z0-9+−-]+(\.[a-z0-9+-]+)?(→[a-z0-9+−-]+(\.[a-z0-9+-]+)?)*")
_TOPS = (r"\top", r"\intercal", "T")


def symbols_in(tex: str) -> tuple[Symbol, ...]:
    r"""Return the symbols of a source, in order: where each begins and ends, its base, its index, and more.

    >>> symbols_in(r"A_1 {W_K^{1,0}}^{\top} + x_E \text{ and } E")
    ((0, 3, 'A', '1'), (4, 22, 'W_K', '1.0', 'turned'), (42, 43, 'E', ''))
    """
    found, at = [], 0
    while piece := _PIECE.search(tex, at):
        whole = piece["barred"] or piece["turned"]
        says = _says(whole or piece["letter"] or "")
        if says:
            found.append((*piece.span(), *says, *(["turned"] if whole else [])))
        # what is no symbol as a whole may have some within
        at = piece.end() if says or not whole else piece.start("barred" if piece["barred"] else "turned")
    return tuple(found)


def _says(written: str) -> tuple[str, ...] | None:
    """The base of a letter with its scripts, its index, and more; None for what the glossary lacks."""
    letter = re.match(r"\\Delta|.", written)
    scripts = list(_SCRIPT.finditer(written, letter.end())) if letter else []
    marks = [script[1] or "'" for script in scripts]
    if letter is None or len(set(marks)) < len(marks):
        return None  # no TeX: KaTeX shall say so
    parts = {mark: _bare(script[2] or "'") for mark, script in zip(marks, scripts, strict=True)}
    turned = ["turned"] if parts.get("^") in _TOPS else []
    above = "" if turned else parts.get("^", "")
    found = _symbol(letter[0], parts.get("_", ""), above, "'" in parts)
    return (*found, *turned) if found else None


def _symbol(letter: str, below: str, above: str, prime: bool) -> tuple[str, ...] | None:
    name, _, inner = below.partition("_") if letter == "W" else (below, "", "")
    base, index = _bases().get(f"{letter}_{name}"), inner or above
    if letter != "W" and not base:
        base, index = _bases().get(f"{letter}'" if letter == "S" and prime else letter), below
        prime = prime and letter != "S"
    index = "→".join(pair.strip("()").replace(",", ".") for pair in index.split("→"))
    if base is None or (inner and above) or (above and letter != "W") or (prime and base not in PARTS):
        return None
    if base in NORMS and not index:
        return None  # the plain letters D, G, N and r are free for other things
    if index and not (_INDEX.fullmatch(index) and (GLOSSARY[base].indices or base in PARTS)):
        return None
    return (base, index, "part") if prime else (base, index)


@cache
def _bases() -> dict[str, str]:
    """Bases by how they are printed, without braces and fonts."""
    return {_bare(entry.latex): base for base, entry in GLOSSARY.items()}


def _bare(script: str) -> str:
    r"""A script without braces, spaces and fonts: \text{OV} and {OV} are OV."""
    return _FONTS.sub(lambda match: match[1] or "", re.sub(r"\\to(?![a-zA-Z])", "→", script))
