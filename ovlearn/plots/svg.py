"""SVG and HTML as strings: one element, one number, one label."""

from __future__ import annotations

import re
from html import escape

Attribute = str | float | None

SHOWN = {" ": "␣", "\n": "↵", "\t": "⇥"}  # what else would be invisible at the edge of a token
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\x7f")
LONGEST = 12  # characters of a label beside a picture


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
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    whole = f"<{name}{given}>{content}</{name}>" if content or name not in _EMPTY else f"<{name}{given}/>"
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


def figure(value: float) -> str:
    """Return a number as a reader should see it: three significant digits, a true minus sign.

    >>> figure(0.12345), figure(-2.0), figure(1234567.0), figure(-0.0)
    ('0.123', '−2', '1.23e+06', '0')
    """
    text = f"{value:.3g}"
    return "0" if text == "-0" else text.replace("-", "−")


def label(text: str, longest: int = LONGEST) -> str:
    """Return a label for the edge of a picture: short, and spaces at its ends made visible; not escaped.

    >>> label(" cat"), label("internationalisation")
    ('␣cat', 'internation…')
    """
    core = text.strip()
    start = text[: len(text) - len(text.lstrip())]
    end = text[len(start) + len(core) :]
    whole = "".join(SHOWN.get(c, c) for c in start) + core + "".join(SHOWN.get(c, c) for c in end)
    return whole if len(whole) <= longest else whole[: longest - 1] + "…"


def width_of(text: str, size: float = 11) -> float:
    """Return about how wide a text will be, in a sans-serif face of this size."""
    return 0.58 * size * len(text)


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
