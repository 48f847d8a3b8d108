"""A set as a page gets it: its checks compiled, so that no solution lies there to be read."""

from __future__ import annotations

import json
import marshal
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ovlearn.exercises.declared import Declared, Mistake


def to_compile(exercises: Iterable[Declared]) -> bytes:
    """Return declared exercises as JSON with code as `{"code": …}`, which live/parts/bytecode.py compiles."""

    def code(text: object) -> dict[str, object]:
        return {"code": text}

    return json.dumps(
        [
            [
                *(one.name, one.blocked, code(one.setup), code(one.tools), code(one.solution)),
                [[part, code(text)] for part, text in one.checks],
                [[each.name, each.says, code(each.code)] for each in one.mistakes],
            ]
            for one in exercises
        ]
    ).encode()


@cache
def unpacked(file: Path) -> tuple[Declared, ...]:
    """Return the exercises of a file that was packed: marshalled, each piece of code compiled."""
    return tuple(
        Declared(
            *(name, tuple(blocked), setup, tools, solution),
            checks=tuple((part, code) for part, code in checks),
            mistakes=tuple(Mistake(*each) for each in mistakes),
        )
        for name, blocked, setup, tools, solution, checks, mistakes in marshal.loads(file.read_bytes())
    )
