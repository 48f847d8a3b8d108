"""What is printed, to terminals and to files of any encoding: there in plain signs, and wide enough."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_HANDLER = "ovlearn.plain"
_PLAIN = {
    **{"✓": "v", "✗": "x", "○": "o", "●": "*", "×": "x", "·": "*", "−": "-", "–": "-", "—": "-", "…": "..."},
    **{
        "→": "->",
        "←": "<-",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "‖": "||",
        "“": '"',
        "”": '"',
        "’": "'",
        "•": "*",
    },
}


def speak_anywhere() -> None:
    """Let standard output and error take any text, whatever their encoding."""
    codecs.register_error(_HANDLER, _plainly)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=_HANDLER)


def wide_console(narrowest: int = 110, **options: Any) -> Console:
    """Return a console for tables: what is no terminal has at least so many columns."""
    from rich.console import Console

    console = Console(**options)
    return console if console.is_terminal else Console(width=max(console.width, narrowest), **options)


@contextmanager
def progress_bar(total: int, *more: Any) -> Iterator[Callable[[str], None]]:
    """Show a progress bar on standard error, where that is a terminal.

    Yields what moves it on by one, and says what was done. `more`: columns of rich's.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), *more)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda done: progress.update(task, description=done, advance=1)


def json_text(data: Any) -> str:
    r"""Return data as JSON that standard output can hold: signs that it has not are escaped.

    >>> json_text({"a": [1, 2]})
    '{\n  "a": [\n    1,\n    2\n  ]\n}'
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return json.dumps(data, ensure_ascii=not encoding.lower().startswith("utf"), indent=2)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign, "?") for sign in signs), error.end
