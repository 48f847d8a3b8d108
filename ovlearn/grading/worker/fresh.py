"""Workers where a system cannot fork (Windows): each is a fresh Python, slower to start."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

from ovlearn.grading.worker.channel import Channel
from ovlearn.grading.worker.confinement import Limits
from ovlearn.grading.worker.starting import child, to_parent


class FreshWorkers:
    """Starts and ends workers as `remote.Zygote` does."""

    def __init__(self) -> None:
        self.running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Nothing: there is no process to be forked from."""

    def worker(self, scratch: Path, limits: Limits) -> tuple[Channel, int]:
        """Start a worker; return the channel to it, and its process id."""
        channel, process = child(__name__, str(scratch), *map(str, astuple(limits)))
        self.running[process.pid] = process
        return channel, process.pid

    def end(self, pid: int) -> None:
        """End a worker."""
        process = self.running.pop(pid)
        process.kill()
        process.wait(60)

    def close(self) -> None:
        """End all workers."""
        for pid in list(self.running):
            self.end(pid)


def main() -> None:
    """Serve as any worker does."""
    from ovlearn.grading.worker import inside

    channel = to_parent()
    scratch, *limits = sys.argv[1:]
    inside.preload()
    inside.serve(channel.connection, Path(scratch), Limits(*map(int, limits)))
