"""The one folder that a worker may write to: what is too much in it, and how it is removed.

A sheet may leave anything there: folders in folders without end, a million files, what cannot be entered. So
neither looking nor removing goes deeper by recursion, and looking stops at the limit. No limit of the kernel
is about these, nor about the threads of one process.
"""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

MOST_BYTES = 256 * 2**20
MOST_ENTRIES = 5_000
MOST_THREADS = 128
_DEEPEST = 100


def scratch_folder() -> Path:
    """Return a new folder for one worker."""
    return Path(tempfile.mkdtemp(prefix="ovlearn-answers-")).resolve()


def excess(folder: Path, worker: int) -> str:
    """Return what a worker has too much of, in words; nothing where it keeps within its limits."""
    if _threads(worker) > MOST_THREADS:
        return f"it started more than {MOST_THREADS} threads"
    entries = used = 0
    waiting = [(str(folder), 1)]
    while waiting:
        here, depth = waiting.pop()
        if depth > _DEEPEST:
            return f"it nested folders more than {_DEEPEST} deep"
        try:
            found = _entries(here)
        except PermissionError:
            return "it made a folder that nobody can look into"
        except OSError:  # gone meanwhile
            continue
        entries += len(found)
        if entries > MOST_ENTRIES:
            return f"it made more than {MOST_ENTRIES:,} files and folders"
        for entry in found:
            with suppress(OSError):
                used += _size(entry)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, depth + 1))
        if used > MOST_BYTES:
            return f"it wrote more than {MOST_BYTES // 2**20} MB of files"
    return ""


def remove_tree(folder: Path) -> None:
    """Remove a folder with all that is in it, as far as the system allows; never raise.

    Each folder within is first moved to the top, where its own are moved in turn: nothing is ever deep.
    """
    top, waiting = str(folder), [str(folder)]
    while waiting:
        here = waiting.pop()
        with suppress(OSError):
            os.chmod(here, stat.S_IRWXU)
            for entry in _entries(here):
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(_moved(entry.path, top))
                    else:
                        os.unlink(entry.path)
        if here != top:
            with suppress(OSError):
                os.rmdir(here)
    with suppress(OSError):
        os.rmdir(top)


def _moved(path: str, top: str) -> str:
    """Move a folder to the top, under a name that nothing in it has; return where it is."""
    os.chmod(path, stat.S_IRWXU)
    place = os.path.join(top, f"removed-{secrets.token_hex(8)}")
    os.rename(path, place)
    return place


def _size(entry: os.DirEntry[str]) -> int:
    """Bytes on the disk, or in the file where a system does not tell."""
    found = entry.stat(follow_symlinks=False)
    return getattr(found, "st_blocks", 0) * 512 or found.st_size


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return list(found)


def _threads(worker: int) -> int:
    try:
        return len(os.listdir(f"/proc/{worker}/task"))
    except OSError:
        return 0
