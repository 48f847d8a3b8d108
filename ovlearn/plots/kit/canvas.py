"""Parts and notes become a picture."""

from __future__ import annotations

from collections.abc import Sequence

from ovlearn.arguments import complaint
from ovlearn.plots import inputs
from ovlearn.plots.kit.parts import Note, Part, around
from ovlearn.plots.labelling import SIZE, Box, Wanted, beside
from ovlearn.plots.picture import READOUT, Picture, drawing, folded
from ovlearn.plots.svg import number, tag

_MARGIN = 8.0
_ROOM = 90.0  # around all parts, for notes


def draw(
    *parts: Part | Note,
    title: str,
    says: str,
    caption: str = "",
    numbers: Sequence[Sequence[str]] = (),
) -> Picture:
    """Return a picture of all these parts, with notes where there is room for them.

    `title`: its name; `says`: what to see, in words, for those who do not see it; `caption`: what to see, for
    all; `numbers`: the rows of a table that tells the same, its headings first.

    Raises: TypeError for words that are no strings; ValueError for no part, no title, no description, or a
    note for which there is no room.

    >>> from ovlearn.plots.kit import arrow, box
    >>> first, second = box("read", at=(0, 0)), box("write", at=(120, 0))
    >>> arrows = arrow(first.right, second.left)
    >>> draw(first, second, arrows, title="Two steps", says="A box “read” leads to a box “write”.")
    Picture('Two steps')
    """
    title, caption = inputs.texts(title, caption)
    for name, words in (("title", title), ("says", says)):
        if not isinstance(words, str) or not words.strip():
            raise ValueError(complaint(name, "words", repr(words)))
    drawn = [part for part in parts if isinstance(part, Part)]
    if not drawn:
        raise ValueError(complaint("parts", "at least one part", "none"))
    drawn += _placed([note for note in parts if isinstance(note, Note)], drawn)
    pointed = any('class="ov-mark"' in part.svg for part in drawn)
    body = _on_paper(drawn, title, says, pointed=pointed)
    alternative = ""
    if numbers:
        head, *rows = [list(map(str, row)) for row in numbers]
        alternative = folded("Show the numbers", head, rows, title)
    return Picture(title, caption, body + (READOUT if pointed else ""), alternative)


def _on_paper(parts: list[Part], title: str, says: str, *, pointed: bool) -> str:
    left, top, right, bottom = around(part.box for part in parts)
    shift = f"translate({number(_MARGIN - left)} {number(_MARGIN - top)})"
    content = tag("g", "".join(part.svg for part in parts), transform=shift)
    return drawing(
        right - left + 2 * _MARGIN,
        bottom - top + 2 * _MARGIN,
        content,
        title=title,
        says=says,
        tabindex="0" if pointed else None,
    )


def _placed(notes: list[Note], parts: list[Part]) -> list[Part]:
    """Each note at a place where it covers no solid part and no other note."""
    left, top, right, bottom = around(part.box for part in parts)
    frame = (left - _ROOM, top - _ROOM, right + _ROOM, bottom + _ROOM)
    solid: list[Box] = [part.box for part in parts if part.solid]
    wanted = [Wanted(note.text, note.place) for note in notes]
    found = beside(wanted, [], frame, solid)
    missing = [note.text for note in notes if note.text not in {label.text for label in found}]
    if missing:
        raise ValueError(complaint("parts", "room for every note", f"none for {', '.join(missing)}"))
    return [Part(tag("g", label.draw(), font_size=SIZE), label.box) for label in found]
