"""Workers where a system cannot fork (Windows): each is a fresh Python, slower to start."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path

from ovlearn.exercises.blocking import remove
from ovlearn.grader.worker.channel import Channel, ChannelError
from ovlearn.grader.worker.confinement import Limits
from ovlearn.grader.worker.starting import child, end_with_parent, ended, last_words, to_parent

_DUTY = 60.0  # seconds in which a worker is ready


class FreshWorkers:
    """Starts and ends workers as `remote.Zygote` does."""

    def __init__(self) -> None:
        self.running: dict[int, subprocess.Popen[bytes]] = {}
        self._said = ""

    def start(self) -> None:
        """Nothing: there is no process to be forked from."""

    def worker(self, scratch: Path, limits: Limits, blocked: Sequence[str] = ()) -> tuple[Channel, int]:
        """Start a worker without these functions; return the channel to it, and its process id."""
        asked = json.dumps([str(scratch), astuple(limits), list(blocked)])
        channel, process = child(__name__, asked)
        try:
            channel.receive(_DUTY)  # until it is ready: no answer is charged with that
        except (ChannelError, TimeoutError):
            channel.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
            self._said = last_words(process)
            ended(process)
            raise
        self.running[process.pid] = process
        return channel, process.pid

    def words(self) -> str:
        """Return what the last child that could not serve said before it ended."""
        return self._said

    def end(self, pid: int) -> None:
        """End a worker."""
        ended(self.running.pop(pid))

    def close(self) -> None:
        """End all workers."""
        for pid in list(self.running):
            self.end(pid)


def main() -> None:
    """Serve as any worker does."""
    from ovlearn.grader.worker import inside

    channel = to_parent()
    end_with_parent()
    scratch, limits, blocked = json.loads(sys.argv[1])
    inside.preload()
    remove(blocked)
    channel.send("ready")
    inside.serve(channel.connection, Path(scratch), Limits(*limits))
