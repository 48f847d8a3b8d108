"""The engines beside Chromium that the site is tested in: where they are, and what is said where one is not.

`python -m tests.site.engines.finding` prints the packages of Debian that are lacking; it needs Python alone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob


@dataclass(frozen=True)
class Program:
    """A program of the machine. `names`: on PATH, or patterns of whole paths; `package`: Debian's."""

    called: str
    names: Sequence[str]
    package: str
    variable: str = ""

    def found(self) -> str:
        """Where it is, or nothing. One that is named in its variable comes first."""
        if named := os.environ.get(self.variable or "-"):
            return shutil.which(named) or ""
        places = (shutil.which(name) or next(iter(sorted(glob(name))), "") for name in self.names)
        return next(filter(None, places), "")

    def needed(self) -> str:
        """Where it is. Raises: FileNotFoundError where it is not."""
        if found := self.found():
            return found
        raise FileNotFoundError(f"no {self.called}")


FIREFOX = Program(
    "Firefox",
    ("firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"),
    "firefox-esr",
    "FIREFOX",
)
WEBKIT = Program("WebKitGTK's driver", ("WebKitWebDriver",), "webkit2gtk-driver")
MINI_BROWSER = Program(
    "WebKitGTK's MiniBrowser",
    ("/usr/lib*/webkit*gtk-*/MiniBrowser", "/usr/lib*/*/webkit*gtk-*/MiniBrowser"),
    "webkit2gtk-driver",
)
XVFB = Program("Xvfb", ("Xvfb",), "xvfb")

OF_FIREFOX = (FIREFOX,)
OF_WEBKIT = (WEBKIT, MINI_BROWSER, XVFB)


def lack_of(programs: Sequence[Program]) -> str:
    """What of these is not here and how to get it, in a line; or nothing."""
    lacking = [each for each in programs if not each.found()]
    if not lacking:
        return ""
    packages = " ".join(dict.fromkeys(each.package for each in lacking))
    named = "".join(f" (or name one in {each.variable})" for each in lacking if each.variable)
    how = (
        f"apt-get install {packages}" if shutil.which("apt-get") else f"install what Debian calls {packages}"
    )
    return f"no {', no '.join(each.called for each in lacking)}. To get it: {how}{named}"


if __name__ == "__main__":
    every = dict.fromkeys(each.package for each in (*OF_FIREFOX, *OF_WEBKIT) if not each.found())
    print(*every)
