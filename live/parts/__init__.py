"""The parts of Python in the page: one build step makes, from pinned and hashed parts, what a page loads.

Each part is in gzip, whatever a host does, under a name that holds a part of its hash. The lock, which is
compiled into the page's script, has the hash of each such file. Unpacked, a part is

| part | from | how live/js/frame/boot.js mounts it |
| --- | --- | --- |
| `pyodide.js`, `pyodide.asm.js` | npm | run as scripts, in this order |
| `pyodide.asm.wasm` | npm | compiled while it is unpacked |
| `stdlib` | npm | a zip, what Pyodide's loader calls python_stdlib.zip: Python imports from it as it is |
| `numpy` | Pyodide's own wheel | a zip, its files written into site-packages: libraries must be files |
| `sympy` | PyPI, with mpmath | likewise |
| `ovlearn` | this project | likewise, and its checks are looked for in folders |
| `katex.js` | npm | run as a script: `typeset(tex, display)` makes HTML of TeX |

The zips are not compressed inside: gzip over all of one is smaller, browsers undo it outside of Python, and
each file is then a view into the part. They hold a `.pyc` in the place of a module, compiled by the CPython
of the page (npm's standard library is not), and no source: nothing needs one but `inspect.getsource`, and the
lines of a traceback that are not the reader's own. Docstrings stay in numpy, whose import needs them, and in
ovlearn; in sympy and the standard library they would be a seventh of the download.

The zoo's models are files of their own, below models/: a page fetches those that it uses.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from live.parts.bundles import bundled
from live.parts.contents import contents, models
from live.parts.packing import named
from live.parts.pins import NotToBeHad
from rendering.messages import RenderError
from rendering.store import Store

FOLDER = "live"


@dataclass(frozen=True)
class PageParts:
    """Files by their place in the site, and where the script is that every page loads.

    `absent`: why there are no live cells, in a line; then there is nothing else.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    loader: str = ""
    absent: str = ""


def parts(root: Path, store: Store | None = None) -> PageParts:
    """Return what the site needs for live cells. What was made before is taken from `store`, build/live.

    Raises: RenderError where a part is not what its hash says, and, in CI, where one is not to be had.
    """
    store = store or Store(root / "build" / "live")
    try:
        made = {name: named(name, data) for name, data in contents(root, store).items()}
    except NotToBeHad as lack:
        if in_ci():
            raise RenderError(str(lack)) from None
        return PageParts(absent=str(lack))
    zoo = {name: named(f"models/{name}", data) for name, data in models(root).items()}
    groups = {"parts": made, "models": zoo}
    lock = {kind: {name: each.told for name, each in group.items()} for kind, group in groups.items()}
    scripts = bundled(root, lock, store)
    files = {each.file: each.data for group in groups.values() for each in group.values()}
    files |= scripts.files | {"lock.json": json.dumps(lock, indent=1, sort_keys=True).encode()}
    return PageParts(
        {f"{FOLDER}/{place}": data for place, data in files.items()}, f"{FOLDER}/{scripts.loader}"
    )


def in_ci() -> bool:
    """Whether this runs unwatched (`CI` is set, and not to a no): then what is lacking is a failure."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false", "no")


__all__ = ["PageParts", "in_ci", "parts"]
