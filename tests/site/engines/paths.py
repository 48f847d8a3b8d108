"""Where the sessions keep what they need and what they found."""

from __future__ import annotations

from pathlib import Path

BUILD = Path(__file__).parents[3] / "build" / "engines"
