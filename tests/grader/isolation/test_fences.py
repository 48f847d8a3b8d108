"""Each fence by itself, and what is left on systems that lack some."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import ovlearn as ov
from ovlearn.exercises.blocking import Blocked, blocking
from ovlearn.exercises.judging import verdict_on
from ovlearn.exercises.replies import Unavailable
from ovlearn.grader.worker import confinement, landlock, seccomp, starting
from ovlearn.grader.worker.channel import Channel, ChannelError
from ovlearn.grader.worker.confinement import Limits
from ovlearn.grader.worker.fresh import FreshWorkers
from ovlearn.grader.worker.remote import Patience, Sheet, Zygote, workers
from tests.grader.isolation.readers import READING

ROOT = Path(__file__).parents[3]
GOOD = "def ov_matrix(W_V, W_O):\n    return W_V @ W_O\n"


def alone(code: str) -> str:
    """What a process of its own prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


TRIED = """
import ctypes, errno, fcntl, os, resource, signal, socket, threading, _posixsubprocess
from ovlearn.grader.worker import seccomp
def tried(action):
    try: action()
    except ValueError: return "EPERM"  # what `resource` makes of it
    except OSError as error: return errno.errorcode[error.errno]
    return "done"
assert tried(lambda: socket.socket()) == tried(lambda: os.kill(os.getpid(), 0)) == "done"
print(seccomp.restrict())
libc, null = ctypes.CDLL(None, use_errno=True), os.open("/dev/null", os.O_RDWR)
def called(name, *arguments):
    if getattr(libc, name)(*arguments) < 0: raise OSError(ctypes.get_errno(), name)
actions = dict(
    owner=lambda: fcntl.fcntl(null, fcntl.F_SETOWN, os.getppid()), sign=lambda: fcntl.fcntl(null, 10, 9),
    owner_ex=lambda: fcntl.fcntl(null, 15, bytes(8)), shared=lambda: called("shmget", 0, 4096, 0o1600),
    owner_by_ioctl=lambda: fcntl.ioctl(null, 0x8901, (0).to_bytes(4, "little")),
    group_by_ioctl=lambda: fcntl.ioctl(null, 0x8902, (0).to_bytes(4, "little")),
    flags=lambda: fcntl.fcntl(null, fcntl.F_GETFL), copied=lambda: os.close(os.dup(null)),
    queue=lambda: called("msgget", 0, 0o1600), semaphore=lambda: called("semget", 0, 1, 0o1600),
    fork=lambda: os.fork() or os._exit(0), spawn=lambda: os.posix_spawn("/bin/true", ["true"], {}),
    execute=lambda: os.execv("/bin/true", ["true"]), signal=lambda: os.kill(os.getpid(), 0),
    descriptor=lambda: signal.pidfd_send_signal(os.pidfd_open(os.getpid()), 0),
    socket=lambda: socket.socket(), limit=lambda: resource.setrlimit(resource.RLIMIT_CPU, (9, 9)),
    other=lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CPU),
    thread=lambda: threading.Thread(target=print).start(),
    own=lambda: resource.getrlimit(resource.RLIMIT_CPU),
    file=lambda: open("/dev/null").close(), pair=lambda: [one.close() for one in socket.socketpair()],
)
print(*(f"{name}={tried(action)}" for name, action in actions.items()))
"""


def test_the_kernel_refuses_other_processes_sockets_and_signals() -> None:
    told, *_, last = alone(TRIED).splitlines()
    assert told == str(seccomp.known())
    if not seccomp.known():
        return
    tried = dict(pair.split("=") for pair in last.split())
    may = {"thread", "own", "file", "pair", "flags", "copied"}
    assert {name: result for name, result in tried.items() if name in may} == dict.fromkeys(may, "done")
    assert {name for name, result in tried.items() if result == "EPERM"} == set(tried) - may


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_jump_of_the_filter_stays_within_it(machine: str) -> None:
    program = seccomp.program(machine)
    for place, (what, true, false, _) in enumerate(program):
        assert what in (0x20, 0x15, 0x35, 0x45, 0x06)
        assert max(place + 1 + true, place + 1 + false) < len(program) or what == 0x06
    assert program[-1] == (0x06, 0, 0, 0x7FFF0000)


