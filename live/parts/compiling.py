"""Python compiled before it is shipped: a browser would take seconds to do it, at each visit."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from live.parts.packing import in_archive, node, zipped
from live.parts.pins import PYODIDE
from ovlearn.exercises.sets import COMPILED
from rendering.messages import RenderError

_HERE = Path(__file__).parent
# What decides the outcome, beside the files.
COMPILER = (*(_HERE / name for name in ("bytecode.mjs", "bytecode.py", "compiling.py", "packing.py")),)
_COMPILED = (".py", COMPILED)


def compiled(files: Mapping[str, bytes], *, docstrings: bool) -> dict[str, bytes]:
    """Return files, each module as the `.pyc` that the page's own Python makes of it, in the module's place.

    A process compiles one part: what else it compiled before would change some bytes.

    Raises: RenderError where a module is wrong, with what was said.
    """
    modules = {name: data for name, data in files.items() if name.endswith(_COMPILED)}
    with tempfile.TemporaryDirectory() as folder:
        sources, made = Path(folder) / "in.zip", Path(folder) / "out.zip"
        sources.write_bytes(zipped(modules))
        command: list[str | Path] = [node(), _HERE / "bytecode.mjs", PYODIDE, sources, made]
        command.append("with" if docstrings else "without")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RenderError(f"Python could not be compiled for the page: {_last(done.stderr)}")
        return {name: data for name, data in files.items() if name not in modules} | in_archive(made)


def _last(text: str) -> str:
    """What a traceback ends with."""
    return "\n".join(text.strip().splitlines()[-4:])
