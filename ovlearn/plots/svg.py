"""SVG and HTML as strings: one element, one coordinate, and the two colours."""

from __future__ import annotations

import re
from html import escape
from unicodedata import east_asian_width

# Each is about as far from black as from white (a contrast of 4.6 to both): ink of either colour can be read
# on it, and it shows in the light and in the dark.
POSITIVE = "var(--ov-positive,#2876bd)"
NEGATIVE = "var(--ov-negative,#c34a1c)"

# Of sets that are to be told apart: no two things of the course, so not in the things' colours.
SERIES = tuple(
    f"var(--ov-series{place},{fallback})"
    for place, fallback in enumerate(
        ("#1577c8", "#c55101", "#058730", "#9954d8", "#118186", "#cf3682", "#847504", "#71757a")
    )
)

Attribute = str | float | None

SIZE = 13.0  # of the face, where nothing else is said
_NARROW, _WIDE = frozenset(" .,:;|!'`()[]{}iIjlt/\\"), frozenset("mMwW@%—…␣↵⇥−→←")

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\x7f")


def tag(name: str, content: str = "", /, **attributes: Attribute) -> str:
    """Return one element; `content` is markup, attributes are escaped, None leaves one out.

    An underscore at the end of an attribute's name is dropped, one inside becomes a hyphen. What XML forbids,
    such as control characters, is shown by the sign for it.

    >>> tag("rect", class_="cell", x=1.0, data_v="a<b")
    '<rect class="cell" x="1" data-v="a&lt;b"/>'
    >>> tag("text", "A")
    '<text>A</text>'
    >>> tag("text", "\\x00")
    '<text>␀</text>'
    """
    written_out = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    whole = f"<{name}{written_out}"
    whole += f">{content}</{name}>" if content or name not in _EMPTY else "/>"
    return _NOT_IN_XML.sub(_sign, whole)


_EMPTY = {"circle", "input", "line", "path", "rect"}


def number(value: float, digits: int = 2) -> str:
    """Return a coordinate: no more digits than it needs.

    >>> number(2.50), number(0.25), number(-0.001)
    ('2.5', '.25', '0')
    """
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
    if text in ("-0", ""):
        return "0"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def colour(value: float) -> str:
    """Return the colour of a number: one below 0, another from 0 on."""
    return NEGATIVE if value < 0 else POSITIVE


def width_of(text: str, size: float = SIZE) -> float:
    """Return about how wide a text will be, in a sans-serif face of this size: seldom too little.

    >>> width_of("ill") < width_of("ABC") < width_of("日本語")
    True
    """
    return size * sum(_width(sign) for sign in text)


def _width(sign: str) -> float:
    """In units of the face's size."""
    if sign in _NARROW:
        return 0.35
    if sign in _WIDE or east_asian_width(sign) in "WF":
        return 1.0
    return 0.7 if sign.isupper() else 0.62


def written(text: str, x: float, y: float, **attributes: Attribute) -> str:
    """Return a text element at a place; the text is escaped."""
    return tag("text", escape(text), x=number(x), y=number(y), **attributes)


def _sign(found: re.Match[str]) -> str:
    """The picture of a control character, or the sign for what is no character."""
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "\ufffd"


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escape(value).replace("\n", "&#10;")
    return number(value)
