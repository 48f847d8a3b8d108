"""A reader of a page, without the page: what they run, and what they are told."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from itertools import count
from typing import Any

from ovlearn_live import Session


def as_it_is(marked: str, display: bool, tex: str, titles: str) -> str:
    """Stand in for KaTeX where a test is about something else: the equation's TeX, marked as one."""
    return json.dumps({"html": f"<math>{escape(tex)}</math>"})


class Reader:
    """Runs cells and checks answers; `sent`: every message that came back."""

    def __init__(self, render: Any = None) -> None:
        self.sent: list[dict[str, Any]] = []
        self.session = Session(self.sent.append, render=render)
        self._numbers = count(1)

    def run(self, code: str, cell: Any = 4, **rest: Any) -> dict[str, Any]:
        return self._ask(kind="run", cell=cell, code=code, **rest)

    def check(self, exercise: str, code: str, **rest: Any) -> dict[str, Any]:
        return self._ask(kind="check", exercise=exercise, cell=exercise, code=code, **{"seed": 1, **rest})

    def reset(self) -> dict[str, Any]:
        return self._ask(kind="reset")

    @property
    def printed(self) -> list[str]:
        return [message["text"] for message in self.sent if message["kind"] == "printed"]

    def _ask(self, **message: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self.session.hear({**message, "id": number})
        json.dumps(self.sent)  # it crosses to the page as JSON
        assert self.sent[-1]["id"] == number
        return self.sent[-1]


def words(html: str) -> str:
    """What one reads of some HTML."""
    return unescape(re.sub(r"<[^>]*>", "", html)).strip()


def seen(done: dict[str, Any]) -> list[str]:
    """What one reads of the outputs of a cell, one by one."""
    return [words(output) for output in done["outputs"]]


def error(done: dict[str, Any]) -> str:
    """What one reads of a cell's error, which must be there."""
    assert done["error"] is not None
    return words(done["error"]["html"])
