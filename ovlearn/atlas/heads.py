"""What an atlas says of one head: its rows, directions and eigenvalues, and what it did on each text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from ovlearn.arguments import Head
from ovlearn.atlas.texts import Text
from ovlearn.atlas.words import words_of
from ovlearn.numeric import Transformer, circuits, reading
from ovlearn.numeric.arrays import Array, Tokens
from ovlearn.numeric.circuits.spectrum import Complex
from ovlearn.numeric.reading.streams import folded

_ROWS, _DIRECTIONS, _WORDS = 20, 6, 8

Raised = list[tuple[str, float]]  # words, and by how much their logits rise or fall


class Row(TypedDict):
    """A row of a head's full OV circuit, as `reading.Rows` has it."""

    word: str
    spread: float
    noise: float
    raised: Raised
    lowered: Raised


class Direction(TypedDict):
    """A singular direction of a head's W_OV, as `reading.Directions` has it."""

    size: float
    looks_at: list[str]
    raised: list[str]
    lowered: list[str]


class OnText(TypedDict):
    """What a head did on a text, as `reading.Given` has it.

    attention, gave: a row for each query, of the keys that it can see. boxed [query]: what came along the
    boxed path, of all that the head gave. cosine [key].
    """

    attention: list[list[float]]
    gave: list[list[float]]
    boxed: list[float]
    cosine: list[float | None]


class HeadData(TypedDict):
    """All that a page of an atlas says of a head. measures: by name; None where there is no number."""

    head: Head
    measures: dict[str, float | None]
    rows: list[Row]
    directions: list[Direction]
    eigenvalues: list[tuple[float, float]]
    texts: list[OnText]


def head_data(
    model: Transformer, head: Head, texts: Sequence[Text], measures: dict[str, Array], eigenvalues: Complex
) -> HeadData:
    """Return what an atlas says of one head.

    measures [layer, head] each; eigenvalues [layer, head, d_head].
    """
    rows = _rows(model, head)
    found = {name: _number(float(scores[head])) for name, scores in measures.items()}
    found["spread"] = _number(float(np.mean([row["spread"] for row in rows])))
    values = sorted(eigenvalues[head].tolist(), key=abs, reverse=True)
    return {
        "head": head,
        "measures": found,
        "rows": rows,
        "directions": _directions(model, head),
        "eigenvalues": [(_short(value.real), _short(value.imag)) for value in values],
        "texts": [_on_text(text, head) for text in texts],
    }


def eigenvalues_of(model: Transformer) -> Complex:
    """Return the eigenvalues of all full OV circuits of the folded model, [layer, head, d_head]."""
    return circuits.eigenvalues(folded(model))


def _rows(model: Transformer, head: Head) -> list[Row]:
    k = min(_WORDS, model.config.d_vocab)
    ids = reading.strongest(model, *head, min(_ROWS, model.config.d_vocab))
    found = reading.rows(model, *head, ids, k)
    words = words_of(model, ids)
    return [
        {
            "word": words[at],
            "spread": _short(float(found.spread[at])),
            "noise": _short(float(found.noise[at])),
            "raised": _raised(model, found.raised[at], found.by[at]),
            "lowered": _raised(model, found.lowered[at], found.down_by[at]),
        }
        for at in range(len(ids))
    ]


def _raised(model: Transformer, ids: Tokens, by: Array) -> Raised:
    return [(word, _short(float(one))) for word, one in zip(words_of(model, ids), by, strict=True)]


def _directions(model: Transformer, head: Head) -> list[Direction]:
    config = model.config
    count = min(_DIRECTIONS, config.d_head, config.d_model)
    found = reading.directions(model, *head, count, min(_WORDS, config.d_vocab))
    return [
        {
            "size": _short(float(found.size[at])),
            "looks_at": words_of(model, found.looks_at[at]),
            "raised": words_of(model, found.raised[at]),
            "lowered": words_of(model, found.lowered[at]),
        }
        for at in range(count)
    ]


def _on_text(text: Text, head: Head) -> OnText:
    found = reading.gives(text.run, *head, text.next)
    return {
        "attention": _seen(found.attention, text.run.model.config.causal),
        "gave": _seen(found.gave, text.run.model.config.causal),
        "boxed": [round(float(one), 4) for one in found.boxed.sum(axis=1)],
        "cosine": [_number(float(one)) for one in found.cosine],
    }


def _seen(values: Array, causal: bool) -> list[list[float]]:
    """Each query's numbers, for the keys that it can see."""
    rows = np.round(values.astype(float), 3).tolist()
    return [row[: at + 1] if causal else row for at, row in enumerate(rows)]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)


def _short(value: float) -> float:
    """A number to four significant digits.

    >>> _short(12.34567), _short(-0.000123456)
    (12.35, -0.0001235)
    """
    return float(f"{value:.4g}")
