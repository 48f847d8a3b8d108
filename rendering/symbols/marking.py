"""Put marks around the symbols of a TeX source."""

from __future__ import annotations

import re

from rendering.symbols.known import known
from rendering.symbols.reading import VERBATIM, Reader

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
    return _Marker(tex).formula()


class _Marker(Reader):
    """Writes a TeX source again, with marks."""

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
        if VERBATIM.match(token):
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
        only = _only_symbol(inside)
        if only and scripts.above in _TOPS and not scripts.below + scripts.primes:
            return _marked(f"{only},turned=1", f"{{{inside}}}{scripts.source}")
        self.at = start
        return self._take() + self.formula(inside=True) + self._take()

    def _barred(self) -> str:
        r"""\overline{W_U}, the transpose that acts on columns: one mark, bar and all."""
        start = self.at
        whole = self._take() + self._space() + self._verbatim()
        inside = whole.removeprefix(r"\overline").strip().removeprefix("{").removesuffix("}")
        if only := _only_symbol(inside):
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
        found = known(letter, scripts.below, "" if turned else scripts.above, scripts.primes)
        if found is None:
            return None
        base, index = found
        data = f"symbol={base}" + (f",index={index}" if index else "")
        data += ",part=1" if scripts.primes and base != "S_direct" else ""
        return data + (",turned=1" if turned else "")


def _only_symbol(tex: str) -> str | None:
    """What to say of a source that is one symbol and nothing else."""
    marker = _Marker(tex)
    only = marker._symbol() if tex else None
    return only if marker.at == len(marker.tokens) else None


def _marked(data: str, source: str) -> str:
    return rf"\htmlData{{{data}}}{{{source}}}"
