"""Folders for temporary files that are removed even where who made them was killed.

Each is locked as long as its owner lives; the kernel takes the lock away with the process. So a later run
knows which of them nobody needs any more.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from ovlearn.grader.worker.scratch import remove_tree

_PREFIX = "ovlearn-grader-"
_YOUNG = 60.0  # seconds in which a folder may still wait for its lock


class Held:
    """A new folder that is this process's."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = _locked(self.path)

    def remove(self) -> None:
        """Remove it, with whatever is in it."""
        remove_tree(self.path)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep() -> None:
    """Remove the folders of graders whose run was killed. Where a system has no such locks, nothing."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            found = path.lstat()
            if found.st_uid != os.getuid() or time.time() - found.st_mtime < _YOUNG:
                continue
            lock = _locked(path)
            if lock is not None:
                remove_tree(path)
                os.close(lock)


def _locked(path: Path) -> int | None:
    """The handle of a folder that we have locked, or None where another has, or where none can."""
    try:
        import fcntl

        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except (ImportError, OSError):
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
