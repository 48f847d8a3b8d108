"""What the code of a page's cell is called, and how one of its lines is told."""

from __future__ import annotations


def file_name(cell: str) -> str:
    """Return the name under which a cell's code stands in tracebacks.

    >>> file_name("4")
    '<cell 4>'
    """
    return f"<cell {cell}>"


def is_cell(file: str) -> bool:
    """Return whether this is the name of a cell's code, and not of a module."""
    return file.startswith("<cell ")


def where(file: str, line: int | None) -> str:
    """Return a line of a cell in words.

    >>> where("<cell 4>", 2)
    'cell 4, line 2'
    """
    return f"{file[1:-1]}, line {line}"
