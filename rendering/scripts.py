"""A script as browsers load it, by esbuild."""

from __future__ import annotations

import subprocess
from pathlib import Path

from rendering.assets import NODE_MODULES, require
from rendering.messages import RenderError


def built(entry: Path, form: str, *options: str) -> str:
    """Return a script with all that it imports, made small. `form`: "iife" or "esm".

    Raises: RenderError where it is wrong, with what esbuild says.
    """
    # npm installs the one for this machine; esbuild's own script starts it, and adds a trace to what it says
    program = next(NODE_MODULES.glob("@esbuild/*/bin/esbuild"), NODE_MODULES / "@esbuild" / "esbuild")
    command: list[str | Path] = [
        require(program),
        entry,
        "--bundle",
        "--minify",
        f"--format={form}",
        *options,
    ]
    command += ["--target=es2022", "--charset=utf8", "--log-level=error"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RenderError(f"{entry.name}: {done.stderr.strip()}")
    return str(done.stdout)
