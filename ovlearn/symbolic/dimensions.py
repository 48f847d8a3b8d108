"""The four sizes that every shape is written in."""

from __future__ import annotations

from sympy import Symbol


def _size(name: str) -> Symbol:
    return Symbol(name, integer=True, positive=True)


s = _size("s")  # positions: the number of tokens
d = _size("d")  # d_model: the width of the residual stream
d_h = _size("d_h")  # d_head: the inner width of a head
v = _size("v")  # d_vocab: the number of token ids

MEANINGS: dict[Symbol, str] = {
    s: "number of tokens (positions)",
    d: "width of the residual stream, d_model",
    d_h: "inner width of a head, d_head",
    v: "size of the vocabulary, d_vocab",
}
