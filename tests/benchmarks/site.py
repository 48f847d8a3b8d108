"""The site: how long it takes to build, what a lesson weighs, and what Lighthouse says of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.auditing import CATEGORIES, best
from tests.benchmarks.building import Copy, differing, pages
from tests.benchmarks.hosting import Host, compressed, hosted
from tests.benchmarks.loading import Loaded, load
from tests.benchmarks.measuring import Promise, fastest, seconds, shown
from tests.rendering.counting import LESSONS, LINES, WORDS, lines, prose, words
from tests.site.browser.wanting import lack
from tests.site.built import ADDRESS, launched

PHONE, WIDE = 390, 1280
AUDITED = ("", "lessons/07_the_ov_circuit/")
CHANGED = "03_one_attention_head"  # the one that takes longest


def promises() -> Iterator[Promise]:
    """Each figure as soon as it is measured."""
    if reason := lack():
        raise SystemExit(f"the site is not measured: {reason}")
    with tempfile.TemporaryDirectory(prefix="ovlearn-") as folder:
        copy = Copy(Path(folder, "one"))
        yield from story()
        yield from built(copy, Copy(Path(folder, "other")))
        yield from read(copy.site)
        yield from rebuilt(copy)


def story() -> Iterator[Promise]:
    """How much there is to read."""
    read = {path.stem: words(prose(path)) for path in LESSONS}
    seen = {path.stem: lines(path) for path in LESSONS}
    for what, counted, limit in (("words", read, WORDS), ("visible lines of code", seen, LINES)):
        most = max(counted, key=counted.__getitem__)
        longest = f"{most}: {counted[most]:,}"
        yield Promise(f"lessons, {what}", longest, "–", sum(counted.values()), limit)


def built(copy: Copy, other: Copy) -> Iterator[Promise]:
    """Two builds from nothing, in two places; the atlas of SmolLM2 is a minute of one core in each."""
    first, second = (seconds(each.build, repeats=1) for each in (copy, other))
    yield Promise("site, cold, seconds", f"{shown(first)}, {shown(second)}", "–", max(first, second), 100)
    ours, theirs = pages(copy.site), pages(other.site)
    wrong = differing(ours, theirs)
    yield Promise(
        "pages that two cold builds make differently",
        f"first {wrong[0]}" if wrong else f"{len(ours)} pages",
        "–",
        len(wrong),
        0,
    )


def rebuilt(copy: Copy) -> Iterator[Promise]:
    """Builds that know what came out last time, of all lessons and of all but one."""
    numbers = iter(range(100))

    def change() -> None:
        copy.change(CHANGED, f"changed = {next(numbers)}")

    taken = fastest(copy.build, repeats=3)
    yield Promise("site, warm, seconds", shown(taken), "–", taken, 8)
    taken = fastest(copy.build, repeats=3, before=change)
    yield Promise(f"site, {CHANGED} changed, seconds", shown(taken), "–", taken, 10)


def read(site: Path) -> Iterator[Promise]:
    """The lessons as a reader's browser gets them."""
    lessons = sorted(file.parent.relative_to(site).as_posix() for file in site.glob("lessons/*/index.html"))
    texts = {lesson: len(compressed(site / lesson / "index.html")) for lesson in lessons}
    longest = max(texts, key=texts.__getitem__)
    yield Promise("HTML of a lesson in gzip, kB", longest, "–", texts[longest] / 1e3, 60)
    with hosted(site) as host:
        loaded = every(lessons, host)
        heaviest = max(loaded, key=lambda each: each.bytes)
        restless = max(loaded, key=lambda each: each.shift)
        yield Promise("a lesson over the wire, kB", heaviest.name, "–", heaviest.bytes / 1e3, 350)
        yield once(heaviest.name, host)
        yield Promise("layout shift", f"{restless.name}, {restless.width} px", "–", restless.shift, 0.02)
        for page in AUDITED:
            yield from audited(page, host.server_port)


def every(lessons: list[str], host: Host) -> list[Loaded]:
    """Every lesson, on a phone and on a wide screen."""
    with launched(host.server_port) as browser:
        return [
            load(browser, f"{ADDRESS}{name}/", host, name=name, width=width)
            for name in lessons
            for width in (PHONE, WIDE)
        ]


def once(lesson: str, host: Host) -> Promise:
    """What the service worker adds to the first page of a visit."""
    with launched(host.server_port) as browser:
        without, kept = (
            load(browser, f"{ADDRESS}{lesson}/", host, name=lesson, width=WIDE, kept=kept)
            for kept in (False, True)
        )
    return Promise(
        "what reading offline adds to a first page, kB", lesson, "–", (kept.bytes - without.bytes) / 1e3, 40
    )


def audited(page: str, port: int) -> Iterator[Promise]:
    """Lighthouse's points, and what keeps each from being 100."""
    for device, fast in (("desktop", 95), ("mobile", 85)):
        scores = best(page, port, desktop=device == "desktop")
        for name in CATEGORIES:
            limit = fast if name == "performance" else 100
            yield Promise(
                f"Lighthouse, {device}, {page or 'home'}: {name}",
                scores[name].lacking or "–",
                "–",
                scores[name].points,
                limit,
                at_least=True,
            )
