"""The notation page: every symbol, size and operation of the course, with an anchor each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import getdoc
from typing import Any

from sympy import OneMatrix

from ovlearn.symbolic import (
    GLOSSARY,
    Entry,
    s,
    symbol,
)
from ovlearn.symbolic.functions import KINDS
from ovlearn.symbolic.notation import MEANINGS
from ovlearn.symbolic.translation import column_symbol
from rendering.pages.pieces import compact, inline, page, sentence, shape, table, with_symbols

_INDICES = {"": (), "layer": (1,), "layer, head": (1, 0)}
_OPERATIONS = (*KINDS.values(), OneMatrix(s, 1))
_RECORDED = re.compile(r"(?:model|run)\.\w+(?:\[[\w, ]+\])?")

_GROUPS = {
    "Weights": "What a model is made of.",
    "What a run records": "What the forward pass computes, and keeps.",
    "Names for products": "Matrices that the derivations fold or select. The forward pass never forms them.",
    "Stand-ins": "Rows, entries and placeholders that a single derivation speaks of.",
}


def notation_page() -> str:
    """The page `notation.md`."""
    return page(
        "# Notation",
        "Every symbol of the course, from the glossary that the derivations themselves use. Vectors are "
        "rows: a stream has one row a position, and weights multiply from the right. Hover a symbol in a "
        "lesson to see its name and its shape.",
        "## Sizes",
        compact(table(("Size", "Meaning"), (_size(size, says) for size, says in MEANINGS.items()))),
        "## How names work",
        _names(),
        *(part for title, says in _GROUPS.items() for part in _group(title, says)),
        "## Operations",
        compact(
            table(("Written", "In code", "Meaning"), map(_operation, (*KINDS.values(), OneMatrix(s, 1))))
        ),
    )


def anchor(base: str) -> str:
    """The anchor of a symbol on the page.

    >>> anchor("W_OV")
    'symbol-W_OV'
    """
    return f"symbol-{base}"


def group_of(entry: Entry) -> str:
    """Which part of the page a symbol stands in, by where it is recorded."""
    if entry.recorded.startswith("model."):
        return "Weights"
    if entry.recorded:
        return "What a run records"
    return "Names for products" if entry.indices else "Stand-ins"


def example(entry: Entry) -> Any:
    """The symbol of layer 1, head 0, where it has a layer and a head."""
    return symbol(entry.base, *_INDICES[entry.indices])


def forms(matrix: Any) -> str:
    """A symbol with many heads and with one; once where the two are alike.

    >>> forms(symbol("W_OV", 1, 0)).count("latex"), forms(symbol("X", 1)).count("latex")
    (2, 1)
    """
    written = dict.fromkeys(inline(matrix, one_head=one_head) for one_head in (False, True))
    return " or ".join(written)


def _size(size: Any, says: str) -> tuple[str, str]:
    return f'<span id="size-{size}"></span>{inline(size)}', sentence(with_symbols(says))


def _group(title: str, says: str) -> Iterator[str]:
    entries = [entry for entry in GLOSSARY.values() if group_of(entry) == title]
    if entries:
        yield f"## {title}"
        yield says
        yield compact(table(("Symbol", "Shape", "Meaning"), map(_row, entries)))


def _row(entry: Entry) -> tuple[str, str, str]:
    matrix = example(entry)
    name = f'<span id="{anchor(entry.base)}"></span>{forms(matrix)}<br>`{matrix.name}`'
    return name, shape(entry.shape), _meaning(entry)


def _meaning(entry: Entry) -> str:
    recorded = _RECORDED.sub(lambda found: f"`{found[0]}`", entry.recorded)
    meaning = sentence(with_symbols(entry.meaning))
    return f"{meaning}<br>{recorded}" if recorded else meaning


def _names() -> str:
    head, stream = symbol("W_OV", 1, 0), symbol("X", 2)
    part, path, column = symbol("Y", 1, 0), symbol("Y", 0, 0, 1, 0), column_symbol(symbol("W_OV", 1, 0))
    return "\n".join(
        (
            f"- A layer has one index: `{stream}` is {forms(stream)}. It counts from 0.",
            f"- A head has two, its layer and its number: `{head}` is {forms(head)}. The shorter form is "
            "used where every layer has one head, as in the article.",
            f"- A prime marks a part of something: `{part}` is {forms(part)}, what head (1, 0) alone adds to "
            f"the logits of the tokens, while `{symbol('Y')}` is all of them.",
            f"- Several pairs name a path, first layer first: `{path}` is {forms(path)}.",
            f"- A bar marks the column convention, where every matrix is transposed: `{column}` is "
            f"{forms(column)}. It stands in one lesson alone.",
        )
    )


def _operation(one: Any) -> tuple[str, str, str]:
    if isinstance(one, OneMatrix):
        return inline(one), "`OneMatrix`", "A column of ones: times it, a matrix gives its row sums."
    said = (getdoc(type(one)) or "").split("\n")[0].split(" Shape:")[0]
    return inline(one, one_head=True), f"`{type(one).__name__}`", with_symbols(said)
