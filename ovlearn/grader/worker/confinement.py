"""What a worker may not do: read solutions, write elsewhere, start processes, connect, or use all memory.

Four fences, one behind the other. Resource limits hold wherever there are any (not on Windows). Landlock and
seccomp hold on Linux and cannot be lifted. Python's audit events hold everywhere; they stop accidents and
plain cheats, and say why.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ovlearn.grader.worker import capabilities, landlock, seccomp
from ovlearn.grader.worker.libraries import PACKAGE, SOURCE, hidden, libraries, listable

# Events of processes, sockets and of what looks into the interpreter, by their beginnings.
_REFUSED = (
    *("os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "pty.spawn"),
    *("subprocess.Popen", "os.kill", "signal.pthread_kill"),
    *(
        "socket.",
        "http.client.",
        "urllib.Request",
        "ftplib.",
        "smtplib.",
        "poplib.",
        "imaplib.",
        "telnetlib.",
    ),
    *(
        "ctypes.",
        "gc.",
        "resource.",
        "sys.settrace",
        "sys.setprofile",
        "code.__new__",
        "webbrowser.",
        "winreg.",
        "sqlite3.connect",
    ),
    *(
        "os.chown",
        "os.chmod",
        "os.setxattr",
        "os.removexattr",
        "os.link",
        "os.mknod",
        "os.mkfifo",
        "os.chroot",
    ),
)
_CHANGES = (
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.symlink", "os.utime"),
    *("shutil.rmtree", "shutil.move", "shutil.copyfile", "shutil.copytree", "tempfile.mkstemp"),
)
# Modules that act where audit events do not reach: other interpreters and languages, Python's own tests.
_UNHEARD = (
    *("_interpreters", "_xxsubinterpreters", "_interpchannels", "_interpqueues", "_xxinterpchannels"),
    *("_tkinter", "readline", "_testcapi", "_testinternalcapi", "_testlimitedcapi", "_testmultiphase"),
    *("_testsinglephase", "_testbuffer", "_testclinic", "_xxtestfuzz", "_ctypes_test"),
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Limits:
    """What a worker may use: `memory` in bytes, `processor` in seconds, `file` in bytes of one file."""

    memory: int = 3 * 2**30
    processor: int = 180
    file: int = 16 * 2**20


class Refused(PermissionError):
    """What a worker's fence says."""


def missing() -> list[str]:
    """Return what isolation this system does not give, in words; nothing where it gives all."""
    lacks = []
    try:
        import resource  # noqa: F401
    except ImportError:
        lacks.append("no limits on memory and processor time (no `resource` module)")
    if not hasattr(os, "fork"):
        lacks.append("no process groups: what an answer starts may outlive it")
    if not landlock.version():
        lacks.append("no Landlock: files are fenced by Python alone")
    if not seccomp.known():
        lacks.append("no seccomp: processes and sockets are fenced by Python alone")
    return lacks


def confine(scratch: Path, limits: Limits | None = None) -> None:
    """Confine this process for good. `scratch`: the one folder that it may write to."""
    _limit(limits or Limits())
    capabilities.drop()
    by_kernel = landlock.restrict([*libraries(), Path(os.devnull)], [scratch], listable())
    by_kernel = seccomp.restrict() and by_kernel
    secrets = tuple(map(str, hidden()))
    unheard = () if by_kernel else _UNHEARD
    sys.addaudithook(_fence(secrets, os.path.realpath(PACKAGE), os.path.realpath(scratch), unheard))


def _limit(limits: Limits) -> None:
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.processor),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        _, hard = resource.getrlimit(what)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (value, value))


def _fence(
    secrets: tuple[str, ...], package: str, scratch: str, unheard: tuple[str, ...]
) -> Callable[[str, tuple[Any, ...]], None]:
    """The hook. Everything that it uses is bound here, out of reach of what replaces names in modules."""
    real, isinstance_, fsdecode, getattr_ = os.path.realpath, isinstance, os.fsdecode, getattr
    separator, parent, devnull, writing, source = os.sep, os.pardir, os.devnull, _WRITING, SOURCE
    refused, changes, error, no_module, caller = _REFUSED, _CHANGES, Refused, ImportError, sys._getframe
    trusted = id(vars(inspect))

    def within(place: str, folder: str) -> bool:
        return place == folder or place.startswith(folder.rstrip(separator) + separator)

    def opened(path: Any, mode: Any, flags: int) -> None:
        name = fsdecode(path)
        place = real(name)
        if mode is None and parent in name:  # `os.open`, which may begin at a folder that is not told
            raise error("an answer may not open a path that leads upwards")
        for secret in secrets:
            if within(place, secret) or within(secret, place):  # a folder above it would be a way in
                raise error("this folder holds the solutions: an answer cannot read it")
        if within(place, package) and place.endswith(source):
            raise error("an answer cannot read the source of ovlearn")
        if flags & writing and place != devnull and not within(place, scratch):
            raise error("an answer may write to its own folder only")

    def fence(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if not isinstance_(path, int) and path is not None:
                opened(path, mode, flags or 0)
        elif event == "import":
            if arguments[0] in unheard:
                raise no_module(f"an answer may not import {arguments[0]}")
            if arguments[1] and within(real(fsdecode(arguments[1])), scratch):
                raise error("an answer may not load machine code")
        elif event == "object.__getattr__":
            ours = arguments[1] == "__code__" and str(getattr_(arguments[0], "__module__", ""))
            if ours and ours.startswith("ovlearn.") and id(caller(1).f_globals) != trusted:
                raise error("an answer may not take ovlearn's functions apart")
        elif event.startswith(changes):
            for path in arguments[:2]:
                if isinstance_(path, str | bytes) and not within(real(fsdecode(path)), scratch):
                    raise error("an answer may write to its own folder only")
        elif event.startswith(refused):
            raise error(f"an answer may not do this ({event})")

    return fence
