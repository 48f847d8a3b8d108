"""Start a process of ours that talks to its parent over a channel and knows nothing of its settings.

It is told where its parent imports from: a Python that is isolated would find neither what `pip install
--user` or `--target` put somewhere, nor PYTHONPATH. A folder that is merely the present one is left out,
since a learner's `ovlearn.py` or `numpy.py` may lie there.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from ovlearn.grader.worker.channel import Channel, ChannelError

_CLEAN = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
_HANDED_DOWN = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_DEATH_SIGNAL = 1
_PACKAGE = Path(__file__).parents[2]
_SAID = 2000  # bytes of a child's last words


def child(module: str, *arguments: str, folder: str = "") -> tuple[Channel, subprocess.Popen[bytes]]:
    """Start `main()` of a module in a fresh Python; return the channel to it, and the process.

    `folder`: for its temporary files. It has no terminal, and a Ctrl-C there does not reach it. What it says
    on standard error is kept: see `last_words`.
    """
    code = f"import sys; sys.path[:] = {imported_from()!r}; from {module} import main; main()"
    command = [sys.executable, "-I", "-X", "utf8", "-c", code]
    if hasattr(os, "fork"):
        ours, theirs = socket.socketpair()
        handle = theirs.fileno()
        process = _started([*command, str(handle), *arguments], folder, pass_fds=(handle,))
        theirs.close()
        return Channel(ours), process
    return _connecting_back(command, arguments, folder)


def to_parent() -> Channel:
    """Return the channel to the process that started this one; its other words are left in `sys.argv`."""
    where = sys.argv.pop(1)
    if ":" not in where:
        return Channel(socket.socket(fileno=int(where)))
    port, _, token = where.partition(":")
    channel = Channel(socket.create_connection(("127.0.0.1", int(port))))
    channel.send(token)
    return channel


def last_words(process: subprocess.Popen[bytes] | None) -> str:
    """Return the last line that a child said on standard error, as "ModuleNotFoundError: …", or nothing."""
    if process is None or process.stderr is None:
        return ""
    process.stderr.seek(0, os.SEEK_END)
    process.stderr.seek(max(0, process.stderr.tell() - _SAID))
    lines = process.stderr.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def ended(process: subprocess.Popen[bytes]) -> None:
    """Kill a child and take leave of it, and of what it said."""
    process.kill()
    process.wait()
    if process.stderr is not None:
        process.stderr.close()


def end_with_parent() -> None:
    """See that this process ends when its parent does, whatever it is busy with."""
    parent = os.getppid()
    if sys.platform == "linux":
        process_control(_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:  # it ended meanwhile
            os._exit(1)
    elif hasattr(os, "fork"):
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def process_control(what: int, value: int) -> None:
    """Ask Linux for a property of this process: `prctl`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(what, value, 0, 0, 0)


def imported_from() -> list[str]:
    """Return where this process imports from, less the present folder, unless ovlearn itself is there."""
    here, ours = os.getcwd(), str(_PACKAGE.parent)
    places = [os.path.abspath(place) for place in sys.path if place]
    return [place for place in dict.fromkeys(places) if place != here or place == ours]


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _connecting_back(
    command: list[str], arguments: tuple[str, ...], folder: str
) -> tuple[Channel, subprocess.Popen[bytes]]:
    """Where a socket cannot be handed down (Windows), the child connects, and shows the word it was given."""
    token = secrets.token_hex(16)
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"{server.getsockname()[1]}:{token}"
        process = _started([*command, where, *arguments], folder)
        server.settimeout(60)
        connection, _ = server.accept()
    channel = Channel(connection)
    if channel.receive(60) != token:
        channel.close()
        ended(process)
        raise ChannelError("another process answered")
    return channel, process


def _started(command: list[str], folder: str, **options: Any) -> subprocess.Popen[bytes]:
    null = subprocess.DEVNULL
    kept = {name: os.environ[name] for name in _HANDED_DOWN if name in os.environ}
    if folder:
        kept |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)
    environment = {**_CLEAN, **kept}
    said = tempfile.TemporaryFile()  # noqa: SIM115  closed in `ended`; no pipe, since nobody reads while it runs
    process = subprocess.Popen(
        command, stdin=null, stdout=null, stderr=said, env=environment, start_new_session=True, **options
    )
    process.stderr = said
    return process
