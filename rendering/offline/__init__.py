"""What a service worker needs so that pages which were opened can be read without a connection.

`offline.json` is the manifest of one version of the site. `offline-worker.js` is the worker (worker.js beside
this), which holds every file that it keeps against the manifest. It keeps nothing that is only downloaded.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from rendering.runnable import place
from rendering.scripts import built
from rendering.store import digest

MANIFEST, WORKER, ABSENT = "offline.json", "offline-worker.js", "503.html"

_SOURCE = Path(__file__).with_name("worker.js")
_VERSION = "/*version*/"
_KEPT = {".bin", ".css", ".html", ".js", ".json", ".png", ".svg", ".woff2", ".xml"}
_NEVER = re.compile(rf"{MANIFEST}|{WORKER}|404\.html|live/lock\.json|assets/javascripts/lunr/.*")
# What the site's scripts load on the pages that they are on.
_BY_SCRIPTS = re.compile(
    r"exercises/sets\.json|search/search_index\.json|sitemap\.xml|assets/javascripts/workers/.*|theme/.*\.js"
)
_LOADED = re.compile(
    r"""<(?:script|link|img)\b[^>]*?\s(?:src|href)=["']?([^"'\s>]+)|["']([^"'\s]+\.woff2)["']"""
)
_SCRIPTED = 'id="__config"'


def write_offline(site: Path, base: str = "/") -> None:
    """Write the manifest of a site that is built, and its worker. `base`: the path under which it is served.

    Raises: RenderError where the worker's script is wrong.
    """
    files = {name: (site / name).read_bytes() for name in _names(site)}
    numbers = {name: number for number, name in enumerate(files)}
    needs = {
        page: sorted({numbers[name] for name in _needs(page, files, base)}) for page in files if is_page(page)
    }
    hashes = {name: hashlib.sha256(data).hexdigest()[:16] for name, data in files.items()}
    worker = built(_SOURCE, "iife")
    version = digest([worker, json.dumps([hashes, needs])])[:16]
    manifest = {"version": version, "files": hashes, "needs": needs}
    (site / MANIFEST).write_text(json.dumps(manifest, separators=(",", ":")), encoding="utf-8")
    (site / WORKER).write_text(worker.replace(_VERSION, version), encoding="utf-8")


def is_page(name: str) -> bool:
    """Whether a file is a page that one reads; the frame for Python is none.

    >>> is_page("lessons/03_x/index.html"), is_page("live/frame.0123456789.html")
    (True, False)
    """
    return name.endswith(".html") and not name.startswith("live/")


def _names(site: Path) -> list[str]:
    found = (file.relative_to(site).as_posix() for file in site.rglob("*") if file.suffix in _KEPT)
    return sorted(name for name in found if not _NEVER.fullmatch(name))


def _needs(page: str, files: dict[str, bytes], base: str) -> Iterator[str]:
    """What a page loads by its tags, what the site's scripts load on it, and what its cells need."""
    html = files[page].decode()
    for by_tag, font in _LOADED.findall(html):
        name = _named(by_tag or font, page, base)
        if name in files and not is_page(name):
            yield name
    if _SCRIPTED in html:
        yield from filter(_BY_SCRIPTS.fullmatch, files)
    cells = place(f"{page.removesuffix('/index.html')}.md")
    if cells in files:
        yield cells
        models = "|".join(map(re.escape, json.loads(files[cells]).get("models", [])))
        yield from filter(re.compile(rf"live/models/({models})\.\w+\.bin").fullmatch, files)


def _named(address: str, page: str, base: str) -> str:
    """The file of the site to which an address in a page leads."""
    bare = re.sub(r"[?#].*", "", address)
    if bare.startswith(base):
        return bare.removeprefix(base)
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), bare))
