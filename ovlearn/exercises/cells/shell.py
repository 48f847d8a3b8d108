"""What `get_ipython()` gives while cells are run here: magics that run Python run it, no command is run."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

RUN_LINE, RUN_CELL = ("time", "prun"), ("time", "prun", "capture")  # magics whose text is Python
_OPTIONS = re.compile(r"(?:-(?:[lsTD] ?\S+|[rq]|-?no-raise-error) +)*")


class Inert:
    """Stands for a part of IPython that has no work here: whatever is asked of it, nothing happens."""

    def __getattr__(self, name: str) -> Inert:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments: Any, **options: Any) -> Inert:
        """Do nothing."""
        return self

    def __contains__(self, item: object) -> bool:
        return False

    def __iter__(self) -> Any:
        return iter(())

    def __getitem__(self, key: Any) -> Inert:
        return self

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def __float__(self) -> float:
        return 0.0

    def __format__(self, spec: str) -> str:
        return format(0.0, spec)

    def __repr__(self) -> str:
        return "nothing"


class Lines(list[str]):
    """What a command printed: nothing, since none is run. `s`, `n` and `l` are IPython's."""

    s = n = property("\n".join)
    l = property(list)  # noqa: E741  its name there


class Captured:
    """What a cell printed below `%%capture`."""

    def __init__(self, stdout: str, stderr: str) -> None:
        self.stdout, self.stderr, self.outputs = stdout, stderr, []  # type: ignore[var-annotated]

    def __str__(self) -> str:
        return self.stdout

    def show(self) -> None:
        """Print it."""
        sys.stdout.write(self.stdout)

    __call__ = show


class Shell:
    """Stands for IPython's shell. `run`: runs Python in the cells' names, so many lines below a cell's first.

    >>> names = {}
    >>> shell = Shell(names, lambda code, above, local: exec(code, names))
    >>> shell.run_line_magic("time", "x = 6 * 7"), names["x"], shell.getoutput("rm -rf /")
    (None, 42, [])
    """

    def __init__(
        self, names: dict[str, Any], run: Callable[[str, int, Mapping[str, Any] | None], Any]
    ) -> None:
        self.user_ns = self.user_global_ns = names
        self._run = run

    def __getattr__(self, name: str) -> Inert:
        if name.startswith("__"):
            raise AttributeError(name)
        return Inert()

    def run_line_magic(self, name: str, line: str, _stack_depth: int = 1) -> Any:
        """Run `%name line`; return its value."""
        if name in RUN_LINE:
            above, local = self._place(sys._getframe(1))
            return self._run(_OPTIONS.sub("", line, count=1), above, local)
        if name == "timeit" and "-o" in line.split():
            return Inert()
        known: dict[str, Callable[[str], Any]] = {
            "run": self._file,
            "env": _environment,
            "set_env": _environment,
            "xdel": self._forget,
            "reset": lambda line: self._forget(*self.who()),
            "pwd": lambda line: os.getcwd(),
            "who_ls": lambda line: self.who(),
        }
        return known[name](line.strip()) if name in known else None

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        """Run `%%name line` over a cell; return its value."""
        above = sys._getframe(1).f_lineno
        if name == "capture":
            return self._capture(line, cell, above)
        if name in RUN_CELL:
            return self._run(cell, above, None)
        if name in ("writefile", "file"):
            return _write(line, cell)
        for option in re.findall(r"--(?:out|err)[ =](\w+)", line):
            self.user_ns[option] = ""
        return None

    def magic(self, text: str) -> Any:
        """Run a line magic, by its text."""
        name, _, line = text.lstrip("%").partition(" ")
        return self.run_line_magic(name, line)

    def system(self, command: str) -> None:
        """Do nothing: no command is run."""

    system_raw = system_piped = system

    def getoutput(self, command: str, *arguments: Any, **options: Any) -> Lines:
        """Return what a command printed: nothing, since it is not run."""
        return Lines()

    def run_cell(self, raw_cell: str, *arguments: Any, **options: Any) -> Inert:
        """Run a cell's text."""
        self._run(raw_cell, 0, None)
        return Inert()

    def ex(self, code: str) -> None:
        """Run Python."""
        self._run(code, 0, None)

    def ev(self, code: str) -> Any:
        """Return the value of an expression."""
        return self._run(code, 0, None)

    def push(self, variables: Mapping[str, Any], interactive: bool = True) -> None:
        """Define names."""
        self.user_ns.update(variables)

    def who(self) -> list[str]:
        """Return the names that cells defined."""
        return [name for name in self.user_ns if not name.startswith("_") and name not in _OF_NOTEBOOKS]

    def _place(self, frame: FrameType) -> tuple[int, Mapping[str, Any] | None]:
        """How many lines of its cell stand above a magic, and the local names where it is in a function."""
        if frame.f_globals is not self.user_ns:
            return 0, None
        return frame.f_lineno - 1, None if frame.f_locals is self.user_ns else frame.f_locals

    def _forget(self, *names: str) -> None:
        for name in names:
            self.user_ns.pop(name, None)

    def _capture(self, line: str, cell: str, above: int) -> None:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            self._run(cell, above, None)
        name = next((word for word in line.split() if not word.startswith("-")), "")
        if name:
            self.user_ns[name] = Captured(out.getvalue(), err.getvalue())

    def _file(self, line: str) -> None:
        """What `%run` does with a file that is there; modules and options are passed over."""
        words = line.split()
        if words and Path(words[0]).is_file():
            self._run(Path(words[0]).read_text(encoding="utf-8"), 0, None)


_OF_NOTEBOOKS = ("In", "Out", "get_ipython", "exit", "quit", "display", "open")


def _environment(line: str) -> str | None:
    name, sign, value = line.partition("=") if "=" in line else line.partition(" ")
    if sign:
        os.environ[name.strip()] = value.strip()
    return os.environ.get(name.strip())


def _write(line: str, cell: str) -> None:
    words = [word.strip("\"'") for word in line.split()]
    with open(words[-1], "a" if "-a" in words else "w", encoding="utf-8") as file:
        file.write(cell)
    importlib.invalidate_caches()  # it may be a module that is imported at once
    if not {"", os.getcwd()} & set(sys.path):
        sys.path.insert(0, os.getcwd())
