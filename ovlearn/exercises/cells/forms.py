"""A cell as Python: magics, shell commands, prompts and indentation are made what IPython makes of them."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from types import ModuleType

from ovlearn.exercises.cells import escapes

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
# A cell of one line may leave the % out where its first word is a magic and the line is no Python.
_WITHOUT_PERCENT = re.compile(
    r"(time|timeit|prun|run|pip|conda|cd|ls|ll|cat|cp|mv|mkdir|rm|env|pinfo|pdoc|matplotlib|load_ext"
    r"|reload_ext|config|who|whos|xmode|precision|store) +(?![=,.)\]])(.+)"
)
_PROMPT = re.compile(r"\s*In \[\d+\]: ")  # `In [1]: x = 2` could be read as an annotation


def as_python(source: str) -> str:
    """Return a cell as Python that calls `get_ipython()` for what only a notebook understands.

    What is Python already stays as it is, and a line keeps its number.

    >>> print(as_python("%time x = 1\\nfiles = !ls"), end="")
    get_ipython().run_line_magic('time', 'x = 1')
    files = get_ipython().getoutput('ls')
    """
    if is_python(source) and not _PROMPT.match(source):
        return source
    text = source.lstrip("\n")
    if found := _WITHOUT_PERCENT.fullmatch(text.strip()):
        text = f"%{found[0]}"
    return "\n" * (len(source) - len(source.lstrip("\n"))) + transformer()(text)


def is_python(source: str) -> bool:
    """Tell whether a cell can be read as Python."""
    return tree_of(source) is not None


def tree_of(source: str) -> ast.Module | None:
    """Return the tree of a cell, or nothing where it is no Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except _UNREADABLE:
            return None


@cache
def transformer() -> Callable[[str], str]:
    """Return IPython's own transformer, or ours where there is none."""
    try:
        with _package_alone("IPython"):
            module = importlib.import_module("IPython.core.inputtransformer2")
    except (ImportError, OSError):
        return escapes.transformed
    return _forgiving(module.TransformerManager)


def _forgiving(manager: Callable[[], object]) -> Callable[[str], str]:
    def transformed(source: str) -> str:
        try:
            return str(manager().transform_cell(source))  # type: ignore[attr-defined]
        except (SyntaxError, RuntimeError, RecursionError):  # it is neither: Python will say what is wrong
            return source

    return transformed


@contextmanager
def _package_alone(name: str) -> Iterator[None]:
    """Let modules of a package be imported without what the package imports itself: here, half a second."""
    spec = None if name in sys.modules else find_spec(name)
    if spec is None or spec.submodule_search_locations is None:
        yield
        return
    sys.modules[name] = package = ModuleType(name)
    package.__path__ = list(spec.submodule_search_locations)
    try:
        yield
    finally:
        for each in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
            del sys.modules[each]
