"""Cells that share names, each run as a notebook runs it: the value of its last line is its value."""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
import re
import tokenize
from collections.abc import Callable, Mapping
from functools import cached_property
from io import StringIO
from typing import TYPE_CHECKING, Any

from ovlearn.exercises.cells.forms import as_python
from ovlearn.exercises.cells.shell import Shell

if TYPE_CHECKING:
    from ovlearn.exercises.cells.awaiting import Loop

_FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
_NEEDS_LOOP = re.compile(r"\b(create_task|ensure_future|get_running_loop)\(")
_HAS_LOOP = re.compile(r"\brun(_until_complete)?\(")
_NO_CODE = (
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
)


class Cells:
    """Runs cells in `names`.

    `refused`: exceptions of a fence; one costs its statement, not those below it. `watched`: returns what is
    run in the place of a statement.

    >>> names = {}
    >>> cells = Cells(names)
    >>> cells.run("%time x = 20\\nx + 1", "<cell 1>"), cells.run("_ + x;", "<cell 2>"), names["x"]
    (21, None, 20)
    """

    def __init__(
        self,
        names: dict[str, Any],
        refused: tuple[type[BaseException], ...] = (),
        watched: Callable[[ast.stmt], ast.stmt] = lambda statement: statement,
    ) -> None:
        self.names, self.refused, self.watched = names, refused, watched
        self.shell = Shell(names, self._below)
        names["get_ipython"] = lambda: self.shell
        self._flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._file = "<cell>"
        self._past = _Past(names)

    def run(self, source: str, file: str) -> Any:
        """Run a cell, and return the value of its last line, or None where that is not to be shown.

        `file`: the name under which its code stands in tracebacks. Raises whatever the code raises.
        """
        plain = as_python(source)
        ast.parse(plain, file)  # until it can be read, the lines that ran before are kept for tracebacks
        linecache.cache[file] = (len(source), None, [f"{line}\n" for line in source.split("\n")], file)
        self._file = file
        self._past.begin(source)
        value = self._value(plain, None)
        if value is not None:
            self._past.keep(value)
        return value

    def _below(self, code: str, above: int, local: Mapping[str, Any] | None) -> Any:
        """Run what stands below a magic, or beside it."""
        return self._value("\n" * above + as_python(code), local)

    def _value(self, source: str, local: Mapping[str, Any] | None) -> Any:
        """Run statements one by one, as IPython does: what Python refuses in one of them costs none above."""
        body = [self.watched(statement) for statement in ast.parse(source, self._file).body]
        in_loop = bool(_NEEDS_LOOP.search(source)) and not _HAS_LOOP.search(source)
        shown = body[-1] if body and not _ends_in_semicolon(source) else None
        value, refusal = None, None
        for statement in body:
            is_value = statement is shown and isinstance(statement, ast.Expr)
            tree = ast.Expression(statement.value) if is_value else ast.Module([statement], [])  # type: ignore[attr-defined]
            try:
                value = self._run(tree, in_loop, local)
            except Exception as error:
                refusal = refusal or error  # the first one tells why those below it fail
                if not self._is_refusal(error):
                    raise refusal from None
        if refusal is not None:
            raise refusal
        return value

    def _run(self, tree: ast.Module | ast.Expression, in_loop: bool, local: Mapping[str, Any] | None) -> Any:
        mode = "exec" if isinstance(tree, ast.Module) else "eval"
        code = compile(tree, self._file, mode, flags=self._flags, dont_inherit=True)
        self._flags |= code.co_flags & _FUTURES  # what one cell imports from there holds in all below
        if code.co_flags & inspect.CO_COROUTINE:
            return self._finished(eval(code, self.names, local))
        if in_loop:
            return self._finished(self._later(code, local))
        return eval(code, self.names, local)

    async def _later(self, code: Any, local: Mapping[str, Any] | None) -> Any:
        return eval(code, self.names, local)

    def _finished(self, coroutine: Any) -> Any:
        from ovlearn.exercises.cells.awaiting import finished

        return finished(self._loop, coroutine)

    @cached_property
    def _loop(self) -> Loop:
        """One for all cells: a task that one of them starts goes on in the next."""
        from ovlearn.exercises.cells.awaiting import Loop

        return Loop()

    def _is_refusal(self, error: BaseException | None) -> bool:
        while error is not None and not isinstance(error, self.refused):
            error = error.__cause__ or error.__context__
        return error is not None


class _Past:
    """What cells gave: `_`, `__`, `___`, `_3`, `Out` and `In`."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names, self._inputs, self._outputs = names, [""], {}  # type: ignore[var-annotated]
        self._last: tuple[Any, ...] = ("", "", "")
        names.update({"In": self._inputs, "Out": self._outputs, "_": "", "__": "", "___": ""})

    def begin(self, source: str) -> None:
        self._inputs.append(source)

    def keep(self, value: Any) -> None:
        unders = ("_", "__", "___")
        free = all(self._names.get(name) is last for name, last in zip(unders, self._last, strict=True))
        self._last = (value, *self._last[:2])
        if free:  # a cell that gives `_` a value of its own keeps it
            self._names.update(zip(unders, self._last, strict=True))
        number = len(self._inputs) - 1
        self._outputs[number] = self._names[f"_{number}"] = value


def _ends_in_semicolon(source: str) -> bool:
    try:
        tokens = list(tokenize.generate_tokens(StringIO(source).readline))
    except (SyntaxError, tokenize.TokenError):
        return False
    signs = [token.string for token in tokens if token.type not in _NO_CODE]
    return signs[-1:] == [";"]