def test_landlock_alone_keeps_files_and_programs(tmp_path: Path) -> None:
    shutil.copy("/bin/true", tmp_path / "copy")
    code = f"""
import os
from pathlib import Path
from ovlearn.grader.worker import landlock
from ovlearn.exercises.sets import home
if not landlock.restrict([Path("/usr/lib"), Path("/bin")], [Path({str(tmp_path)!r})]):
    print("no Landlock")
    raise SystemExit
def tried(action):
    try: action()
    except OSError as error: return type(error).__name__
    return "done"
print(tried(lambda: open({str(tmp_path / "own")!r}, "w").close()), tried(lambda: os.listdir(home())),
      tried(lambda: open("/etc/passwd")), tried(lambda: os.execv("/bin/true", ["true"])),
      tried(lambda: os.execv({str(tmp_path / "copy")!r}, ["true"])))
"""
    expected = f"done{' PermissionError' * 4}" if landlock.version() else "no Landlock"
    assert alone(code) == expected


def test_python_s_fence_alone_keeps_the_solutions(tmp_path: Path) -> None:
    """As on a system with neither Landlock nor seccomp."""
    code = f"""
import os, sys
from pathlib import Path
from tests.grader.isolation.readers import READING, WHERE
from ovlearn.grader.worker import confinement, inside, landlock, seccomp
landlock.restrict = lambda *a: False
seccomp.restrict = lambda: False
inside.preload()
os.chdir({str(tmp_path)!r})
confinement.confine(Path({str(tmp_path)!r}))
for name, how in READING.items():
    names = {{}}
    try: exec(WHERE + how, names)
    except BaseException as error: names["why"] = type(error).__name__
    leaked = "solution=" in str(names.get("text") or "") or "ov_matrix" in names
    print("LEAK" if leaked else "kept", name, names.get("why"))
try: print("LEAK", open(sys.modules["ovlearn"].__file__).read(1))
except PermissionError as error: print(error)
"""
    *told, source = alone(code).splitlines()
    assert source == "an answer cannot read the source of ovlearn"
    assert len(told) == len(READING)
    assert not [line for line in told if line.startswith("LEAK")]


def test_python_s_fence_alone_keeps_the_modules_that_it_does_not_hear(tmp_path: Path) -> None:
    code = f"""
import importlib
from pathlib import Path
from ovlearn.grader.worker import confinement, inside, landlock, seccomp
landlock.restrict = lambda *a: False
inside.preload()
confinement.confine(Path({str(tmp_path)!r}))
for name in confinement._UNHEARD:
    try: importlib.import_module(name)
    except ImportError as error: print(name, "not" in str(error))
    else: print("LEAK", name)
try: import tkinter
except ImportError: print("kept")
"""
    told = alone(code).splitlines()
    assert len(told) == len(confinement._UNHEARD) + 1
    assert not [line for line in told if line.startswith("LEAK")]
    assert told[-1] == "kept"


def test_a_worker_gives_up_every_capability() -> None:
    code = """
from ovlearn.grader.worker import capabilities
capabilities.drop()
print(*[line.split()[1].strip("0") or "none" for line in open("/proc/self/status") if line.startswith("Cap")])
"""
    kept = alone(code).split()
    assert kept[:3] == ["none"] * 3  # inheritable, permitted, effective
    assert (
        kept[3] == "none" or os.getuid()
    )  # what could be gained again: a plain user cannot, whatever it says


def test_a_worker_reads_no_other_file_of_the_teacher_where_the_kernel_can_keep_it() -> None:
    zygote = Zygote()
    with Sheet(["text = open('/etc/passwd').read()", GOOD], zygote) as sheet:
        assert verdict_on("ov_matrix", sheet, 1).passed
        assert ("PermissionError" in sheet.reasons.get("text", "")) == bool(landlock.version())
    zygote.close()


def test_a_worker_does_not_outlive_its_zygote() -> None:
    zygote = Zygote()
    with Sheet(["ov_rank = 64"], zygote, patience=Patience(20, 60)) as sheet:
        assert verdict_on("ov_rank", sheet, 1).passed
        assert zygote.process is not None
        zygote.process.kill()
        zygote.process.wait()
        assert verdict_on("ov_rank", sheet, 1).passed  # by another one
    zygote.close()


def test_what_a_system_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 7)
    monkeypatch.setattr(seccomp, "known", lambda: True)
    assert confinement.missing() == []
    monkeypatch.setattr(landlock, "version", lambda: 0)
    monkeypatch.setattr(seccomp, "known", lambda: False)
    monkeypatch.delattr(os, "fork")
    monkeypatch.setitem(sys.modules, "resource", None)
    lacks = " ".join(confinement.missing())
    assert len(confinement.missing()) == 4
    assert all(word in lacks for word in ("resource", "process groups", "Landlock", "seccomp"))


