"""What a reader can do about an error that only the page explains."""

from __future__ import annotations

import re
import sys

_MODEL = re.compile(r"the file ([\w-]+?)\.npz beside the zoo")
_HERE = (
    "In the page there are numpy, sympy, ovlearn and what comes with Python. Nothing else can be installed."
)
_LEFT_OUT = "Some parts of sympy are left out of the page, so that it loads faster."
_NO_ROOM = "The page has not that much memory. Take something smaller, or run this on a machine of your own."
_NO_MODEL = (
    "The page has not loaded {name}. Before a cell runs, the page looks into its code for what to load: "
    "write {call} there, just so."
)
_NO_END = "The code asked Python to end. In the page this ends the cell, and nothing else."


def no_keyboard(prompt: object = "") -> str:
    """Take the place of `input`.

    Raises: EOFError, always.
    """
    raise EOFError(
        "input() cannot ask here: code in the page has no keyboard. Write the value into the code."
    )


def advice(error: BaseException, says: str) -> str:
    """Return a sentence or two, or nothing. `says`: the error's own message.

    >>> advice(ModuleNotFoundError("No module named 'torch'", name="torch"), "No module named 'torch'")
    'In the page there are numpy, sympy, ovlearn and what comes with Python. Nothing else can be installed.'
    """
    too_big = isinstance(error, ValueError) and "array is too big" in says  # for an address of 32 bits
    if isinstance(error, MemoryError) or too_big:
        return _NO_ROOM
    if isinstance(error, ModuleNotFoundError):
        if (error.name or "").startswith("sympy."):
            return _LEFT_OUT
        return "" if _is_part_of_what_is_here(error.name) else _HERE
    if isinstance(error, SystemExit):
        return _NO_END
    if isinstance(error, FileNotFoundError) and (found := _MODEL.search(says)):
        name = found[1]
        call = "zoo.text()" if name.endswith("-text") else f'zoo.load("{name}")'
        return _NO_MODEL.format(name=name, call=call)
    return ""


def _is_part_of_what_is_here(name: str | None) -> bool:
    """Whether its package is here: then the module's name is wrong, and there is nothing to install."""
    package, dot, _ = (name or "").partition(".")
    return bool(dot) and package in sys.modules
