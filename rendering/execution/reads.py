"""What a lesson read of the package: a change of anything else does not run it again."""

from __future__ import annotations

from pathlib import Path

from rendering.store import digest

# What stands for all of the package: a process that starts others may read any of it.
ALL = "*"

# Runs in the kernel. Python tells a hook of each file that it opens and each folder that it lists; it lists
# those in which it looks for modules. Where it opens what it compiled before, the module itself counts.
_RECORDER = f"""
import os, sys
from importlib.util import source_from_cache

STARTS = "subprocess.Popen os.fork os.forkpty os.posix_spawn os.spawn os.exec os.system".split()
READS = "open os.listdir os.scandir".split()

def hear(event, arguments):
    if event in STARTS:
        found.add({ALL!r})
    elif event in READS and isinstance(arguments[0], (str, bytes, os.PathLike)):
        place = os.path.abspath(os.fsdecode(arguments[0]))
        if (place + "/").startswith(root + "/"):
            add(place, "" if event == "open" else "/")

def add(place, end):
    if "__pycache__" in place:
        try:
            place = source_from_cache(place)
        except ValueError:  # one that is being written
            return
    found.add(os.path.relpath(place, root) + end)

sys.addaudithook(hear)
"""


def setup(package: Path) -> str:
    """Return code that begins to record, and leaves no name behind."""
    names = f"dict(root={str(package.resolve())!r}, found=__import__('sys').ovlearn_reads)"
    return f"__import__('sys').ovlearn_reads = set()\nexec({_RECORDER!r}, {names})\n"


# An expression for what was read so far: places below the package, those of folders with a / at their end.
READ = "'\\n'.join(sorted(__import__('sys').ovlearn_reads)) or '-'"


def state(package: Path) -> dict[str, str]:
    """Return a digest for each place that can be read: of a file its content, of a folder what is in it."""
    found: dict[str, str] = {}
    for place in [package, *sorted(package.rglob("*"))]:
        if "__pycache__" in place.parts:
            continue
        name = place.relative_to(package).as_posix()
        if place.is_file():
            found[name] = digest([place.read_bytes()])
        elif place.is_dir():
            found[f"{name}/"] = digest(sorted({each.name for each in place.iterdir()} - {"__pycache__"}))
    return {**found, ALL: digest(part for item in sorted(found.items()) for part in item)}
