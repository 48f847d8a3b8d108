"""The session in a Python that has what a page has, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import mpmath
import numpy
import sympy

from live.parts.bytecode import packed
from live.parts.contents import of_the_project
from ovlearn.exercises.sets import COMPILED
from tests.live.building import ROOT

# `-S` leaves the environment's libraries out; those that a page has are linked into the folder.
CODE = """
import json
from ovlearn_live.bridge import Bridge

sent = []
bridge = Bridge(sent.append, lambda *_: '{"html": "<b>set</b>"}')
while bridge.prepare():
    pass
derive = "import ovlearn as ov; ov.derive('ov-fold')"
bridge.hear(json.dumps({"kind": "run", "id": 1, "cell": 4, "code": derive}))
assert "<b>set</b>" in sent[0] and '"error": null' in sent[0], sent[0]
answer = "ov_matrix = lambda W_V, W_O: W_V @ W_O"
bridge.hear(json.dumps({"kind": "check", "id": 2, "cell": "x", "exercise": "ov_matrix", "code": answer}))
assert '"status": "passed"' in sent[1], sent[1]
"""


def test_it_needs_nothing_else(tmp_path: Path) -> None:
    for name, data in of_the_project(ROOT).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(packed(data) if name.endswith(COMPILED) else data)
    for library in (numpy, sympy, mpmath):
        (tmp_path / library.__name__).symlink_to(Path(library.__file__).parent)
    libraries = Path(numpy.__file__).parents[1] / "numpy.libs"
    if libraries.exists():
        (tmp_path / "numpy.libs").symlink_to(libraries)
    command = [sys.executable, "-S", "-c", CODE]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
