"""Text from bytes, whoever wrote the file and on whatever system."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

_MARKED = (  # the longer ones first: the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODING = re.compile(rb"^(?:[^\n\r]*(?:\r\n?|\n))?[ \t\f]*#[^\n\r]*?coding[:=][ \t]*([-\w.]+)")
_COMMENT = re.compile(rb"^[ \t\f]*(?:#[^\n\r]*)?(?:\r\n?|\n)|^[ \t\f]*#")
_PLAIN = re.compile(  # encodings of text; others decode in a time that grows with the square of the length
    r"ascii|utf-?(8|16|32)|latin|iso-?8859|cp\d|windows|mac|koi8|gb|big5|shift|euc|johab|hz|ptcp|tis"
)
_USUAL = ("utf-8", "cp1252")
_SAMPLE = 4096  # bytes in which zeros are counted


def decoded(data: bytes, *, script: bool = False) -> str:
    """Return the text of a file, its lines ended as Python ends them.

    By its byte order mark, else by where it has zero bytes, else, in a `script`, by its coding line
    (PEP 263), else as UTF-8; what is none of these is taken for Windows' cp1252, or Latin-1.

    >>> decoded("é".encode("utf-16")), decoded("é".encode("utf-16-be")), decoded(b"\\xe9\\r\\n")
    ('é', 'é', 'é\\n')
    >>> decoded(b"# coding: cp1251\\n\\xd9", script=True)
    '# coding: cp1251\\nЩ'
    """
    return _text(data, script).replace("\r\n", "\n").replace("\r", "\n")


def _text(data: bytes, script: bool) -> str:
    if mark := _by_mark(data):
        return data.decode(mark, errors="replace")
    named = (_by_zeros(data), _by_coding_line(data) if script else "")
    for encoding in (*filter(None, named), *_USUAL):
        with suppress(UnicodeDecodeError):
            return data.decode(encoding)
    return data.decode("latin-1")


def _by_mark(data: bytes) -> str:
    return next((encoding for mark, encoding in _MARKED if data.startswith(mark)), "")


def _by_zeros(data: bytes) -> str:
    """UTF-16 and UTF-32 without a mark: what is mostly ASCII has zeros in the same place of each unit."""
    sample = data[:_SAMPLE]
    for width, encoding in ((4, "utf-32"), (2, "utf-16")):
        if len(data) % width or not sample:
            continue
        zeros = [2 * sample[place::width].count(0) > len(sample[place::width]) for place in range(width)]
        if zeros == [False, *[True] * (width - 1)]:
            return f"{encoding}-le"
        if zeros == [*[True] * (width - 1), False]:
            return f"{encoding}-be"
    return ""


def _by_coding_line(data: bytes) -> str:
    """What the first or the second line declares, as Python reads it."""
    head = data[:_SAMPLE]
    found = _CODING.match(head)
    if found is None or not _COMMENT.match(head):
        return ""
    name = found[1].decode("ascii").lower().replace("_", "-")
    try:
        return codecs.lookup(name).name if _PLAIN.match(name) else ""
    except LookupError:
        return ""
