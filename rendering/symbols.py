r"""Mark the glossary's symbols in a TeX source, so that the page can say what each one is.

For the renderer:

1. `annotate(tex)` before KaTeX, for inline and displayed formulas, once labels and references are dealt with.
   KaTeX needs `trust: context => context.command === "\\htmlData"`, and where `strict` is a function, it must
   pass over the code `htmlExtension` (`strict: true` or `"error"` would refuse it).
2. `finish(html, tex)` on what KaTeX returns, with the source as it was: the copy of the TeX inside the MathML
   becomes the plain one again, and each symbol gets a `title`, for readers without JavaScript.
3. `glossary_json()` once a page, inside `<script type="application/json" id="ov-glossary">` in the head (the
   block `extrahead`): Material's instant navigation runs every script within the content as JavaScript.
   Then `theme/symbols.js`, and `theme/pictures.css` for its looks.

A marked symbol is typeset exactly as before: a test compares. It becomes, in KaTeX's HTML,
`<span class="enclosing" data-symbol="W_OV" data-index="1.0">`. `data-index` holds layer and head; a path has
several, `0.0→1.0`. `data-turned` stands on a transpose, and on a symbol with a bar, which is one too;
`data-part` on one with a prime, Y' or Δ'.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape

from ovlearn.symbolic.notation import GLOSSARY, Entry

_TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|%[^\n]*\n?|\s+|.", re.DOTALL)

# Commands whose first argument is no formula, or must stay as it is.
_VERBATIM = re.compile(
    r"\\(text\w*|mbox|hbox|operatorname\*?|math(rm|bf|sf|tt|it|bb|cal|frak|scr)|boldsymbol|bm"
    r"|label|ref|eqref|tag\*?|begin|end|[hv]space\*?|rule|color|url|html\w+"
    r"|(wide)?(hat|tilde)|bar|vec|d?dot|check|breve|acute|grave|mathring)$"
)
_ONE_THEN_FORMULA = {r"\textcolor", r"\colorbox", r"\href"}  # first the colour or address, then a formula
_DELIMITED = re.compile(r"\\(left|right|middle|[bB]igg?[lrm]?)$")
_ARGUMENTS = {
    r"\frac": 2,
    r"\dfrac": 2,
    r"\tfrac": 2,
    r"\binom": 2,
    r"\sqrt": 1,
    r"\boxed": 1,
    r"\underline": 1,
}
_TOPS = (r"\top", r"\intercal", "T", r"\mathsf{T}", r"\mathsf T")
_PLAIN = re.compile(r"\\(?:text|mathrm|textrm|operatorname)\s*\{([^{}]*)\}|[{}\s]")


@dataclass(frozen=True)
class _Scripts:
    """What follows a letter: its source, the three kinds of scripts, and whether one of them comes twice."""

    source: str
    primes: str
    below: str
    above: str
    twice: bool


def annotate(tex: str) -> str:
    r"""Wrap every symbol of the glossary, with its indices and its transpose, in `\htmlData`.

    Text, labels, scripts of other symbols and everything that is not in the glossary stay as they are.

    >>> print(annotate(r"A_1 E"))
    \htmlData{symbol=A,index=1}{A_1} \htmlData{symbol=E}{E}
    >>> print(annotate(r"{W_K^{1,0}}^{\top}"))
    \htmlData{symbol=W_K,index=1.0,turned=1}{{W_K^{1,0}}^{\top}}
    >>> print(annotate(r"\text{if } x_E \leq 1"))
    \text{if } x_E \leq 1
    """
    return _Marker(_TOKEN.findall(tex)).formula()


def finish(html: str, tex: str, *, titles: bool = True) -> str:
    """Put the plain source back into KaTeX's MathML, and a `title` on each symbol.

    `html`: what KaTeX made of `annotate(tex)`; `titles`: about 8 % more to send.
    """
    source = escape(tex)
    html = re.sub(
        r'(<annotation encoding="application/x-tex">).*?(</annotation>)',
        lambda match: match[1] + source + match[2],
        html,
        flags=re.DOTALL,
    )
    if not titles:
        return html
    return re.sub(r'data-symbol="([^"]*)"', lambda match: f'{match[0]} title="{_title(match[1])}"', html)


@cache
def glossary_json() -> str:
    """Return the glossary as JSON that may stand inside a script element: what `symbols.js` shows."""
    entries = {base: _shown(entry) for base, entry in GLOSSARY.items()}
    return json.dumps(entries, ensure_ascii=False, separators=(",", ":")).replace("</", r"<\/")


def _shown(entry: Entry) -> dict[str, str | list[str]]:
    shown: dict[str, str | list[str]] = {
        "name": in_html(entry.base.replace("S_direct", "S′").replace("Delta", "Δ")),
        "meaning": in_html(entry.meaning),
        "shape": [in_html(str(size)) for size in entry.shape],
        "indices": entry.indices,
        "recorded": entry.recorded,
    }
    return {key: value for key, value in shown.items() if value}


def in_html(words: str) -> str:
    """Return words with their symbols in HTML.

    >>> in_html("values and output in one matrix, W_V W_O")
    'values and output in one matrix, <i>W</i><sub>V</sub> <i>W</i><sub>O</sub>'
    """
    marked = re.sub(r"\b([A-Za-z])_([A-Za-z]+)\b", r"<i>\1</i><sub>\2</sub>", escape(words))
    return re.sub(r"^([A-Za-zΔ])(′?)$", r"<i>\1</i>\2", marked)


@cache
def _title(base: str) -> str:
    entry = GLOSSARY[base]
    rows, columns = entry.shape
    return escape(f"{entry.meaning}; {rows} × {columns}")


class _Marker:
    """Walks through the tokens of a TeX source once, and writes it again with marks."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def formula(self, *, inside: bool = False) -> str:
        """Everything up to the end, or inside braces to the one that closes them."""
        written = []
        while self.at < len(self.tokens) and not (inside and self.tokens[self.at] == "}"):
            written.append(self._next())
        return "".join(written)

    def _next(self) -> str:
        token = self.tokens[self.at]
        if token in "_^":
            return self._take() + self._space() + self._verbatim()
        if token == "{":
            return self._group()
        if token == r"\overline":
            return self._barred()
        if _VERBATIM.match(token):
            return self._command(verbatim=True)
        if token in _ONE_THEN_FORMULA or token in _ARGUMENTS:
            return self._command(verbatim=token in _ONE_THEN_FORMULA) + self._formulas(
                _ARGUMENTS.get(token, 1)
            )
        if _DELIMITED.match(token):
            return self._take() + self._space() + self._take()
        return self._letter() if token.isalpha() or token == r"\Delta" else self._take()

    def _command(self, *, verbatim: bool) -> str:
        """A command, and its option in square brackets, and its first argument if that is no formula."""
        name = self._take()
        written = name + self._space() + self._option()
        if not verbatim:
            return written
        written += self._verbatim()
        columns = name == r"\begin" and written.endswith("{array}") and self._peek() == "{"
        return written + (self._group_as_it_is() if columns else "")

    def _formulas(self, count: int) -> str:
        """Arguments that are formulas; where one has no braces and gets a mark, it gets braces too."""
        written = ""
        for _ in range(count):
            written += self._space()
            if self._peek() == "{":
                written += self._take() + self.formula(inside=True) + self._take()
            else:
                token = self._verbatim()
                marked = annotate(token)
                written += token if marked == token else f"{{{marked}}}"
        return written

    def _group(self) -> str:
        """A group in braces: marked as a whole where it is one symbol, as {W_K}^{⊤} is."""
        start = self.at
        inside = self._verbatim()[1:-1]
        scripts = self._scripts()
        alone = _Marker(_TOKEN.findall(inside))
        only = alone._symbol() if alone.tokens else None
        if (
            only
            and alone.at == len(alone.tokens)
            and scripts.above in _TOPS
            and not scripts.below + scripts.primes
        ):
            return _marked(f"{only},turned=1", f"{{{inside}}}{scripts.source}")
        self.at = start
        return self._take() + self.formula(inside=True) + self._take()

    def _barred(self) -> str:
        r"""\overline{W_U}, the transpose that acts on columns: one mark, bar and all."""
        start = self.at
        whole = self._take() + self._space() + self._verbatim()
        inside = _Marker(
            _TOKEN.findall(whole.removeprefix(r"\overline").strip().removeprefix("{").removesuffix("}"))
        )
        only = inside._symbol() if inside.tokens else None
        if only and inside.at == len(inside.tokens):
            return _marked(f"{only},turned=1", whole)
        self.at = start
        return self._take() + self._formulas(1)

    def _letter(self) -> str:
        start = self.at
        data = self._symbol()
        source = "".join(self.tokens[start : self.at])
        return _marked(data, source) if data else source

    def _symbol(self) -> str | None:
        """Take one letter with its scripts; return what to say of it, or None if the glossary lacks it."""
        letter = self._take()
        scripts = self._scripts()
        if scripts.twice:
            return None
        turned = next((top for top in _TOPS if scripts.above == top), None)
        found = _known(letter, scripts.below, "" if turned else scripts.above, scripts.primes)
        if found is None:
            return None
        base, index = found
        data = f"symbol={base}" + (f",index={index}" if index else "")
        data += ",part=1" if scripts.primes and base != "S_direct" else ""
        return data + (",turned=1" if turned else "")

    def _scripts(self) -> _Scripts:
        """Take primes, subscript and superscript, in any order, with the spaces before them."""
        start = self.at
        primes, parts, twice = "", {"_": "", "^": ""}, False
        while self._peek_past_space() in ("_", "^", "'"):
            self._space()
            mark = self._take()
            if mark == "'":
                primes += mark
                continue
            self._space()
            twice = twice or bool(parts[mark])  # no TeX: KaTeX shall say so
            parts[mark] += self._verbatim()
        below, above = (part[1:-1] if part.startswith("{") else part for part in (parts["_"], parts["^"]))
        return _Scripts("".join(self.tokens[start : self.at]), primes, below, above, twice)

    def _verbatim(self) -> str:
        """One argument as it is: a token, a command with its argument, or a group in braces."""
        if self._peek() == "{":
            return self._group_as_it_is()
        token = self._take()
        if _VERBATIM.match(token) and self._peek_past_space() == "{":
            token += self._space() + self._group_as_it_is()
        return token

    def _group_as_it_is(self) -> str:
        written, depth = "", 0
        while self.at < len(self.tokens):
            token = self._take()
            depth += (token == "{") - (token == "}")
            written += token
            if depth <= 0:
                break
        return written

    def _option(self) -> str:
        if self._peek() != "[":
            return ""
        written = ""
        while self.at < len(self.tokens) and not written.endswith("]"):
            written += self._take()
        return written

    def _space(self) -> str:
        return self._take() if self._peek().isspace() else ""

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _peek_past_space(self) -> str:
        after = self.at + 1 if self._peek().isspace() else self.at
        return self.tokens[after] if after < len(self.tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self.at += 1
        return token


def _marked(data: str, source: str) -> str:
    return rf"\htmlData{{{data}}}{{{source}}}"


_LETTERS = {
    entry.latex: base for base, entry in GLOSSARY.items() if re.fullmatch(r"\\?[A-Za-z]+", entry.latex)
}
_ROWS = {_PLAIN.sub(r"\1", entry.latex): base for base, entry in GLOSSARY.items() if base[0].islower()}
_WEIGHTS = {base.removeprefix("W_"): base for base in GLOSSARY if base.startswith("W_")}
_STREAMS = {"A": "X_A", "B": "X_B"}
_WEIGHT = re.compile(r"([A-Z]+)(?:_(.+))?", re.DOTALL)


def _known(letter: str, below: str, above: str, primes: str) -> tuple[str, str] | None:
    """The base of a symbol and its index, or None. `above` is empty where it only said: transposed."""
    plain = _plain(below)
    if letter == "W":
        return _weight(plain, above, primes)
    if above:
        return None
    if letter == "X" and plain in _STREAMS:
        return (_STREAMS[plain], "") if not primes else None
    if f"{letter}_{plain}" in _ROWS:
        return (_ROWS[f"{letter}_{plain}"], "") if not primes else None
    base = _LETTERS.get(letter)
    if base is None or (primes and (primes != "'" or base not in ("S", "Y", "Delta"))):
        return None
    if not GLOSSARY[base].indices and plain and base != "Y":
        return None
    index = _index(plain)
    return None if index is None else ("S_direct" if base == "S" and primes else base, index)


def _weight(below: str, above: str, primes: str) -> tuple[str, str] | None:
    match = _WEIGHT.fullmatch(below)
    if match is None or match[1] not in _WEIGHTS or primes or (match[2] and above):
        return None
    base = _WEIGHTS[match[1]]
    place = match[2] or above
    index = _index(_plain(place))
    return None if index is None or (place and not GLOSSARY[base].indices) else (base, index)


def _plain(script: str) -> str:
    r"""A script without braces, spaces and fonts: \text{OV} and {OV} are OV."""
    return _PLAIN.sub(lambda match: match[1] or "", re.sub(r"\\to(?![a-zA-Z])", "→", script))


def _index(script: str) -> str | None:
    """An index for `data-index`: 1,0 is 1.0, a path 0.0→1.0; None for what is none."""
    pairs = [part.strip("()").replace(",", ".") for part in script.split("→")]
    good = all(re.fullmatch(r"[a-z0-9+−-]+(\.[a-z0-9+-]+)?", pair) for pair in pairs)
    return "" if not script else "→".join(pairs) if good else None


def symbols_of(html: str) -> Iterator[str]:
    """Yield the base of every marked symbol of a rendered formula, in order.

    >>> list(symbols_of('<span class="enclosing" data-symbol="E">…</span>'))
    ['E']
    """
    return (match[1] for match in re.finditer(r'data-symbol="([^"]*)"', html))
