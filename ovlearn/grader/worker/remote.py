"""A worker, as a grader sees it: answers that can be looked at and called, whatever they try."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from ovlearn.exercises.cells.defining import defined_in
from ovlearn.exercises.replies import AnswerError, Data, Missing, Reply, Unavailable
from ovlearn.grader.worker.channel import Channel, ChannelError
from ovlearn.grader.worker.confinement import Limits
from ovlearn.grader.worker.fresh import FreshWorkers
from ovlearn.grader.worker.scratch import excess, remove_tree, scratch_folder
from ovlearn.grader.worker.starting import child, ended, last_words

_DUTY = 60.0  # seconds in which a zygote does what it is asked
_LOOK = 0.2  # seconds between two looks at what a worker uses


@dataclass(frozen=True)
class Patience:
    """How long a grader waits, in seconds: for one call or cell, and for all that one sheet does."""

    call: float = 10.0
    sheet: float = 120.0


class Broken(Exception):
    """A worker is gone, or did not answer in time. `how`: in words, for the learner."""

    def __init__(self, how: str, kind: str = "Ended") -> None:
        super().__init__(how)
        self.how = how
        self.kind = kind


class Zygote:
    """The process that workers are forked from. Where a system cannot fork, see `fresh.FreshWorkers`."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.control: Channel | None = None
        self._said = ""

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        self.close()
        self.control, self.process = child("ovlearn.grader.worker.zygote")

    def worker(self, scratch: Path, limits: Limits, blocked: Sequence[str] = ()) -> tuple[Channel, int]:
        """Fork a worker without these functions of the package; return the channel to it, and its process id.

        Raises: ChannelError or TimeoutError where the zygote itself is gone or stuck.
        """
        self.start()
        assert self.control is not None
        ours, theirs = socket.socketpair()
        try:
            self.control.send(["start", str(scratch), list(astuple(limits)), list(blocked)], _DUTY)
            socket.send_fds(self.control.connection, [b"s"], [theirs.fileno()])
            pid = int(self.control.receive(_DUTY)[1])
        except BaseException:
            ours.close()
            self.close()
            raise
        finally:
            theirs.close()
        return Channel(ours), pid

    def end(self, pid: int) -> None:
        """End a worker, with everything that it started."""
        try:
            if self.control is not None:
                self.control.send(["end", pid], _DUTY)
                self.control.receive(_DUTY)
        except (ChannelError, TimeoutError):
            self.close()  # another is started with the next worker

    def close(self) -> None:
        """End it, and with it all workers."""
        if self.control is not None:
            self.control.close()
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_DUTY)
            self._said = last_words(self.process)
            ended(self.process)
        self.process = self.control = None

    def words(self) -> str:
        """Return what it said before it ended, for whoever must know why."""
        return self._said


def workers() -> Zygote | FreshWorkers:
    """Return what starts workers on this system."""
    return Zygote() if hasattr(os, "fork") and hasattr(socket, "send_fds") else FreshWorkers()


