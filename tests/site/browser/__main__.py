"""`python -m tests.site.browser`: say which browser the site is tested in; install one where there is none.

Where none can be had it says how to get one; that is a failure in CI alone.
"""

from __future__ import annotations

import sys

from live.parts import in_ci
from tests.site.browser.finding import NotThere, folder, found
from tests.site.browser.installing import NotToBeHad, install
from tests.site.browser.wanting import advice


def main() -> int:
    """Return the exit status."""
    try:
        if not found():
            print("there is no Chromium or Chrome here: installing one below build/", flush=True)
            install(folder())
            found.cache_clear()
        browser = found()
    except NotThere as error:
        print(error, file=sys.stderr)
        return 1
    except NotToBeHad as error:
        print(f"no browser: {error}. To get one: {advice()}", file=sys.stderr)
        return 1 if in_ci() else 0
    print(f"the site is tested in {browser.version}, {browser.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
