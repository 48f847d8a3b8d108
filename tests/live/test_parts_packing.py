"""The same content gives the same bytes, and what was made before is taken only if it is whole."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from live.parts.packing import in_archive, squeezed, zipped
from rendering.store import Store


def test_an_archive_depends_on_its_files_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    one = squeezed(zipped({"a": b"1", "b/c": b"2"}))
    monkeypatch.setattr(time, "time", lambda: 2e9)
    assert squeezed(zipped({"b/c": b"2", "a": b"1"})) == one
    assert squeezed(zipped({"b/c": b"2", "a": b"3"})) != one


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    files = {"a": b"1", "b/c": bytes(range(256))}
    (tmp_path / "x.zip").write_bytes(gzip.decompress(squeezed(zipped(files))))
    assert in_archive(tmp_path / "x.zip") == files


class Maker:
    """Makes something, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> bytes:
        self.count += 1
        return b"made\n" + str(self.count).encode()


def test_what_was_made_is_kept_under_its_key(tmp_path: Path) -> None:
    store, make = Store(tmp_path / "new"), Maker()
    assert store.kept("x", "key", make) == store.kept("x", "key", make) == b"made\n1"
    assert store.kept("x", "other key", make) == b"made\n2"
    assert store.kept("y", "other key", make) == b"made\n3"
    assert sorted(file.name for file in store.folder.iterdir()) == ["x.part", "y.part"]


@pytest.mark.parametrize("spoilt", [b"", b"made\n1", b"0" * 64 + b"\nmade\n1"])
def test_a_file_that_is_not_as_it_was_written_is_none(tmp_path: Path, spoilt: bytes) -> None:
    store, make = Store(tmp_path), Maker()
    store.kept("x", "key", make)
    (file,) = tmp_path.iterdir()
    file.write_bytes(spoilt)
    assert store.kept("x", "key", make) == b"made\n2"
    file.write_bytes(file.read_bytes()[:-1])
    assert store.kept("x", "key", make) == b"made\n3"


def test_what_could_not_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        Store(tmp_path).kept("x", "key", lambda: bytes(1 // 0))
    assert list(tmp_path.iterdir()) == []
