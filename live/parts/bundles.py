"""The scripts as browsers load them, by esbuild."""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from live.parts.packing import named
from rendering.assets import NODE_MODULES
from rendering.messages import RenderError
from rendering.scripts import built
from rendering.store import Store, digest, of_files

_SCRIPT, _HASH = "/*script*/", "/*hash*/"  # what stands for them in frame.html


@dataclass(frozen=True)
class Scripts:
    """Files by their place below live/, and the name of the one that every page loads."""

    files: dict[str, bytes]
    loader: str


def bundled(root: Path, lock: Mapping[str, Any], store: Store) -> Scripts:
    """Return the loader, the page's script with the lock in it, and the frame with its scripts in it.

    Each knows the name of the next: the loader that of the page's script, that one the frame's, and the frame
    has the worker's script in it.

    Raises: RenderError where a script is wrong, with what esbuild says.
    """
    js = root / "live" / "js"
    told = json.dumps(lock, sort_keys=True)
    tools = (Path(__file__), root / "rendering" / "scripts.py", NODE_MODULES.parent / "package-lock.json")
    key = digest([of_files(js, *tools), told])
    kept = store.kept("scripts", key, lambda: json.dumps(_made(js, told)).encode())
    frame, page, loader = json.loads(kept)
    files = {name: text.encode() for name, text in (frame, page, loader)}
    return Scripts(files, loader[0])


def _made(js: Path, lock: str) -> list[tuple[str, str]]:
    """Name and text of the frame, of the page's script, and of the loader."""
    worker = built(js / "frame" / "worker.js", "iife")
    script = built(js / "frame" / "frame.js", "iife", _defined("OVLEARN_WORKER", worker))
    frame = _named(
        "frame", ".html", _framed((js / "frame" / "frame.html").read_text(encoding="utf-8"), script)
    )
    with tempfile.TemporaryDirectory() as folder:
        data = {"ovlearn-lock": lock, "ovlearn-frame": json.dumps(frame[0])}
        for name, text in data.items():
            Path(folder, f"{name}.json").write_text(text, encoding="utf-8")
        aliases = [f"--alias:{name}={folder}/{name}.json" for name in data]
        page = _named("page", ".js", built(js / "page" / "main.js", "esm", *aliases))
    loader = built(js / "loader.js", "iife", _defined("OVLEARN_BUNDLE", page[0]))
    return [frame, page, _named("loader", ".js", loader)]


def _framed(html: str, script: str) -> str:
    """The frame with its script in it, and with that script's hash in the policy.

    Nothing in a string may end or comment out the element.
    """
    inside = script.replace("</script", r"<\/script").replace("<!--", r"<\!--")
    for mark in (_SCRIPT, _HASH):
        if html.count(mark) != 1:
            raise RenderError(f"frame.html: expected one {mark}, got {html.count(mark)}")
    seal = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
    return html.replace(_HASH, f"sha256-{seal}").replace(_SCRIPT, inside)


def _named(name: str, ending: str, text: str) -> tuple[str, str]:
    return named(name, text.encode(), ending).file, text


def _defined(name: str, value: str) -> str:
    return f"--define:{name}={json.dumps(value)}"
