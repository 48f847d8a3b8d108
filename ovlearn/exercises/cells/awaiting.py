"""A loop for `await` in a cell. It opens no socket and no file: it runs in the worker and in the page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

_LONGEST = 0.02  # seconds between two looks at what another thread may have left


class _Clock:
    """What a loop waits on while nothing is ready: time alone."""

    def __init__(self, is_ready: Callable[[], bool]) -> None:
        self._is_ready = is_ready

    def select(self, timeout: float | None = None) -> list[Any]:
        until = None if timeout is None else time.monotonic() + timeout
        while not self._is_ready() and (until is None or time.monotonic() < until):
            left = _LONGEST if until is None else until - time.monotonic()
            time.sleep(max(0.0, min(_LONGEST, left)))
        return []


class Loop(asyncio.BaseEventLoop):
    """An event loop for tasks, timers and threads.

    >>> loop = Loop()
    >>> loop.run_until_complete(asyncio.sleep(0, "done"))
    'done'
    >>> loop.close()
    """

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Clock(lambda: bool(self._ready))  # type: ignore[attr-defined]

    def __del__(self) -> None:
        if not self.is_closed():  # nothing is open: a cell's loop ends with the cells
            self.close()

    def _process_events(self, events: list[Any]) -> None:
        """Nothing comes from outside."""

    def _write_to_self(self) -> None:
        """What another thread adds is found at the next look."""


def finished(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return what a coroutine returns, also where another loop seems to run, as in the page."""
    outer = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return loop.run_until_complete(coroutine)
    finally:
        asyncio._set_running_loop(outer)


def install() -> None:
    """Let this process's new loops be such loops. For a process of ours, in which sockets are refused."""
    asyncio.events.new_event_loop = asyncio.new_event_loop = Loop
    asyncio.set_event_loop(Loop())
