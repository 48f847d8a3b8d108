"""What a worker may not do: read solutions, write elsewhere, start processes, connect, or use all memory.

Four fences, one behind the other. Resource limits hold wherever there are any (not on Windows). Landlock and
seccomp hold on Linux and cannot be lifted. Python's audit events hold everywhere; they stop accidents and
plain cheats, and say why.
"""

from __future__ import annotations

import inspect
import os
import site
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ovlearn.grading import blocking
from ovlearn.grading.sets import home
from ovlearn.grading.worker import landlock, seccomp

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
_PACKAGE = Path(__file__).parents[2]
_SITES = ("site-packages", "dist-packages")
_SOURCE = (".py", ".pyc")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Limits:
    """What a worker may use: `memory` in bytes, `processor` in seconds, `file` in bytes of one file."""

    memory: int = 3 * 2**30
    processor: int = 120
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
    landlock.restrict([*libraries(), Path(os.devnull)], [scratch])
    seccomp.restrict()
    sys.addaudithook(_fence(os.path.realpath(home()), os.path.realpath(_PACKAGE), os.path.realpath(scratch)))


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


@cache
def libraries() -> list[Path]:
    """Where Python and its libraries are, less the exercise sets and our own source: what a worker may read.

    All of the package that answers may use is loaded already, and its source is the answer to some exercises.
    """
    standard = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    places = [Path(each) for each in standard if each]
    places += [Path(each) for each in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo")]
    known = {*site.getsitepackages(), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    known |= {each for each in sys.path if each.endswith(_SITES)}  # of a parent environment
    for folder in known:
        places += _below(Path(folder))
    places += (each for each in _PACKAGE.rglob("*.*") if each.is_file() and each.suffix not in _SOURCE)
    return _without(places, Path(home()))


def _below(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.name != "ovlearn") if folder.is_dir() else []


def _without(places: list[Path], hidden: Path) -> list[Path]:
    """The places that neither lie within the hidden folder nor hold it."""
    secret = hidden.resolve()
    return [
        place
        for place in places
        if not (secret.is_relative_to(place.resolve()) or place.resolve().is_relative_to(secret))
    ]


def _fence(secret: str, package: str, scratch: str) -> Callable[[str, tuple[Any, ...]], None]:
    """The hook. Everything that it uses is bound here, out of reach of what replaces names in modules."""
    real, isinstance_, fsdecode, getattr_ = os.path.realpath, isinstance, os.fsdecode, getattr
    separator, parent, devnull, writing, source = os.sep, os.pardir, os.devnull, _WRITING, _SOURCE
    refused, changes, error, caller = _REFUSED, _CHANGES, Refused, sys._getframe
    trusted = tuple(map(id, (vars(inspect), vars(blocking))))

    def within(place: str, folder: str) -> bool:
        return place == folder or place.startswith(folder.rstrip(separator) + separator)

    def opened(path: Any, mode: Any, flags: int) -> None:
        name = fsdecode(path)
        place = real(name)
        if mode is None and parent in name:  # `os.open`, which may begin at a folder that is not told
            raise error("an answer may not open a path that leads upwards")
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
            if arguments[1] and within(real(fsdecode(arguments[1])), scratch):
                raise error("an answer may not load machine code")
        elif event == "object.__getattr__":
            ours = arguments[1] == "__code__" and str(getattr_(arguments[0], "__module__", ""))
            if ours and ours.startswith("ovlearn.") and id(caller(1).f_globals) not in trusted:
                raise error("an answer may not take ovlearn's functions apart")
        elif event.startswith(changes):
            for path in arguments[:2]:
                if isinstance_(path, str | bytes) and not within(real(fsdecode(path)), scratch):
                    raise error("an answer may write to its own folder only")
        elif event.startswith(refused):
            raise error(f"an answer may not do this ({event})")

    return fence


def scratch_folder() -> Path:
    """Return a new folder for one worker."""
    return Path(tempfile.mkdtemp(prefix="ovlearn-answers-")).resolve()
