"""What a worker runs: it takes messages, runs cells, and answers with values."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import socket
import sys
from pathlib import Path
from typing import Any

import ovlearn
from ovlearn.exercises.blocking import has_refused
from ovlearn.exercises.cells import awaiting
from ovlearn.exercises.cells.forms import transformer
from ovlearn.exercises.outcomes import Outcome
from ovlearn.exercises.replies import AnswerError, Missing
from ovlearn.exercises.verdicts import Verdict
from ovlearn.grader.worker.channel import Channel, ChannelError
from ovlearn.grader.worker.confinement import Limits, confine
from ovlearn.grader.worker.libraries import libraries
from ovlearn.grader.worker.sheet import SheetNames, fresh_main

_NOT_FOR_ANSWERS = (
    *("ovlearn.__main__", "ovlearn.cli", "ovlearn.commands", "ovlearn.grader", "ovlearn.exercises."),
)
_FOR_ANSWERS = ("deriving", "drawing", "values.of_networks", "values.of_symbols")  # of the exercises' floor


def preload() -> None:
    """Load what workers need, once for all that are forked from here: they cannot read it later."""
    for module in pkgutil.walk_packages(ovlearn.__path__, "ovlearn."):
        if not module.name.startswith(_NOT_FOR_ANSWERS):
            importlib.import_module(module.name)
    for name in _FOR_ANSWERS:
        importlib.import_module(f"ovlearn.exercises.{name}")
    for name in ("exercises", "grading"):
        vars(importlib.import_module(f"ovlearn.{name}"))["check"] = _silent_check
    transformer()
    awaiting.install()
    libraries()


def _silent_check(exercise: str = "", *arguments: Any, **options: Any) -> Verdict:
    """What `check` is while a sheet is graded: the grader checks, not the sheet. So nothing stops at it."""
    return Verdict(str(exercise), (Outcome(str(exercise), str(exercise), "passed"),))


def serve(connection: socket.socket, scratch: Path, limits: Limits) -> None:
    """Confine this process, then answer messages until the other side is gone."""
    _only(connection)
    os.chdir(scratch)
    sys.path.insert(0, str(scratch))  # for what a cell writes there and another imports
    sys.argv = [str(scratch / "sheet.py")]
    names = vars(fresh_main())
    names["__file__"] = sys.argv[0]  # as for a script
    answers = SheetNames(names)
    channel = Channel(connection)
    confine(scratch, limits)
    with contextlib.suppress(ChannelError):
        while True:
            message = channel.receive()
            reply = _reply(answers, *message[1:])
            channel.send([message[0], reply, has_refused()])


def _reply(answers: SheetNames, kind: str, *parts: Any) -> Any:
    try:
        if kind == "run":
            return ["ran", answers.run(*parts)]
        if kind == "skip":
            answers.skip(*parts)
            return ["skipped"]
        if kind == "look":
            return ["value", answers.look(*parts)]
        name, arguments, blocked = parts
        reply = answers.call(name, arguments, tuple(blocked))
        return ["value", reply.value, reply.arguments]
    except AnswerError as error:
        return ["raised", error.kind, error.says, error.place]
    except Missing:
        return ["missing"]
    except BaseException as error:  # whatever an answer's own class does while it is encoded
        return ["raised", type(error).__name__, "", ""]


def _only(connection: socket.socket) -> None:
    """Leave this process with its connection and nothing else: no terminal, no other file."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    kept = connection.fileno()
    os.closerange(3, kept)
    os.closerange(kept + 1, 4096)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    os.environ.clear()
