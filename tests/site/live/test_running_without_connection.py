"""After one visit on which Python ran, cells run and exercises are checked without a connection."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from rendering.offline import write_offline
from tests.site.built import ADDRESS, launched
from tests.site.changing import EXERCISES, LESSON, Site, changing, cut, kept
from tests.site.live.using import cell, exercise, press, says, write
from tests.site.watching import Watched


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with changing(tmp_path_factory.mktemp("changing") / "site") as server:
        yield server


@pytest.fixture(scope="module")
def browser(changed: Site) -> Iterator[Browser]:
    with launched(changed.server_port) as started:
        yield started


@pytest.fixture
def page(browser: Browser, changed: Site) -> Iterator[Page]:
    """A page on which nothing may go wrong."""
    changed.fresh()
    with Watched(browser, width=1280, scheme="light", kept=True) as watched:
        yield watched.page
    assert watched.wrong == []


def runs(page: Page) -> None:
    page.goto(ADDRESS + LESSON)
    press(cell(page, 1), "Run")
    says(cell(page, 1), "^Done in ")


def checks(page: Page) -> None:
    page.goto(ADDRESS + EXERCISES)
    answer = exercise(page, "ov_matrix")
    write(answer, "def ov_matrix(W_V, W_O):\n    return W_V @ W_O")
    press(answer, "Check")
    says(answer, "^✓ ov_matrix")


def kept_after_running(page: Page, *, instead: str = "") -> str:
    """Wait until both pages are kept, and the scripts that Run loads, of one version; return its name."""
    files = [f"{LESSON}index.html", f"{EXERCISES}index.html", *page.evaluate(SCRIPTS)]
    return [kept(page, file, instead=instead) for file in files][-1]


# What the site's manifest says of the editor and the frame.
SCRIPTS = """async () => Object.keys((await (await fetch("/offline.json")).json()).files)
  .filter(file => /^live\\/(page|frame)\\./.test(file))"""


def test_a_lesson_that_was_run_and_an_exercise_that_was_opened(page: Page, changed: Site) -> None:
    runs(page)
    page.goto(ADDRESS + EXERCISES)  # and no more
    kept_after_running(page)
    cut(page, changed)
    page.reload()
    checks(page)
    runs(page)
    page.reload()
    runs(page)


def test_a_changed_python_comes_with_the_site_that_it_belongs_to(page: Page, changed: Site) -> None:
    runs(page)
    page.goto(ADDRESS + EXERCISES)
    before = kept_after_running(page)
    old = parts(page)
    new = repacked(changed.folder, "ovlearn")
    page.goto(ADDRESS + EXERCISES)
    kept_after_running(page, instead=before)
    cut(page, changed)
    checks(page)
    runs(page)
    assert [part for part in parts(page) if part not in old] == [new]
    assert len(parts(page)) == len(old)  # and the old one is gone


def parts(page: Page) -> list[str]:
    """The parts of Python that the browser keeps."""
    kept = "caches.open('ovlearn-live').then(store => store.keys())"
    found = page.evaluate(f"{kept}.then(all => all.map(each => new URL(each.url).pathname))")
    return [str(each).removeprefix("/live/") for each in found]


def repacked(site: Path, part: str) -> str:
    """Change a part of Python in a site, and each name that has a hash of it; return the part's new name."""
    (old,) = (site / "live").glob(f"{part}.*.bin")
    data = gzip.compress(gzip.decompress(old.read_bytes()), 1, mtime=0)
    entry = next(each for each in lock(site)["parts"].values() if each["file"] == old.name)
    new = renamed(old, data)
    (script,) = (site / "live").glob("page.*.js")
    (loader,) = (site / "live").glob("loader.*.js")
    text = script.read_text(encoding="utf-8").replace(old.name, new.name)
    text = text.replace(entry["sha256"], hashlib.sha256(data).hexdigest())
    text = re.sub(
        rf'bytes"?:{entry["bytes"]}\b',
        lambda found: found[0].replace(str(entry["bytes"]), str(len(data))),
        text,
    )
    editor = renamed(script, text.encode())
    begin = renamed(loader, loader.read_text(encoding="utf-8").replace(script.name, editor.name).encode())
    for page in site.rglob("*.html"):
        page.write_text(page.read_text(encoding="utf-8").replace(loader.name, begin.name), encoding="utf-8")
    write_offline(site)
    return new.name


def renamed(file: Path, data: bytes) -> Path:
    """Put other content in the place of a file whose name has its hash."""
    name = re.sub(r"[0-9a-f]{10}", hashlib.sha256(data).hexdigest()[:10], file.name)
    file.unlink()
    file.with_name(name).write_bytes(data)
    return file.with_name(name)


def lock(site: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((site / "live" / "lock.json").read_text(encoding="utf-8"))
    return found
