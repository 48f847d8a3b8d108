"""What a compiled module begins with."""

from __future__ import annotations

# CPython 3.12's number, and the two bytes that follow every version's.
_MAGIC = (3531).to_bytes(2, "little") + b"\r\n"


def unchecked(data: bytes) -> bool:
    """Whether this is a `.pyc` of CPython 3.12 that nobody holds against a source."""
    return data[:4] == _MAGIC and data[4:8] == (1).to_bytes(4, "little")
