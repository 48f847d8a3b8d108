"""The six things of the course, each with one colour wherever it stands."""

from __future__ import annotations

from ovlearn.arguments import complaint, described

# Fallbacks for where the site's stylesheet is not: as far from black as from white, as in `svg.py`.
THINGS = {
    "pattern": "#b55d05",
    "ov": "#1577c8",
    "qk": "#9954d8",
    "embedding": "#6e7581",
    "unembedding": "#058730",
    "stream": "#118186",
}
PLAIN = "currentColor"


def ink(thing: str) -> str:
    """Return the colour of a thing, or that of the text for "", which is none of them.

    Raises ValueError for a thing that the course has not.

    >>> ink("ov"), ink("")
    ('var(--ov-ov,#1577c8)', 'currentColor')
    """
    if thing == "":
        return PLAIN
    if not isinstance(thing, str) or thing not in THINGS:
        raise ValueError(complaint("thing", f"one of {', '.join(THINGS)}, or none", described(thing)))
    return f"var(--ov-{thing},{THINGS[thing]})"
