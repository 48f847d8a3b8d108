"""What the worker's JavaScript calls: messages cross as JSON, so neither side keeps the other's objects."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable

from ovlearn_live.session import MODELS, Session
from rendering.equations import Render

# In the order in which cells are likely to need them, each a fraction of a second.
_AHEAD = ("ovlearn.numeric", "sympy", "ovlearn.symbolic", "ovlearn.checking")


class Bridge:
    """A session, for JavaScript. `models`: the folder for the files of models."""

    models = MODELS

    def __init__(self, send: Callable[[str], None], typeset: Render) -> None:
        self._session = Session(lambda message: send(json.dumps(message)), typeset)

    def hear(self, message: str) -> None:
        """Do what a message asks for."""
        self._session.hear(json.loads(message))

    def prepare(self) -> bool:
        """Import one thing that is not there yet; return whether there was one."""
        waiting = next((name for name in _AHEAD if name not in sys.modules), None)
        if waiting:
            importlib.import_module(waiting)
        return waiting is not None