@pytest.mark.parametrize("connecting", [False, True])
def test_without_forks_each_worker_is_a_fresh_process(
    monkeypatch: pytest.MonkeyPatch, connecting: bool
) -> None:
    if connecting:  # as on Windows, where no socket can be handed down
        monkeypatch.delattr(os, "fork")
    starter = workers() if connecting else FreshWorkers()
    assert isinstance(starter, FreshWorkers)
    loop = "import time\ntime.sleep(100)"
    try:
        with Sheet(
            [loop, GOOD, "ov_rank = open('x', 'w') and 64"], starter, patience=Patience(3, 60)
        ) as sheet:
            assert verdict_on("ov_matrix", sheet, 1).passed
            assert verdict_on("ov_rank", sheet, 1).passed
            assert verdict_on("fold", sheet, 1).total.mistake == "missing"
    finally:
        starter.close()
    assert starter.running == {}


def test_another_process_that_connects_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    monkeypatch.setattr(starting.secrets, "token_hex", lambda size: "right")
    started = starting._started

    def intruder(command: list[str], folder: str, **options: object) -> subprocess.Popen[bytes]:
        port = next(word for word in command if word.endswith(":right")).partition(":")[0]
        command[command.index(f"{port}:right")] = f"{port}:wrong"
        return started(command, folder)

    monkeypatch.setattr(starting, "_started", intruder)
    with pytest.raises(ChannelError, match=r"^another process answered$"):
        starting.child("ovlearn.grader.worker.fresh", "[]")


def test_a_zygote_that_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    zygote = Zygote()

    def gone(*_: object) -> None:
        raise ChannelError("gone")

    monkeypatch.setattr(zygote, "worker", gone)
    why = r"^its worker could not be started: gone$"
    with Sheet([GOOD], zygote) as sheet, pytest.raises(Unavailable, match=why):
        verdict_on("ov_matrix", sheet, 1)


def test_nothing_is_left_of_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    zygote = Zygote()
    with Sheet(["open('mine', 'w').write('x')", GOOD], zygote) as sheet:
        assert verdict_on("ov_matrix", sheet, 1).passed
        assert len(list(tmp_path.rglob("mine"))) == 1
        pid = sheet._pid
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    zygote.close()


def test_a_message_that_nobody_takes_is_given_up() -> None:
    ours, theirs = socket.socketpair()
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        Channel(ours).send("x" * 10**7, 0.2)
    assert time.monotonic() - begun < 2
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    "raw", [b"\x00\x00\x00\x03}}}", b"\xff\xff\xff\xff", b"\x00\x00\x00\x04" + b"\xff" * 4]
)
def test_what_is_no_message_is_said(raw: bytes) -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(raw)
    with pytest.raises(ChannelError):
        Channel(ours).receive(1)
    theirs.close()
    with pytest.raises(ChannelError, match="gone"):
        Channel(ours).receive(1)
    ours.close()


def test_a_message_may_hold_any_text() -> None:
    ours, theirs = (Channel(one) for one in socket.socketpair())
    ours.send(["Größe", "\ud800", "\0"])
    assert theirs.receive(1) == ["Größe", "\ud800", "\0"]
    ours.close()
    theirs.close()


def test_blocking_holds_in_every_thread_and_ends() -> None:
    said: list[str] = []

    def other() -> None:
        try:
            ov.derive("ov-fold")
        except Blocked as error:
            said.append(str(error))

    with blocking(("derive", "numeric.FactoredMatrix.eigenvalues")):
        for _ in range(2):
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        with pytest.raises(Blocked, match=r"^`numeric.FactoredMatrix.eigenvalues` is the answer itself"):
            ov.FactoredMatrix([[1.0]], [[1.0]]).eigenvalues  # noqa: B018
    assert len(said) == 2
    assert ov.derive("ov-fold").steps
    assert len(ov.FactoredMatrix([[1.0]], [[1.0]]).eigenvalues) == 1


def test_memory_of_a_worker_is_limited() -> None:
    zygote = Zygote()
    with Sheet(["a = bytearray(2**29)", GOOD], zygote, Limits(memory=2**29)) as sheet:
        assert verdict_on("ov_matrix", sheet, 1).passed
        assert "MemoryError" in sheet.reasons["a"]
    zygote.close()
