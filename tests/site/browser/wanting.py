"""The browser that is needed, and what is said where there is none.

`python -m tests.site.browser.wanting` says it too; it needs nothing but Python.
"""

from __future__ import annotations

import shutil
import sys

from tests.site.browser.finding import VARIABLE, Chromium, NotThere, found

_COMMANDS = {
    "apt-get": "apt-get install chromium",
    "dnf": "dnf install chromium",
    "apk": "apk add chromium",
    "pacman": "pacman -S chromium",
    "zypper": "zypper install chromium",
    "brew": "brew install --cask chromium",
}


def advice() -> str:
    """The command that installs one here."""
    known = (command for tool, command in _COMMANDS.items() if shutil.which(tool))
    return f"{next(known, 'install Chromium or Chrome')} (or name one in {VARIABLE})"


def lack() -> str:
    """Why nothing can be looked at in a browser, in a line; or nothing.

    Raises: NotThere where CHROMIUM names something that does not run.
    """
    return "" if found() else f"no browser. To get one: {advice()}"


def needed() -> Chromium:
    """The browser. Raises: NotThere where there is none."""
    if browser := found():
        return browser
    raise NotThere(lack())


if __name__ == "__main__":
    try:
        sys.exit(lack() or 0)
    except NotThere as error:
        sys.exit(str(error))
