"""Linux's Landlock: from here on, this process and its children reach only these folders, and no network.

The kernel keeps this, not Python: no code that a worker runs can lift it. There is no library for it that is
kept, so the three system calls are made here. See the kernel's documentation, "Landlock: unprivileged access
control".
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_VERSION = 1
_NO_NEW_PRIVILEGES = 38
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_ALL_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_IOCTL_RIGHTS = (1 << 16) - 1  # from version 5 on
_NETWORK_RIGHTS = 0b11  # bind and connect, from version 4 on
_SCOPES = 0b11  # abstract sockets and signals stay within, from version 6 on
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | (1 << 14)  # what a rule on a file, not a folder, may name


def version() -> int:
    """Return the version of Landlock that the kernel has; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, _syscall(_libc(), _CREATE, None, 0, _VERSION))


def restrict(readable: Iterable[Path], writable: Iterable[Path], listable: Iterable[Path] = ()) -> bool:
    """Let this process read below `readable`, write below `writable`, execute nothing and connect nowhere.

    Below `listable` it may see the names of files, and not what they hold.

    Returns whether the kernel does it. Raises: OSError where it should and does not.
    """
    known = version()
    if not known:
        return False
    every = _ALL_FILE_RIGHTS.get(known, _IOCTL_RIGHTS)
    fields = [every, *([_NETWORK_RIGHTS] if known >= 4 else []), *([_SCOPES] if known >= 6 else [])]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    libc = _libc()  # bound to no name that an answer could find
    rules = _checked(_syscall(libc, _CREATE, attributes, len(attributes), 0), "create")
    try:
        for place in readable:
            _allow(libc, rules, place, _READ_FILE | _READ_DIR)  # libraries are read, and nothing is executed
        for place in listable:
            _allow(libc, rules, place, _READ_DIR)
        for place in writable:
            _allow(libc, rules, place, every & ~_EXECUTE)
        _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl")
        _checked(_syscall(libc, _RESTRICT, rules, 0), "restrict")
    finally:
        os.close(rules)
    return True


def _allow(libc: ctypes.CDLL, rules: int, place: Path, rights: int) -> None:
    try:
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not there: nothing to allow
    try:
        kept = rights if stat.S_ISDIR(os.fstat(handle).st_mode) else rights & _ON_FILES
        attributes = struct.pack("=Qi", kept, handle)
        _checked(_syscall(libc, _ADD, rules, _PATH_BENEATH, attributes, 0), f"allow {place}")
    finally:
        os.close(handle)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _syscall(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    call = libc.syscall
    call.restype = ctypes.c_long
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return int(call(ctypes.c_long(number), *words))


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"landlock, {what}: {os.strerror(number)}")
    return result
