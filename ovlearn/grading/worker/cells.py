"""Run the cells of an answer sheet, each for itself: one that breaks costs only what needs it."""

from __future__ import annotations

import ast
import linecache
import re
import sys
import warnings
from types import ModuleType
from typing import Any

from ovlearn.grading.students import _place


def fresh_main() -> ModuleType:
    """Return a `__main__` as a notebook's cells share it: empty, but for what every notebook has."""
    module = ModuleType("__main__")
    vars(module)["display"] = lambda *objects, **options: None
    sys.modules["__main__"] = module
    return module


def run_cell(source: str, number: int, names: dict[str, Any]) -> dict[str, Any] | None:
    """Run one cell; return nothing, or what it raised, in words.

    >>> run_cell("x = 1 / 0", 3, {})
    {'kind': 'ZeroDivisionError', 'says': 'division by zero', 'place': 'line 1: x = 1 / 0', 'defines': ['x']}
    """
    name = f"<cell {number}>"
    plain = without_magics(source)
    linecache.cache[name] = (len(plain), None, plain.splitlines(keepends=True), name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a warning is no mistake
            exec(compile(plain, name, "exec", dont_inherit=True), names)
    except (Exception, SystemExit) as error:
        return {
            "kind": type(error).__name__,
            "says": str(error)[:500],
            "place": _place(error) or (f"line {error.lineno}" if isinstance(error, SyntaxError) else ""),
            "defines": defined_in(plain),
        }
    return None


_MAGIC = re.compile(r"\s*(?:[%!?]|\w+ *= *[%!]|[\w.]+\?)")
_OF_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")  # cell magics whose cell is Python


def without_magics(source: str) -> str:
    """Return a cell without the lines that only a notebook understands; line numbers stay.

    >>> without_magics("%matplotlib inline\\nx = 1\\n!ls")
    '\\nx = 1\\n'
    """
    if _is_python(source):  # where a line may well begin with a %
        return source
    lines = source.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%") and first.split()[0] not in _OF_PYTHON:
        return ""
    return "\n".join("" if _MAGIC.match(line) else line for line in lines)


def _is_python(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def defined_in(source: str) -> list[str]:
    """Return the names that a cell would define, as far as it can be read.

    >>> defined_in("def f(x):\\n    return x\\nrank = 3")
    ['f', 'rank']
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return re.findall(r"^(?:def +)?([A-Za-z_]\w*) *[(=]", source, re.MULTILINE)[:50]
    names = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names
