"""Drawings made with the kit, each shown with the code that makes it."""

from __future__ import annotations

from collections.abc import Callable
from inspect import getsource, isclass, isfunction
from textwrap import dedent

from ovlearn.plots import Picture, kit


def drawing_example(draw: Callable[[], Picture]) -> str:
    """The body of a function as code, and below it the drawing that it returns."""
    _, _, body = getsource(draw).partition('"""\n')
    code = dedent(body).replace("return kit.draw", "kit.draw").strip()
    return f"```python\nfrom ovlearn.plots import kit\n\n{code}\n```\n\n{draw()._repr_html_()}"


def kit_list() -> str:
    """Every part of the kit with its docstring, in alphabetical order."""
    parts = sorted(name for name, found in vars(kit).items() if isfunction(found) or isclass(found))
    return "\n\n".join(f"::: ovlearn.plots.kit.{name}" for name in parts)


def looking_back() -> Picture:
    """Words, arcs as thick as what each word is given, and what is said of one of them."""
    words = kit.words(["the", "vessels", "of", "silver", "and"])
    arcs = kit.attention(words, [0.01, 0.07, 0.0, 0.92, 0.0])
    note = kit.Note("read here", words[3].right)
    return kit.draw(
        *words,
        *arcs,
        note,
        title="A head looks back",
        caption="The thicker the arc, the more “and” looks there.",
        says="Five words. From “and” a thick arc leads to “silver”, with 92 %, and a thin one to “vessels”.",
    )


def multiplied() -> Picture:
    """Rows are mixed from the left, features from the right."""
    A = kit.block("A", [[1, 0, 0], [0.3, 0.7, 0], [0.1, 0.8, 0.1]], "pattern", "s", "s")
    X = kit.block("X", [[1, -2, 0, 1], [0, 1, 2, -1], [2, 0, 1, 1]], "stream", "s", "d")
    W = kit.block("W_OV", [[1, 0, 0, -1], [0, 2, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1]], "ov", "d", "d")
    return kit.draw(
        *kit.product(A, X, W),
        title="What a head writes",
        caption="A mixes the rows of X from the left, W_OV its columns from the right.",
        says="Three matrices in a row: the pattern A, s by s; the stream X, s by d; W_OV, d by d.",
    )
