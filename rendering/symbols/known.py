"""Which symbol of the glossary a letter with its scripts is."""

from __future__ import annotations

import re

from ovlearn.symbolic.notation import GLOSSARY

_PLAIN = re.compile(r"\\(?:text|mathrm|textrm|operatorname)\s*\{([^{}]*)\}|[{}\s]")
_LETTERS = {
    entry.latex: base for base, entry in GLOSSARY.items() if re.fullmatch(r"\\?[A-Za-z]+", entry.latex)
}
_ROWS = {_PLAIN.sub(r"\1", entry.latex): base for base, entry in GLOSSARY.items() if base[0].islower()}
_WEIGHTS = {base.removeprefix("W_"): base for base in GLOSSARY if base.startswith("W_")}
_STREAMS = {"A": "X_A", "B": "X_B"}
_WEIGHT = re.compile(r"([A-Z]+)(?:_(.+))?", re.DOTALL)


def known(letter: str, below: str, above: str, primes: str) -> tuple[str, str] | None:
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
