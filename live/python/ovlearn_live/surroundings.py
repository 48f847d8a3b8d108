"""Where a cell runs: what it prints and what Python warns of become outputs, and `__main__` is its own.

Here too is what a cell's code is called, and how one of its lines is told.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from types import FrameType, ModuleType

from ovlearn_live.collecting import Collector, Stream

_FOR_AUTHORS_OF_LIBRARIES = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


@contextmanager
def surroundings(main: ModuleType, collector: Collector) -> Iterator[None]:
    """Give code its surroundings for the time being."""
    stream, before = Stream(collector), sys.modules["__main__"]
    sys.modules["__main__"] = main
    try:
        with redirect_stdout(stream), redirect_stderr(stream), warnings.catch_warnings():
            _warn_in(collector)
            yield
    finally:
        sys.modules["__main__"] = before


def _warn_in(collector: Collector) -> None:
    """Let each warning be a line of text, once for each place."""

    def show(message: Warning | str, category: type[Warning], file: str, line: int, *_: object) -> None:
        place = _innermost_cell(sys._getframe()) or (where(file, line) if is_cell(file) else "")
        collector.print(f"{place}: {category.__name__}: {message}\n".removeprefix(": "))

    warnings.simplefilter("default")
    for category in _FOR_AUTHORS_OF_LIBRARIES:
        warnings.simplefilter("ignore", category)
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
    warnings.showwarning = show  # type: ignore[assignment]


def _innermost_cell(frame: FrameType | None) -> str:
    """The reader's line that runs now; a library that warns has lines of its own."""
    while frame is not None:
        if is_cell(frame.f_code.co_filename):
            return where(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return ""


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
