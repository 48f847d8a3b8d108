"""Linux's seccomp: from here on, the kernel refuses these calls to this process, whatever code makes them.

No other process can be started, signalled, traced or looked into, no socket opened, no limit raised, and
nothing left behind that outlives the process: memory, queues and keys that processes share. Nor can the owner
of a file be set, whom the kernel then signals: before Linux 6.12 that reaches any process of the user.
Threads are allowed. As with Landlock there is no library for it that is kept. See the kernel's documentation,
"Seccomp BPF". A filter is a small program: it loads a word of the call, compares, jumps and returns.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from dataclasses import dataclass

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND, _THIRD, _THIRD_HIGH = (
    0,
    4,
    16,
    24,
    32,
    36,
)  # places in what a filter sees
_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
_FOREIGN = 0x40000000  # numbers from here on belong to another calling convention of the same processor
_THREAD = 0x10000  # the flag of `clone` that makes a thread and not a process
_CLONE3 = 435  # its flags are out of sight, so it does not exist: libc then uses `clone`

# What makes a file signal somebody: F_SETOWN F_SETSIG F_SETOWN_EX of `fcntl`, FIOSETOWN SIOCSPGRP of `ioctl`
_FCNTL_REFUSED, _IOCTL_REFUSED = (8, 10, 15), (0x8901, 0x8902)

Instruction = tuple[int, int, int, int]  # what to do, jumps where true and where false, a number


@dataclass(frozen=True)
class _Numbers:
    """What the calls are called on one kind of processor."""

    architecture: int
    clone: int
    prlimit: int
    fcntl: int
    ioctl: int
    refused: tuple[int, ...]


# fork vfork execve execveat | kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal |
# ptrace process_vm_readv process_vm_writev pidfd_getfd | socket | setrlimit setpriority sched_setparam
# sched_setscheduler sched_setaffinity sched_setattr ioprio_set | mount unshare setns | bpf perf_event_open
# userfaultfd io_uring_setup | shmget semget msgget mq_open add_key request_key keyctl
_NUMBERS = {
    "x86_64": _Numbers(
        0xC000003E,
        clone=56,
        prlimit=302,
        fcntl=72,
        ioctl=16,
        refused=(
            *(57, 58, 59, 322, 62, 200, 234, 129, 297, 424, 101, 310, 311, 438, 41),
            *(160, 141, 142, 144, 203, 314, 251, 165, 272, 308, 321, 298, 323, 425),
            *(29, 64, 68, 240, 248, 249, 250),
        ),
    ),
    "aarch64": _Numbers(
        0xC00000B7,
        clone=220,
        prlimit=261,
        fcntl=25,
        ioctl=29,
        refused=(
            *(221, 281, 129, 130, 131, 138, 240, 424, 117, 270, 271, 438, 198),
            *(164, 140, 118, 119, 122, 274, 30, 40, 97, 268, 280, 241, 282, 425),
            *(194, 190, 186, 180, 217, 218, 219),
        ),
    ),
}


def known() -> bool:
    """Tell whether this system has such a filter, and we know the numbers of its calls."""
    return sys.platform == "linux" and platform.machine() in _NUMBERS and sys.maxsize > 2**32


def restrict() -> bool:
    """Refuse these calls from here on; return whether the kernel does it.

    Raises: OSError where it should and does not.
    """
    if not known():
        return False
    code = b"".join(struct.pack("=HBBI", *each) for each in program(platform.machine()))
    text = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("@HP", len(code) // 8, ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, filter_, 0, 0)):
        words = [ctypes.c_ulong(each) if isinstance(each, int) else each for each in arguments]
        if libc.prctl(*words):
            raise OSError(ctypes.get_errno(), "seccomp: the kernel refuses the filter")
    return True


def program(machine: str) -> list[Instruction]:
    """Return the filter for a kind of processor.

    >>> program("x86_64")[0]
    (32, 0, 0, 4)
    """
    numbers = _NUMBERS[machine]
    made: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, numbers.architecture),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _FOREIGN),
        (_RETURN, 0, 0, _REFUSE),
    ]
    for number in numbers.refused:
        made += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    made += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _UNKNOWN)]
    made += _without_commands(numbers.fcntl, _FCNTL_REFUSED)
    made += _without_commands(numbers.ioctl, _IOCTL_REFUSED)
    made += [(_EQUAL, 0, 4, numbers.clone), (_LOAD, 0, 0, _FIRST), (_ANY_BIT, 1, 0, _THREAD)]
    made += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return [*made, *_own_limits_read_only(numbers.prlimit), (_RETURN, 0, 0, _ALLOW)]


def _without_commands(call: int, refused: tuple[int, ...]) -> list[Instruction]:
    """A call whose second argument, a command, may not be one of these; with any other it is allowed."""
    made = [(_LOAD, 0, 0, _SECOND)]
    for command in refused:
        made += [(_EQUAL, 0, 1, command), (_RETURN, 0, 0, _REFUSE)]
    made.append((_RETURN, 0, 0, _ALLOW))
    return [(_EQUAL, 0, len(made), call), *made]


def _own_limits_read_only(prlimit: int) -> list[Instruction]:
    """Only one's own limits, and only to read them: the process is 0, and so is the place of new limits."""
    return [
        (_EQUAL, 0, 8, prlimit),
        (_LOAD, 0, 0, _FIRST),
        (_EQUAL, 0, 4, 0),
        (_LOAD, 0, 0, _THIRD),
        (_EQUAL, 0, 2, 0),
        (_LOAD, 0, 0, _THIRD_HIGH),
        (_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
