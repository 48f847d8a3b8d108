"""Where the wheels come from, each held against its hash."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import NamedTuple

from rendering.assets import NODE_MODULES, require
from rendering.messages import RenderError

PYODIDE = NODE_MODULES / "pyodide"
WHEELS = Path(__file__).with_name("wheels.txt")
_SECONDS = 10
_LINE = re.compile(r"^(\w+)==(\S+) --hash=sha256:(\w+)$", re.MULTILINE)
# Pyodide's loader gets packages from here, where a page lets it.
_ORIGIN = re.compile(r"`(https?://[^`]*?)\$\{[\w.]*version\}([^`]*)`")


class NotToBeHad(Exception):
    """A part that neither this machine nor its origin gives; its text says which, in a line."""


class Pin(NamedTuple):
    """A wheel: its name, or how that begins, and its hash."""

    name: str
    sha256: str


def numpy_wheel(kept: Path) -> Path:
    """Return numpy's wheel for the page: from the folder that OVLEARN_WHEELS names, or from its origin.

    Its hash is the one that npm's package of Pyodide states. `kept`: a folder for what was fetched.

    Raises: NotToBeHad where there is none, RenderError for one with another hash.
    """
    entry = json.loads(_npm("pyodide-lock.json"))["packages"]["numpy"]
    pin = Pin(entry["file_name"], entry["sha256"])
    folder = os.environ.get("OVLEARN_WHEELS")
    if folder and (file := Path(folder, pin.name)).is_file():
        _verify(pin, file.read_bytes())
        return file
    return _whole(pin, kept) or _fetched(pin, kept)


def python_wheels(kept: Path, pins: Path = WHEELS) -> list[Path]:
    """Return the wheels that are pinned, in that order: from `kept`, or by pip into it.

    Raises: NotToBeHad where pip cannot get them, RenderError for one with another hash.
    """
    lines = _LINE.findall(pins.read_text(encoding="utf-8"))
    wanted = [Pin(f"{name}-{version}-", sha256) for name, version, sha256 in lines]
    if not all(_whole(pin, kept) for pin in wanted):
        _download(pins, kept)
    return [file for pin in wanted if (file := _whole(pin, kept))]


def _verify(pin: Pin, data: bytes) -> None:
    got = hashlib.sha256(data).hexdigest()
    if got != pin.sha256:
        raise RenderError(f"{pin.name}: expected a file with the sha256 {pin.sha256}, got {got}")


def _whole(pin: Pin, folder: Path) -> Path | None:
    """The wheel as it was fetched before; a file that was cut short since is none."""
    files = folder.glob(f"{pin.name}*")
    return next((file for file in files if hashlib.sha256(file.read_bytes()).hexdigest() == pin.sha256), None)


def _fetched(pin: Pin, kept: Path) -> Path:
    """The wheel from where Pyodide itself would get it."""
    try:
        with urllib.request.urlopen(_origin() + pin.name, timeout=_SECONDS) as answer:
            data = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise NotToBeHad(
            f"no live cells: {pin.name} could not be fetched ({getattr(error, 'reason', error)}). "
            "Put it into a folder, and name the folder in OVLEARN_WHEELS"
        ) from None
    _verify(pin, data)
    kept.mkdir(parents=True, exist_ok=True)
    (kept / pin.name).write_bytes(data)
    return kept / pin.name


def _origin() -> str:
    """The address of the official distribution, as npm's package has it."""
    found = _ORIGIN.search(_npm("pyodide.mjs"))
    if not found:
        raise RenderError("pyodide.mjs does not say where packages are: see live/parts/pins.py")
    return f"{found[1]}{json.loads(_npm('package.json'))['version']}{found[2]}"


def _download(pins: Path, kept: Path) -> None:
    """Have pip fetch what is pinned; it refuses other hashes too."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += ["--require-hashes", "--requirement", str(pins), "--dest", str(kept)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "DO NOT MATCH THE HASHES" in done.stderr:
        raise RenderError(f"pip got other files than {pins.name} pins:\n{done.stderr.strip()}")
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")] or [""]
        raise NotToBeHad(f"no live cells: pip could not get what {pins.name} pins ({said[-1][7:]})")


def _npm(name: str) -> str:
    return require(PYODIDE / name).read_text(encoding="utf-8")
