"""A grader: a process of its own that runs the checks of one sheet at a time.

What a worker sends is judged here, and here alone. However an answer may slow a check down or break it, the
grader is ended, that exercise is not passed, and another grader goes on with the next.
"""

from __future__ import annotations

import contextlib
import math
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

from ovlearn.exercises.catalogue import blocked_by
from ovlearn.exercises.outcomes import Outcome
from ovlearn.exercises.replies import Unavailable
from ovlearn.grader.batch import folders
from ovlearn.grader.batch.planning import Plan
from ovlearn.grader.batch.results import Mark, printable
from ovlearn.grader.worker.channel import Channel, ChannelError
from ovlearn.grader.worker.confinement import Limits
from ovlearn.grader.worker.remote import Patience, Sheet, workers
from ovlearn.grader.worker.starting import child, end_with_parent, ended, last_words, to_parent

_MEMORY = 3 * 2**30  # bytes of address space of a grader
_SAYS, _CELL, _ROWS = 600, 1000, 20  # characters of words and of a cell of evidence, and its rows


class Grader:
    """The process, as the rest of a run sees it. It is started when it is needed."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.channel: Channel | None = None
        self.folder: folders.Held | None = None
        self.ended = False
        self.said = ""

    def marks(self, cells: Sequence[str], names: Sequence[str], plan: Plan) -> Iterator[Mark]:
        """Yield the mark of each exercise, in order; points are not given here.

        Raises: ChannelError where the grader is ended meanwhile.
        """
        left, tries = list(names), 0
        while left:
            try:
                for mark in self._some(cells, left, plan):
                    yield mark
                    left, tries = left[1:], 0
            except TimeoutError:
                says = "Judging this answer took too long."
                seconds = plan.exercise + plan.judging
                yield Mark(left.pop(0), "wrong", "not judged", says, seconds, look=says)
            except ChannelError:
                if self.ended:
                    raise
                tries += 1
                if tries == 2:
                    self._stop()
                    says = "The grader ended while it judged this answer."
                    said = f"{says} {printable(self.said)}".strip()
                    yield Mark(left.pop(0), "not graded", "", said, look=said)
                    tries = 0
            if left:
                self._stop()

    def end(self) -> None:
        """End it for good, from whatever thread; with it go its workers."""
        self.ended = True
        self._stop()

    def _stop(self) -> None:
        if self.channel is not None:
            self.channel.close()
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.1)  # one that ends by itself may still say why
            self.process.kill()
            self.process.wait()
            self.said = last_words(self.process)
            ended(self.process)
        if self.folder is not None:
            self.folder.remove()
        self.process = self.channel = self.folder = None

    def _some(self, cells: Sequence[str], names: Sequence[str], plan: Plan) -> Iterator[Mark]:
        channel = self._started()
        limits = [plan.call, plan.exercise, plan.memory]
        channel.send([list(cells), list(names), plan.seed, limits], plan.exercise)
        for name in names:
            yield _mark(name, channel.receive(plan.exercise + plan.judging))

    def _started(self) -> Channel:
        if self.channel is None:
            self.folder = folders.Held()  # goes with it, whatever is left there
            self.channel, self.process = child(__name__, folder=str(self.folder.path))
        return self.channel


def _mark(name: str, reply: Any) -> Mark:
    status, mistake, says, seconds, rows, look = reply
    evidence = tuple((printable(what)[:80], printable(value)[:_CELL]) for what, value in rows[:_ROWS])
    words = printable(mistake)[:80], printable(says)[:_SAYS]
    return Mark(name, status, *words, round(seconds, 3), evidence=evidence, look=printable(look)[:_SAYS])


def main() -> None:
    """Grade sheets until the other side is gone."""
    channel = to_parent()
    end_with_parent()
    _limit_memory()
    starting = workers()
    starting.start()  # while it loads numpy and sympy, so does this process
    try:
        while True:
            cells, names, seed, (call, exercise, memory) = channel.receive()
            limits = Limits(memory=memory, processor=math.ceil(len(names) * exercise + call))
            with Sheet(cells, starting, limits, Patience(call, exercise), blocked_by(names)) as sheet:
                for name in names:
                    sheet.renew()
                    channel.send(_judged(name, sheet, seed))
    except ChannelError:
        pass
    finally:
        starting.close()


def _judged(name: str, sheet: Sheet, seed: int) -> list[Any]:
    from ovlearn.exercises.judging import verdict_on

    try:
        outcomes = verdict_on(name, sheet, seed)
    except Unavailable as error:  # the machine's failure, and no answer's
        says = f"This answer could not be run: {error}"
        return ["not graded", "", says, 0.0, [], says]
    total = outcomes.total
    seconds = sum(one.seconds for one in outcomes.outcomes)
    return [total.status, total.mistake, total.says, seconds, total.evidence, _look(name, total, sheet)]


def _look(name: str, total: Outcome, sheet: Sheet) -> str:
    """Why a person should look at a mark: a limit was met, or the check did not know what to say."""
    if total.passed:
        return ""
    return total.says if total.mistake == "not judged" else sheet.stopped(name)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
