"""The manifest of a site, and its service worker."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from rendering.offline import write_offline

PAGE = """<link rel="stylesheet" href="../../theme/site.css"><link rel="canonical" href="https://else.where/x/">
<script src="../../theme/a.js?1"></script><script>fonts("../../f/a.woff2")</script>
<script id="__config" type="application/json">{}</script>
<a href="../x.ipynb">notebook</a><a href="../y/">next</a><img src=../../gone.png>"""
FILES = {
    "index.html": "<p>home",
    "404.html": "<p>gone",
    "lessons/x/index.html": PAGE,
    "lessons/x.cells.json": '{"models": ["a-model"]}',
    "lessons/y/index.html": '<script src="/below/theme/a.js"></script>',
    "lessons/x.ipynb": "{}",
    "theme/site.css": "p {}",
    "theme/a.js": "a()",
    "theme/b.js": "b()",
    "f/a.woff2": "font",
    "search/search_index.json": "{}",
    "live/frame.0123456789.html": "<script>",
    "live/numpy.0123456789.bin": "numpy",
    "live/models/a-model.0123456789.bin": "weights",
    "live/models/a-model-text.0123456789.bin": "text",
    "live/lock.json": "{}",
}


def made(folder: Path, **changed: str) -> dict[str, Any]:
    for name, text in (FILES | changed).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    write_offline(folder, "/below/")
    found: dict[str, Any] = json.loads((folder / "offline.json").read_text(encoding="utf-8"))
    return found


def needs(manifest: dict[str, Any]) -> dict[str, list[str]]:
    names = list(manifest["files"])
    return {page: [names[number] for number in numbers] for page, numbers in manifest["needs"].items()}


def test_it_tells_every_file_that_a_reader_meets(tmp_path: Path) -> None:
    assert set(FILES) - set(made(tmp_path)["files"]) == {"404.html", "lessons/x.ipynb", "live/lock.json"}


def test_it_tells_what_a_page_needs(tmp_path: Path) -> None:
    assert needs(made(tmp_path)) == {
        "index.html": [],
        "lessons/x/index.html": [
            "f/a.woff2",
            "lessons/x.cells.json",
            "live/models/a-model.0123456789.bin",
            "search/search_index.json",
            "theme/a.js",
            "theme/b.js",
            "theme/site.css",
        ],
        "lessons/y/index.html": ["theme/a.js"],
    }


def test_the_worker_has_the_version_and_any_change_is_another(tmp_path: Path) -> None:
    first = made(tmp_path / "one")
    worker = (tmp_path / "one" / "offline-worker.js").read_text(encoding="utf-8")
    assert worker.count(first["version"]) == 1
    assert made(tmp_path / "one") == made(tmp_path / "two") == first  # and its own files are not in it
    other = made(tmp_path / "three", **{"theme/b.js": "c()"})
    assert other["version"] != first["version"]
    assert {name for name in FILES if other["files"].get(name) != first["files"].get(name)} == {"theme/b.js"}


def test_the_worker_is_small(tmp_path: Path) -> None:
    made(tmp_path)
    assert len(gzip.compress((tmp_path / "offline-worker.js").read_bytes())) <= 3_000
