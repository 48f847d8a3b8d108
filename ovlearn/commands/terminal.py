"""Words for terminals and files of any encoding: what one cannot hold is written with plain signs."""

from __future__ import annotations

import codecs
import json
import sys
from typing import Any

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
