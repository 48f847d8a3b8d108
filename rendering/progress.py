"""What is happening, for whoever waits."""

from __future__ import annotations

import logging
import time

LOG = logging.getLogger("rendering")
_STARTED = time.monotonic()


def tell(what: str) -> None:
    """Log a line, after the seconds since the start."""
    LOG.info("%3.0f s  %s", time.monotonic() - _STARTED, what)
