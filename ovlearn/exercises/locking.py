"""One process at a time in a folder, for as long as it takes to read a small file and write it anew."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 10.0  # seconds; who holds it for longer is stopped, and nobody waits for that


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder's lock. It goes with the process that holds it, and leaves nothing in the folder.

    Where the file system has no locks, and after 10 s, the work goes on without it.
    """
    handle, lock = _opened(folder)
    try:
        _wait(lambda: lock(handle))
        yield
    finally:
        os.close(handle)


def _wait(lock: Callable[[], None]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            return lock()
        except (BlockingIOError, PermissionError):  # another process has it
            time.sleep(0.005)
        except OSError:
            return None


def _opened(folder: Path) -> tuple[int, Callable[[int], None]]:
    """What is locked, and how: the folder itself, or on Windows a file that stands for it."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        name = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        file = Path(tempfile.gettempdir(), f"ovlearn-{name}.lock")
        handle = os.open(file, os.O_RDWR | os.O_CREAT)
        return handle, lambda handle: msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    return os.open(folder, os.O_RDONLY), lambda handle: fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
