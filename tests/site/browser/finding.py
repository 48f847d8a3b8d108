"""Where a Chromium or Chrome that runs is, if there is one."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PINS = Path(__file__).with_name("package-lock.json")
VARIABLE = "CHROMIUM"

# shells first: what has no windows has less to do, and sets pages alike
NAMES = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
# where they are though no PATH leads there
PLACES = (
    "/usr/bin",
    "/usr/local/bin",
    "/snap/bin",
    "/usr/lib/chromium",
    "/usr/lib/chromium-browser",
    "/opt/google/chrome",
    "/opt/chromium",
)
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
FONTS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/X11/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
)

_VERSION = re.compile(r"\b\d+\.\d+\.\d+\.\d+\b")


class NotThere(Exception):
    """There is no browser, or CHROMIUM names something that is none; the text says so, in a line."""


@dataclass(frozen=True)
class Chromium:
    """A browser that runs here. `variables`: what it needs in its environment beside what is there."""

    path: str
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment to start it in."""
        return {**os.environ, **self.variables}

    @property
    def version(self) -> str:
        """What it says of itself; nothing where it does not run, as of a script that stands in for a snap."""
        command = [self.path, "--version"]
        try:
            done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip() if done.returncode == 0 and _VERSION.search(done.stdout) else ""


@cache
def found() -> Chromium | None:
    """The first that runs: the one that CHROMIUM names, one of the machine, or one that was installed here.

    Raises: NotThere where CHROMIUM names something that does not run.
    """
    if named := os.environ.get(VARIABLE):
        browser = Chromium(shutil.which(named) or named)
        if not browser.version:
            raise NotThere(
                f"{VARIABLE} names {named}, which is no browser that runs here: name another, or none"
            )
        return browser
    candidates = (*map(Chromium, of_the_machine()), *installed(folder()))
    return next((each for each in candidates if each.version), None)


def of_the_machine() -> Iterator[str]:
    """Every file that could be one: by its name on PATH, then in the usual places."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *PLACES])
    found = (shutil.which(name, path=path) for name in NAMES)
    yield from (each for each in (*found, *map(shutil.which, APPLICATIONS)) if each)


def folder() -> Path:
    """Where the pinned one is installed: another pin is another folder."""
    return ROOT / "build" / "browser" / hashlib.sha256(PINS.read_bytes()).hexdigest()[:12]


def installed(folder: Path) -> Iterator[Chromium]:
    """What was installed there, in the environments that it may need: its own libraries come second.

    The file `path`, which is written last, says where in the folder it is.
    """
    try:
        path = folder / (folder / "path").read_text(encoding="utf-8").strip()
    except OSError:
        return
    variables = {} if has_fonts() else {"FONTCONFIG_FILE": str(folder / "fonts.conf")}
    yield Chromium(str(path), variables)
    before = os.environ.get("LD_LIBRARY_PATH")
    libraries = os.pathsep.join(filter(None, (str(folder / "lib"), before)))
    yield Chromium(str(path), {**variables, "LD_LIBRARY_PATH": libraries})


def has_fonts() -> bool:
    """Whether the machine has a font, and a configuration by which it is found."""
    folders = (Path(place).expanduser() for place in FONTS)
    fonts = (file for place in folders for file in place.rglob("*.[ot]t[fc]"))
    return Path("/etc/fonts/fonts.conf").is_file() and any(fonts)
