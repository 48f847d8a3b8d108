"""Start a process of ours that talks to its parent over a channel and knows nothing of its settings."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from typing import Any

from ovlearn.grading.worker.channel import Channel, ChannelError

_CLEAN = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
_HANDED_DOWN = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")


def child(module: str, *arguments: str, folder: str = "") -> tuple[Channel, subprocess.Popen[bytes]]:
    """Start `main()` of a module in a fresh Python; return the channel to it, and the process.

    `folder`: for its temporary files. It has no terminal, and a Ctrl-C there does not reach it.
    """
    command = [sys.executable, "-I", "-X", "utf8", "-c", f"from {module} import main; main()"]
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
        process.kill()
        process.wait()
        raise ChannelError("another process answered")
    return channel, process


def _started(command: list[str], folder: str, **options: Any) -> subprocess.Popen[bytes]:
    null = subprocess.DEVNULL
    kept = {name: os.environ[name] for name in _HANDED_DOWN if name in os.environ}
    if folder:
        kept |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)
    environment = {**_CLEAN, **kept}
    return subprocess.Popen(
        command, stdin=null, stdout=null, stderr=null, env=environment, start_new_session=True, **options
    )
