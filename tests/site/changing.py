"""A copy of the site that changes, is cut off and fails half-way, as a test says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from rendering.offline import write_offline
from tests.site.built import ADDRESS, SITE, Threads, answering

LESSON, NEXT, EXERCISES = (
    "lessons/05_freeze_the_attention/",
    "lessons/06_every_path/",
    "exercises/04_values_and_outputs_fold/",
)
# The version of a page, of its style sheet and of its script, as a reader's browser has them.
_SEEN = """() => [
  document.querySelector("meta[name=version]")?.content,
  getComputedStyle(document.documentElement).getPropertyValue("--version"),
  String(window.version),
]"""
# The worker's cache, once there is one alone, which is whole, has a file, and is not the one named.
_KEPT = """async ([file, not, patience]) => {
  const has = async (name, path) => !!await (await caches.open(name)).match(name.split(" ")[1] + path);
  for (const end = Date.now() + patience; Date.now() < end; await new Promise(done => setTimeout(done, 50))) {
    const names = (await caches.keys()).filter(name => name.startsWith("ovlearn-offline "));
    const [name] = names;
    if (names.length !== 1 || name === not) continue;
    if (await has(name, "offline.json") && await has(name, file)) return name;
  }
  throw new Error(`${file} is not kept: ${await caches.keys()}`);
}"""


class Site(Threads):
    """Serves `folder` below `base`. `down`: no answer to anything; `missing`: names that end in an error."""

    base: str
    down: bool
    missing: set[str]
    caching: str
    asked: list[str]

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder

    @property
    def address(self) -> str:
        return ADDRESS.rstrip("/") + self.base

    def fresh(self, base: str = "/") -> None:
        """Be version 1, whole and up."""
        self.base, self.down, self.missing, self.caching, self.asked = base, False, set(), "no-cache", []
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(SITE, self.folder, ignore=shutil.ignore_patterns("atlas", "*.ipynb", "*.map"))
        self.publish(1)

    def publish(self, version: int) -> None:
        """Change to another version, which pages, a style sheet and a script show."""
        for page in ("", LESSON, NEXT, EXERCISES):
            self._change(f"{page}index.html", "<head>", f'<head><meta name="version" content="{version}">')
        self._change("theme/site.css", "", f":root {{ --version: {version} }}\n")
        self._change("theme/site.js", "", f"window.version = {version};\n")
        write_offline(self.folder, self.base)

    def _change(self, name: str, old: str, new: str) -> None:
        text = (SITE / name).read_text(encoding="utf-8")
        (self.folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


class _Handler(SimpleHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].removeprefix(self.server.base)
        self.server.asked.append(name)
        if self.server.down:
            self.close_connection = True
        elif not self.path.startswith(self.server.base):
            self._outside()
        elif name in self.server.missing:
            self.send_error(500)
        else:
            del self.headers["If-Modified-Since"]  # which knows seconds alone
            self.directory = str(self.server.folder)
            self.path = f"/{name}"
            super().do_GET()

    def _outside(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"outside")

    def end_headers(self) -> None:
        self.send_header("Cache-Control", self.server.caching)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def changing(folder: Path) -> Iterator[Site]:
    """A server of its own, at a free port; `fresh` puts the site there."""
    with answering(Site(folder)) as server:
        yield server


def cut(page: Page, site: Site, off: bool = True) -> None:
    """Cut the network, or mend it: the browser knows of it, and the server does not answer."""
    site.down = off
    page.context.set_offline(off)


def kept(page: Page, file: str, *, instead: str = "", patience: int = 60_000) -> str:
    """Wait until the browser keeps a file in the one version that it has, not `instead`; return its name."""
    return str(page.evaluate(_KEPT, [file, instead, patience]))


def seen(page: Page) -> list[str]:
    """Version of the page, of its style sheet and of its script."""
    return [str(each) for each in page.evaluate(_SEEN)]
