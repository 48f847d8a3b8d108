"""The process that workers are forked from: it has loaded numpy and sympy, so a worker starts at once.

It is started with `python -I` and an empty environment. Its one duty besides forking is to end workers, with
everything that they may have started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path
from typing import NoReturn

from ovlearn.exercises.blocking import refusals, remove, users
from ovlearn.grader.worker import inside
from ovlearn.grader.worker.channel import ChannelError
from ovlearn.grader.worker.confinement import Limits
from ovlearn.grader.worker.starting import end_with_parent, process_control, to_parent

_CHILD_SUBREAPER = 36


def main() -> None:
    """Start and end workers until the other side is gone, then end."""
    channel = to_parent()
    control = channel.connection
    end_with_parent()
    _adopt_orphans()
    inside.preload()
    users()  # found once, for all that are forked from here
    workers: set[int] = set()
    with contextlib.suppress(ChannelError):
        while True:
            kind, *parts = channel.receive()
            if kind == "start":
                channel.send(["started", _start(control, workers, *parts)])
            else:
                channel.send(["ended", _end(workers, *parts)])
    for pid in list(workers):
        _end(workers, pid)
    os._exit(0)  # at once: taking sympy apart would keep a learner waiting


def _start(
    control: socket.socket, workers: set[int], scratch: str, limits: list[int], blocked: list[str]
) -> int:
    """Fork a worker on the socket that comes along with the message."""
    _, (handle,), _, _ = socket.recv_fds(control, 1, 1)
    refusals(tuple(blocked))  # made once, for all sheets
    pid = os.fork()
    if pid:
        os.close(handle)
        workers.add(pid)
        return pid
    _become_worker(control, handle, scratch, limits, blocked)


def _become_worker(
    control: socket.socket, handle: int, scratch: str, limits: list[int], blocked: list[str]
) -> NoReturn:
    code = 1
    try:
        os.setsid()
        end_with_parent()
        control.close()
        remove(blocked)
        inside.serve(socket.socket(fileno=handle), Path(scratch), Limits(*limits))
        code = 0
    finally:
        os._exit(code)


def _end(workers: set[int], pid: int) -> int | None:
    """Kill a worker and its group, and whatever else it left; return its exit status."""
    if pid not in workers:
        return None
    workers.discard(pid)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    for orphan in _children() - workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(orphan, 0)
    return os.waitstatus_to_exitcode(status)


def _adopt_orphans() -> None:
    """Become the parent of what a worker leaves behind, so that it can be ended too (Linux)."""
    process_control(_CHILD_SUBREAPER, 1)


def _children() -> set[int]:
    try:
        text = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    except OSError:
        return set()
    return {int(word) for word in text.split()}


if __name__ == "__main__":
    main()