@dataclass
class Sheet:
    """The answers of one sheet: its cells, run by a worker that is replaced when it breaks.

    `blocked`: the functions of the package that any of its exercises blocks. One worker without all of them
    serves as long as nobody calls one. From then on each exercise has a worker that lacks what itself blocks:
    what is the answer to one may help with another.
    `reasons`: what became of each cell that broke, by the names that it would have defined.
    """

    cells: Sequence[str]
    zygote: Zygote | FreshWorkers
    limits: Limits = field(default_factory=Limits)
    patience: Patience = field(default_factory=Patience)
    blocked: frozenset[str] = frozenset()
    reasons: dict[str, str] = field(default_factory=dict)
    _broken: str = ""
    _stopped: str = ""
    _skipped: dict[int, str] = field(default_factory=dict)
    _lacking: frozenset[str] = frozenset()
    _refused: bool = False
    _channel: Channel | None = None
    _pid: int = 0
    _scratch: Path | None = None
    _asked: int = 0
    _until: float = 0.0

    def __enter__(self) -> Sheet:
        self.renew()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def renew(self) -> None:
        """Give the sheet all its time again, for the next exercise."""
        self._until = time.monotonic() + self.patience.sheet
        self._stopped = ""

    def stopped(self, name: str) -> str:
        """Return how a limit ended the answer of this name, or its cell, since `renew`; else ""."""
        cells = (why for cell, why in self._skipped.items() if name in defined_in(self.cells[cell - 1]))
        return self._stopped or next(cells, "")

    def look(self, name: str, blocked: tuple[str, ...] = ()) -> Data:
        """Return FUNCTION or the encoded value of a name; raise Missing."""
        try:
            (value,) = self._asking(name, 1, blocked, "look", name)
        except AnswerError:  # what was called before may have left the worker stuck: ask a fresh one
            (value,) = self._asking(name, 1, blocked, "look", name)
        return value

    def call(self, name: str, arguments: Data, blocked: tuple[str, ...]) -> Reply:
        """Call a function; raise AnswerError or Missing."""
        value, after = self._asking(name, 2, blocked, "call", name, arguments, [])
        return Reply(value, after)

    def _without(self, blocked: frozenset[str]) -> None:
        """See that the worker is one that has none of these functions, nor others that it must lack."""
        lacking = blocked if self._refused else blocked | self.blocked
        if lacking != self._lacking:
            self._end()
            self._lacking = lacking

    def _answered(self, blocked: frozenset[str], *message: Any) -> Any:
        """The reply of a worker which refused nothing but what this exercise blocks."""
        self._without(blocked)
        self._ready()
        reply = self._ask(*message)
        if self._refused and self._lacking != blocked:
            self._skipped.clear()
            return self._answered(blocked, *message)
        return reply

    def _asking(self, name: str, count: int, blocked: tuple[str, ...], *message: Any) -> list[Any]:
        """What comes back: `count` values."""
        try:
            return self._understood(self._answered(frozenset(blocked), *message), name, count)
        except Broken as broken:
            self._end()
            self._stopped = broken.how
            raise AnswerError(broken.kind, broken.how) from None

    def _understood(self, reply: Any, name: str, count: int) -> list[Any]:
        match reply:
            case ["value", *parts] if len(parts) == count:
                return list(parts)
            case ["raised", str(kind), str(says), str(place)]:
                raise AnswerError(kind[:80], says[:500], place[:200])
            case ["missing"]:
                raise Missing(self.reasons.get(name) or f"Was it renamed, or deleted? {self._broken}".strip())
        raise Broken("it sent what is no answer")

    def _ready(self) -> None:
        """See that there is a worker that has run the cells."""
        while self._channel is None:
            if time.monotonic() > self._until:
                raise Broken(f"the sheet as a whole took more than {self.patience.sheet:.0f} s", "TimedOut")
            self._scratch = scratch_folder()
            begun = time.monotonic()
            self._start()
            self._until += time.monotonic() - begun  # no answer is charged with that
            self._run_cells()

    def _start(self) -> None:
        """Start a worker, and once more where that fails: a zygote may have ended since it was last asked."""
        assert self._scratch is not None
        for last in (False, True):
            try:
                self._channel, self._pid = self.zygote.worker(
                    self._scratch, self.limits, sorted(self._lacking)
                )
                return
            except (ChannelError, TimeoutError, OSError) as error:
                if last:
                    self._end()
                    said = self.zygote.words() or str(error)
                    raise Unavailable(f"its worker could not be started: {said}") from None

    def _run_cells(self) -> None:
        """Run each cell. One that breaks the worker is noted, and left out by the next worker."""
        self.reasons.clear()
        self._broken = ""
        for number, source in enumerate(self.cells, start=1):
            if number in self._skipped:
                self._blame(source, self._skipped[number])
                self._ask("skip", defined_in(source), number)
                continue
            try:
                reply = self._ask("run", source, number)
            except Broken as broken:
                self._skip(number, source, f"cell {number} was stopped: {broken.how}")
                return
            match reply:
                case ["ran", None]:
                    pass
                case ["ran", {"kind": kind, "says": says, "place": place}]:
                    where = f" at {place}" if place else ""
                    self._blame(source, f"Its cell ({number}) raised {kind}{where}: {says}"[:600])
                case _:
                    self._skip(number, source, f"cell {number} was stopped: it sent what is no answer")
                    return

    def _skip(self, number: int, source: str, why: str) -> None:
        self._skipped[number] = why
        self._blame(source, why)
        self._end()

    def _blame(self, source: str, why: str) -> None:
        self.reasons.update(dict.fromkeys(defined_in(source), why))
        self._broken = self._broken or why.replace("Its cell", "A cell")

    def _ask(self, *message: Any) -> Any:
        assert self._channel is not None
        self._asked += 1
        until = time.monotonic() + max(0.01, min(self.patience.call, self._until - time.monotonic()))
        try:
            self._channel.send([self._asked, *message], until - time.monotonic())
            self._watch(until)
            reply = self._channel.receive(until - time.monotonic())
        except TimeoutError:
            raise Broken(f"it did not finish within {self.patience.call:g} s", "TimedOut") from None
        except ChannelError:
            raise Broken("it ended the process that it ran in") from None
        match reply:
            case [self._asked, said, bool(refused)]:
                self._refused = self._refused or refused
                return said
        raise Broken("it sent what is no answer")

    def _watch(self, until: float) -> None:
        """Wait for a reply, and look at the worker's folder and threads meanwhile: no kernel limits these."""
        assert self._channel is not None
        assert self._scratch is not None
        waits = False
        while not waits and time.monotonic() < until:
            waits = self._channel.waits(min(_LOOK, max(0.0, until - time.monotonic())))
            too_much = excess(self._scratch, self._pid)
            if too_much:
                raise Broken(too_much)

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self.zygote.end(self._pid)
        if self._scratch is not None:
            remove_tree(self._scratch)
            self._scratch = None
