"""The page's peer: Pyodide as it comes, with numpy's wheel and sympy precompiled, in an empty page."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from playwright.sync_api import Page

from live.parts.compiling import compiled
from live.parts.packing import in_archive
from live.parts.pins import PYODIDE, numpy_wheel, python_wheels

_NPM = ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
_WORKER = """
importScripts("pyodide.js");
self.onmessage = async () => {
  const wheels = ["numpy", "mpmath", "sympy"].map(async name => (await fetch(`${name}.zip`)).arrayBuffer());
  const python = await loadPyodide({ indexURL: "./" });
  for (const wheel of await Promise.all(wheels)) python.unpackArchive(wheel, "zip");
  postMessage(python.runPython("import numpy, sympy; str(sympy.Symbol('x') + int(numpy.ones(2).sum()))"));
};
"""
_CLICK = """() => new Promise((done, fail) => {
  const begun = performance.now(), worker = new Worker("worker.js");
  worker.onmessage = ({ data }) => data === "x + 2" ? done((performance.now() - begun) / 1000) : fail(data);
  worker.onerror = error => fail(error.message);
  worker.postMessage("go");
})"""


def put(folder: Path, kept: Path) -> None:
    """Write the page and all that it loads. `kept`: where wheels are, or come."""
    mpmath, sympy = python_wheels(kept)
    for name in _NPM:
        (folder / name).write_bytes((PYODIDE / name).read_bytes())
    (folder / "numpy.zip").write_bytes(numpy_wheel(kept).read_bytes())
    for name, wheel in (("mpmath", mpmath), ("sympy", sympy)):
        (folder / f"{name}.zip").write_bytes(_zipped(compiled(in_archive(wheel), docstrings=True)))
    (folder / "worker.js").write_text(_WORKER, encoding="utf-8")
    (folder / "index.html").write_text('<!doctype html><link rel="icon" href="data:,">', encoding="utf-8")


def seconds(page: Page, address: str) -> float:
    """How long it takes until numpy and sympy have computed something, from nothing."""
    page.goto(address)
    return float(page.evaluate(_CLICK))


def _zipped(files: dict[str, bytes]) -> bytes:
    """As a wheel is zipped."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return written.getvalue()
