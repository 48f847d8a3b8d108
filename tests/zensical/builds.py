"""Where the two builds are; `make test-zensical` makes them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
WITH_MKDOCS, WITH_ZENSICAL = ROOT / "build" / "test-site", ROOT / "build" / "test-site-zensical"
WRITTEN = ROOT / "build" / "zensical"  # what Zensical built its site from
LOSSES = ROOT / "docs" / "contributing" / "zensical.md"
