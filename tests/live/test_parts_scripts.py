"""The scripts know each other by names that hold a hash, and the lock is in the page's."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from live.parts.bundles import bundled
from rendering import RenderError
from rendering.store import Store

SCRIPTS = {
    "loader.js": "console.log(OVLEARN_BUNDLE);",
    "page/main.js": """
        import lock from "ovlearn-lock"; import frame from "ovlearn-frame";
        console.log(lock, frame);
    """,
    "frame/frame.html": "script-src '/*hash*/' <script>/*script*/</script>",
    "frame/frame.js": "new Worker(OVLEARN_WORKER);",
    "frame/worker.js": 'console.log("worker </script> <!-- here");',
}
LOCK = {"parts": {"numpy": {"file": "numpy.1.bin"}}}


def project(folder: Path, **changed: str) -> Path:
    for place, text in (SCRIPTS | changed).items():
        file = folder / "live" / "js" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def made(root: Path, lock: dict[str, object] | None = None) -> tuple[dict[str, bytes], str]:
    scripts = bundled(root, lock or LOCK, Store(root / "kept"))
    return {name.partition(".")[0]: data for name, data in scripts.files.items()}, scripts.loader


def test_each_knows_the_next(tmp_path: Path) -> None:
    scripts = bundled(project(tmp_path), LOCK, Store(tmp_path / "kept"))
    frame, page, loader = scripts.files
    assert loader == scripts.loader
    assert page.encode() in scripts.files[loader]
    assert frame.encode() in scripts.files[page]
    assert b"numpy.1.bin" in scripts.files[page]
    assert b"worker" in scripts.files[frame]
    assert str(tmp_path).encode() not in b"".join(scripts.files.values())


def test_no_string_ends_the_script_of_the_frame(tmp_path: Path) -> None:
    frame = made(project(tmp_path))[0]["frame"]
    assert frame.count(b"</script") == 1
    assert b"<!--" not in frame


def test_a_change_anywhere_gives_new_names(tmp_path: Path) -> None:
    before = made(project(tmp_path))[1]
    assert made(project(tmp_path))[1] == before
    names = {
        before,
        made(project(tmp_path), {"parts": {}})[1],
        made(project(tmp_path, **{"frame/worker.js": "console.log();"}))[1],
        made(project(tmp_path, **{"page/main.js": SCRIPTS["page/main.js"] + "console.log();"}))[1],
    }
    assert len(names) == 4


def test_a_script_that_is_wrong_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"(?s)loader.js: .*Unexpected end of file"):
        made(project(tmp_path, **{"loader.js": "import("}))
    with pytest.raises(RenderError, match=r"expected one /\*script\*/, got 0"):
        made(project(tmp_path, **{"frame/frame.html": "/*hash*/ <script></script>"}))
    with pytest.raises(RenderError, match=r"expected one /\*hash\*/, got 0"):
        made(project(tmp_path, **{"frame/frame.html": "<script>/*script*/</script>"}))


def test_the_frames_policy_has_the_hash_of_its_script(tmp_path: Path) -> None:
    frame = made(project(tmp_path))[0]["frame"]
    inside = frame.partition(b"<script>")[2].removesuffix(b"</script>")
    seal = base64.b64encode(hashlib.sha256(inside).digest())
    assert b"script-src 'sha256-" + seal + b"'" in frame
