"""Python in the page: how soon it answers, what it loads, and what it adds to a page at first."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from functools import partial
from gzip import compress
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page

from ovlearn.exercises.sets import files
from ovlearn.exercises.sources import source_of
from tests.benchmarks import bare
from tests.benchmarks.building import Copy
from tests.benchmarks.hosting import Host, compressed, hosted
from tests.benchmarks.measuring import Promise, shown
from tests.site.browser.wanting import lack
from tests.site.built import ADDRESS, ROOT, launched
from tests.site.live.using import seconds_until

LESSON = "lessons/03_one_attention_head"
ROUNDS = 3
PHONE = {"width": 390, "height": 844}

# Imports all of it, lazy modules too, with numpy and sympy.
CODE = """import numpy, sympy
import ovlearn as ov
ov.derive, ov.verify, ov.Transformer, ov.circuits
print(ov.Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))"""

KEEP = """([page, cell, code]) =>
  localStorage.setItem(`ovlearn:edits:/${page}`, JSON.stringify({ [cell]: { code } }))"""


def promises() -> Iterator[Promise]:
    """Each figure as soon as it is measured."""
    if reason := lack():
        raise SystemExit(f"the page is not measured: {reason}")
    with tempfile.TemporaryDirectory(prefix="ovlearn-") as folder:
        copy, peer = Copy(Path(folder, "copy")), Path(folder, "bare")
        copy.build()
        if not (copy.site / "live").is_dir():
            raise SystemExit(
                "the site was built without live cells: name numpy's wheel's folder in OVLEARN_WHEELS"
            )
        peer.mkdir()
        bare.put(peer, ROOT / "build" / "live")
        with hosted(copy.site) as site, hosted(peer) as other:
            yield from started(site, other)
            yield from checked(site)
        yield from at_first(copy.site)


def started(site: Host, other: Host) -> Iterator[Promise]:
    """From the click to the first output, in turns with the bare runtime; each in a browser of its own."""
    ours, theirs, wires = [], [], []
    for _ in range(ROUNDS):
        theirs.append(fresh(other, partial(bare.seconds, address=ADDRESS)))
        took, bytes_sent = fresh(site, partial(first_output, host=site))
        ours.append(took)
        wires.append(bytes_sent)
    best, peer = min(ours), min(theirs)
    yield Promise("page, click to first output ÷ bare runtime", shown(best), shown(peer), best / peer, 1.2)
    yield Promise("page, loaded at the first click, MB", "all of it", "–", max(wires) / 1e6, 18)


def first_output(page: Page, host: Host) -> tuple[float, int]:
    """The seconds to the first output of a page that nobody has been to, and the bytes that it cost."""
    page.goto(f"{ADDRESS}{LESSON}/")
    page.evaluate(KEEP, [LESSON, 2, CODE])
    page.reload(wait_until="networkidle")
    before = len(host.sent)
    took = seconds_until(page, ".ov-cell[data-cell='1']", "Run", "^Done in ")
    return took, sum(host.sent[before:])


def checked(site: Host) -> Iterator[Promise]:
    """Every exercise's solution, checked once Python is there."""
    taken = fresh(site, checks)
    slowest = max(taken, key=taken.__getitem__)
    yield Promise("page, Check once loaded, seconds", slowest, "–", taken[slowest], 0.5)
    yield Promise("page, Check, median", f"{len(taken)} exercises", "–", median(taken.values()), None)


def checks(page: Page) -> dict[str, float]:
    """The seconds that each check takes."""
    taken = {}
    for name in files():
        page.goto(f"{ADDRESS}exercises/{name}/")
        exercises = source_of(name).exercises
        seconds_until(page, cell_of(exercises[0].name), "Check", "not attempted")
        for one in exercises:
            editor, cell = page.locator(f"{cell_of(one.name)} .cm-content"), cell_of(one.name)
            if not editor.count():
                page.locator(f"{cell} .ov-button", has_text="Edit").click()
            editor.focus()
            page.keyboard.press("Control+A")
            page.keyboard.insert_text(one.solution)
            taken[one.name] = seconds_until(page, cell, "Check", f"^✓ {one.name}")
    return taken


def cell_of(exercise: str) -> str:
    """The selector of an exercise's cell."""
    return f".ov-cell[data-exercise='{exercise}']"


def at_first(site: Path) -> Iterator[Promise]:
    """What live cells add to the first view of a page, in gzip: the loader, its style, and marks."""
    added = {page: more(site, page) for page in (LESSON, f"exercises/{next(iter(files()))}")}
    most = max(added, key=added.__getitem__)
    yield Promise("page, added to the first view, kB", most, "–", added[most] / 1e3, 10)


def more(site: Path, page: str) -> int:
    """The bytes that live cells add to a page at its first view."""
    html = (site / page / "index.html").read_text(encoding="utf-8")
    (loader,) = (site / "live").glob("loader.*.js")
    cells = re.findall(r'<div class="ov-cell"[^>]*>', html)
    assert cells, f"{page} has no cells"
    plain = re.sub(r'<div class="ov-(?:cell|progress)"[^>]*>|<[^>]*/live[./][^>]*>', "", html)
    plain = plain.replace("</div>", "", len(cells))
    marks = len(compress(html.encode(), 6, mtime=0)) - len(compress(plain.encode(), 6, mtime=0))
    return marks + len(compressed(loader)) + len(compressed(site / "theme" / "live.css"))


def fresh(host: Host, measure: Any) -> Any:
    """What is measured on a page of a browser that knows nothing yet."""
    with launched(host.server_port) as browser:
        return measure(browser.new_page(viewport=PHONE))
