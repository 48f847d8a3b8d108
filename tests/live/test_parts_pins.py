"""Wheels come from a folder or from their origin, and only with the hash that is pinned."""

from __future__ import annotations

import hashlib
import json
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from live.parts import PageParts, parts, pins
from live.parts.pins import NotToBeHad, numpy_wheel, python_wheels
from rendering import RenderError
from rendering.store import Store
from tests.live.building import ROOT

NAME, WHEEL = "numpy-9.whl", b"a wheel of numpy"


class Origin:
    """A distribution at a port of this machine, and an npm package of Pyodide that names it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder / "v1.2" / "full"
        self.folder.mkdir(parents=True)
        self.npm = folder / "npm"
        self.npm.mkdir()
        sha256 = hashlib.sha256(WHEEL).hexdigest()
        packages = {"packages": {"numpy": {"file_name": NAME, "sha256": sha256}}}
        (self.npm / "pyodide-lock.json").write_text(json.dumps(packages))
        (self.npm / "package.json").write_text('{"version": "1.2"}')
        (self.npm / "pyodide.mjs").write_text(f"set(`http://127.0.0.1:{port}/v${{d.version}}/full/`)")

    def has(self, data: bytes) -> None:
        (self.folder / NAME).write_bytes(data)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    folder = tmp_path / "origin"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        made = Origin(folder, server.server_port)
        monkeypatch.setattr(pins, "PYODIDE", made.npm)
        monkeypatch.delenv("OVLEARN_WHEELS", raising=False)
        yield made
        server.shutdown()
        thread.join()


def test_it_is_fetched_once_from_the_origin_that_npm_names(origin: Origin, tmp_path: Path) -> None:
    origin.has(WHEEL)
    assert numpy_wheel(tmp_path / "kept").read_bytes() == WHEEL
    (origin.folder / NAME).unlink()
    assert numpy_wheel(tmp_path / "kept").read_bytes() == WHEEL


def test_npm_names_an_origin() -> None:
    assert pins._origin().startswith("https://")
    assert pins._origin().endswith("/full/")
    assert "$" not in pins._origin()


def test_another_file_from_the_origin_is_refused_and_not_kept(origin: Origin, tmp_path: Path) -> None:
    origin.has(b"planted")
    with pytest.raises(RenderError, match=rf"{NAME}: expected a file with the sha256 \w+, got"):
        numpy_wheel(tmp_path)
    assert not (tmp_path / NAME).exists()


def test_a_kept_file_that_was_cut_short_is_fetched_anew(origin: Origin, tmp_path: Path) -> None:
    origin.has(WHEEL)
    (tmp_path / NAME).write_bytes(WHEEL[:5])
    assert numpy_wheel(tmp_path).read_bytes() == WHEEL


def test_a_folder_that_is_named_comes_first(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).write_bytes(WHEEL)
    monkeypatch.setenv("OVLEARN_WHEELS", str(tmp_path))
    assert numpy_wheel(tmp_path / "kept") == tmp_path / NAME
    (tmp_path / NAME).write_bytes(b"planted")
    with pytest.raises(RenderError, match=f"{NAME}: expected a file with the sha256"):
        numpy_wheel(tmp_path / "kept")


def test_where_it_cannot_be_had_the_site_has_no_live_cells_and_says_why(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    made = parts(ROOT, Store(tmp_path / "kept"))
    assert made == PageParts(absent=made.absent)
    assert made.absent.startswith(f"no live cells: {NAME} could not be fetched")
    assert "OVLEARN_WHEELS" in made.absent
    assert "\n" not in made.absent


def test_in_ci_that_stops_the_build(origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(RenderError, match="no live cells"):
        parts(ROOT, Store(tmp_path / "kept"))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which pip finds one wheel, and nothing anywhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", "")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def pinned(folder: Path, name: str, sha256: str) -> Path:
    file = folder / "wheels.txt"
    file.write_text(f"{name}==1.0 --hash=sha256:{sha256}\n")
    return file


def test_pip_gets_what_is_pinned_once(index: Path, tmp_path: Path) -> None:
    (wheel,) = index.iterdir()
    file = pinned(tmp_path, "tiny", hashlib.sha256(wheel.read_bytes()).hexdigest())
    kept = tmp_path / "kept"
    assert python_wheels(kept, file) == [kept / wheel.name]
    wheel.unlink()
    assert python_wheels(kept, file) == [kept / wheel.name]


def test_pip_refuses_another_file(index: Path, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"(?s)other files than wheels.txt pins.*tiny"):
        python_wheels(tmp_path / "kept", pinned(tmp_path, "tiny", "0" * 64))


def test_what_pip_cannot_get_is_not_to_be_had(index: Path, tmp_path: Path) -> None:
    with pytest.raises(NotToBeHad, match=r"^no live cells: pip could not get .*missing==1.0.*$"):
        python_wheels(tmp_path / "kept", pinned(tmp_path, "missing", "0" * 64))
