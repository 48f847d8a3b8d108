"""Linux's capabilities: what root may do beyond a plain user. A worker that runs as root gives them up.

There is no library for it that is kept. See capabilities(7) and capset(2).
"""

from __future__ import annotations

import ctypes
import struct
import sys

_VERSION_3 = 0x20080522
_DROP_FROM_BOUNDING_SET = 24
_MOST = 64


def drop() -> None:
    """Give up every capability for good: the sets of this process, and what a program could gain again.

    Raises: OSError where the kernel refuses.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for number in range(_MOST):
        libc.prctl(_DROP_FROM_BOUNDING_SET, number, 0, 0, 0)  # refused to plain users, who have none to drop
    none = struct.pack("=6I", *[0] * 6)  # effective, permitted and inheritable, in two halves
    if libc.capset(struct.pack("=Ii", _VERSION_3, 0), none):
        raise OSError(ctypes.get_errno(), "capset: the kernel refuses to take capabilities away")
