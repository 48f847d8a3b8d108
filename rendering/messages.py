"""What a build says: how far it is, and what stops it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

LOG = logging.getLogger("rendering")
_STARTED = time.monotonic()


class RenderError(Exception):
    """A lesson, an equation or an asset that cannot be shown; its text says where and why."""

    @classmethod
    def of(cls, problems: Iterable[str]) -> RenderError:
        """Return one error for several problems, each told once."""
        return cls("\n".join(dict.fromkeys(problems)))


def tell(what: str) -> None:
    """Log a line, after the seconds since the start."""
    LOG.info("%3.0f s  %s", time.monotonic() - _STARTED, what)
