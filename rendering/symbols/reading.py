"""Read a TeX source token by token: arguments, options, groups in braces, scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|%[^\n]*\n?|\s+|.", re.DOTALL)

# Commands whose first argument is no formula, or must stay as it is.
VERBATIM = re.compile(
    r"\\(text\w*|mbox|hbox|operatorname\*?|math(rm|bf|sf|tt|it|bb|cal|frak|scr)|boldsymbol|bm"
    r"|label|ref|eqref|tag\*?|begin|end|[hv]space\*?|rule|color|url|html\w+"
    r"|(wide)?(hat|tilde)|bar|vec|d?dot|check|breve|acute|grave|mathring)$"
)


@dataclass(frozen=True)
class Scripts:
    """What follows a letter: its source, the three kinds of scripts, and whether one of them comes twice."""

    source: str
    primes: str
    below: str
    above: str
    twice: bool


class Reader:
    """Walks through the tokens of a TeX source once."""

    def __init__(self, tex: str) -> None:
        self.tokens: list[str] = _TOKEN.findall(tex)
        self.at = 0

    def _scripts(self) -> Scripts:
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
        return Scripts("".join(self.tokens[start : self.at]), primes, below, above, twice)

    def _verbatim(self) -> str:
        """One argument as it is: a token, a command with its argument, or a group in braces."""
        if self._peek() == "{":
            return self._group_as_it_is()
        token = self._take()
        if VERBATIM.match(token) and self._peek_past_space() == "{":
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
