"""Messages between a grader and a worker: JSON with its length before it. Nothing in them is ever run."""

from __future__ import annotations

import json
import selectors
import socket
import struct
import time
from typing import Any

_LENGTH = struct.Struct(">I")
_LONGEST = 64 * 2**20  # bytes of one message


class ChannelError(Exception):
    """The other side is gone, or sent what is no message."""


class Channel:
    """Both ends of a connected socket speak through one of these."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def send(self, message: Any, seconds: float | None = None) -> None:
        """Send a message.

        Raises: TimeoutError where the other side does not take it within so many seconds; ChannelError where
        it is gone.
        """
        body = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
        try:
            self.connection.settimeout(seconds)
            self.connection.sendall(_LENGTH.pack(len(body)) + body)
        except TimeoutError:
            raise
        except OSError as error:
            raise ChannelError(str(error)) from None

    def receive(self, seconds: float | None = None) -> Any:
        """Return the next message.

        Raises: TimeoutError after so many seconds; ChannelError where none can come, or it is none.
        """
        until = None if seconds is None else time.monotonic() + seconds
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, until))
        if length > _LONGEST:
            raise ChannelError(f"a message of {length:,} bytes")
        try:
            return json.loads(self._read(length, until))
        except (ValueError, RecursionError):
            raise ChannelError("what came is no message") from None

    def waits(self, seconds: float) -> bool:
        """Tell whether something comes within so many seconds, be it the end of the other side."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def close(self) -> None:
        """Close this end."""
        self.connection.close()

    def _read(self, count: int, until: float | None) -> bytes:
        parts = []
        while count:
            part = self._some(count, until)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _some(self, count: int, until: float | None) -> bytes:
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        try:
            self.connection.settimeout(left)
            part = self.connection.recv(min(count, 2**20))
        except TimeoutError:
            raise
        except OSError as error:
            raise ChannelError(str(error)) from None
        if not part:
            raise ChannelError("the other side is gone")
        return part
