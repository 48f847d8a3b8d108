"""Files written whole or not at all, shared by every floor. The standard library only."""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

_TRIES = 20  # on Windows a file that somebody reads cannot be replaced at once


def write_whole(path: Path, content: bytes | str, *, private: bool = False) -> None:
    """Write a file beside its place, then move it there: never is there half of one.

    `private`: it is for oneself alone; else for those for whom new files are.

    Raises: OSError where it cannot be written; what was there before is then still there.
    """
    data = content.encode() if isinstance(content, str) else content
    part = path.with_name(f".ovlearn-{secrets.token_hex(8)}.part")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    handle = os.open(part, flags, 0o600 if private else 0o666)
    try:
        with open(handle, "wb") as file:
            file.write(data)
        _replace(part, path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _replace(part: Path, path: Path) -> None:
    for _ in range(_TRIES):
        with suppress(PermissionError):
            os.replace(part, path)
            return
        time.sleep(0.02)
    os.replace(part, path)
