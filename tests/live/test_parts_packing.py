"""The same content gives the same bytes, and what was made before is taken only if it is whole."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from live.parts.packing import in_archive, squeezed, zipped


def test_an_archive_depends_on_its_files_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    one = squeezed(zipped({"a": b"1", "b/c": b"2"}))
    monkeypatch.setattr(time, "time", lambda: 2e9)
    assert squeezed(zipped({"b/c": b"2", "a": b"1"})) == one
    assert squeezed(zipped({"b/c": b"2", "a": b"3"})) != one


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    files = {"a": b"1", "b/c": bytes(range(256))}
    (tmp_path / "x.zip").write_bytes(gzip.decompress(squeezed(zipped(files))))
    assert in_archive(tmp_path / "x.zip") == files
