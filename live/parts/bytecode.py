"""Runs in Pyodide, under node: compiles the modules of /in.zip into /out.zip, by the Python of the page."""

import ast
import json
import marshal
import zipfile
from importlib.util import MAGIC_NUMBER
from typing import Any

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# Unchecked: whoever imports it looks for no source, so the hash of one is left empty.
_HEADER = MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)


def compile_all(docstrings: bool) -> None:
    """Write each module of the one archive into the other, as a `.pyc`."""
    with zipfile.ZipFile("/in.zip") as given, zipfile.ZipFile("/out.zip", "w") as made:
        for name in given.namelist():
            if name.endswith(".py"):
                made.writestr(f"{name}c", compiled(given.read(name), name, docstrings))
            else:
                made.writestr(name, packed(given.read(name)))


def packed(exercises: bytes) -> bytes:
    """Return a set of exercises as a page unpacks it: JSON in which each `{"code": …}` is compiled."""
    return marshal.dumps(with_code(json.loads(exercises)))


def with_code(data: Any) -> Any:
    """Return JSON with each `{"code": …}` in it compiled."""
    if isinstance(data, dict):
        return compile(data["code"], "<answer>", "exec", dont_inherit=True)
    return [with_code(each) for each in data] if isinstance(data, list) else data


def compiled(source: bytes, name: str, docstrings: bool) -> bytes:
    """Return the content of a `.pyc`."""
    tree = ast.parse(source, name)
    if not docstrings:
        undocument(tree)
    return _HEADER + marshal.dumps(compile(tree, name, "exec", dont_inherit=True))


def undocument(tree: ast.Module) -> None:
    """Empty the docstrings. They stay strings, since some modules add to theirs; asserts stay too."""
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            docstring: ast.Constant = node.body[0].value  # type: ignore[attr-defined]
            docstring.value = ""
