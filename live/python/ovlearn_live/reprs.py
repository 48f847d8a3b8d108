"""The forms in which a value can be shown, each made when it is asked for: `text/html` by `_repr_html_`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pprint import pformat
from typing import Any

from ovlearn_live.collecting import MOST_TEXT
from rendering.outputs import DERIVATION

_METHODS = {
    "text/markdown": "_repr_markdown_",
    "text/html": "_repr_html_",
    "image/svg+xml": "_repr_svg_",
    "text/latex": "_repr_latex_",
}
_PLAIN = "text/plain"
_LAID_OUT = (dict, list, tuple, set, frozenset)
_MOST_LAID_OUT = 1000  # items: to lay out more takes seconds, and nobody reads them


class Forms(Mapping[str, str]):
    """A value's forms by MIME type, as notebooks know them.

    >>> Forms([1, 2])["text/plain"], Forms([1, 2]).get("text/html")
    ('[1, 2]', None)
    """

    def __init__(self, value: Any) -> None:
        self._value = value
        self._bundle = _made(value, "_repr_mimebundle_", include=None, exclude=None) or {}
        if isinstance(self._bundle, tuple):  # with metadata
            self._bundle = self._bundle[0]

    def __getitem__(self, kind: str) -> str:
        if kind == _PLAIN:
            return str(self._bundle.get(kind) or _text(self._value))
        made = self._bundle.get(kind)
        if not made and kind in _METHODS:
            made = _made(self._value, _METHODS[kind])
        if made is None:
            raise KeyError(kind)
        return made if isinstance(made, str) else json.dumps(made)

    def __iter__(self) -> Iterator[str]:
        return (kind for kind in (DERIVATION, *_METHODS, _PLAIN) if kind in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _made(value: Any, method: str, **options: Any) -> Any:
    """What a method of the value's class gives; nothing where there is none, or it does not apply."""
    found = None if isinstance(value, type) else getattr(type(value), method, None)
    try:
        return None if found is None else found(value, **options)
    except NotImplementedError:
        return None


def _text(value: Any) -> str:
    """What `repr` says, a long container in lines."""
    lay_out = type(value) in _LAID_OUT and len(value) <= _MOST_LAID_OUT
    text = pformat(value, width=79, sort_dicts=False) if lay_out else repr(value)
    return (
        text
        if len(text) <= MOST_TEXT
        else f"{text[:MOST_TEXT]}\n… cut here: it has {len(text):,} characters."
    )
