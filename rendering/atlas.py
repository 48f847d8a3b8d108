"""The atlas of SmolLM2 for the site: made beside the build, and kept until the package changes."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ovlearn.numeric.checkpoints.fetching import SHIPPED, here
from rendering.messages import RenderError, tell
from rendering.store import digest, of_files

MODEL = "smollm2"
PLACE = f"atlas/{MODEL}"
_INPUTS = ("atlas", "commands/read.py", "numeric", "plots")  # of the package
# Where a reader may begin; tests/numeric/test_smollm2.py holds what is said of them.
_HEADS = {
    "25.2": "Pronouns: the row of `they` raises *their* and *themselves*, and on “They said they would do it "
    "by” the head does.",
    "27.5": "Pronouns again: the row of `she` raises *she*, *her* and *herself*. Rows of nouns are noise.",
    "27.7": "Closes brackets: the row of `(` raises *)*.",
    "26.6": "Closes brackets too, and its row does not know it: the cosine at `(` is negative.",
    "29.2": "Copies what it looks at: copying score 1.",
    "29.0": "Does the opposite in the same layer: copying score −1.",
    "18.6": "Induction: on random tokens that are said twice, it looks at what came next the first time.",
    "11.1": "Looks at the token just before.",
    "23.4": "Moves *Paris* from `France`. Its row of `France` does not say so.",
}


@dataclass(frozen=True)
class Atlas:
    """An atlas that is there, or is being made in a process of its own."""

    folder: Path
    making: subprocess.Popen[str] | None = None

    def files(self) -> dict[str, bytes]:
        """Return the pages by their place in the site, once they are there.

        Raises: RenderError where they could not be made.
        """
        if self.making is not None:
            _, told = self.making.communicate()
            if self.making.returncode:
                raise RenderError(f"the atlas of {MODEL} could not be made: {told.strip()}")
        pages = sorted(self.folder.rglob("*.html")) + [
            self.folder / f"atlas.{kind}" for kind in ("css", "js")
        ]
        return {f"{PLACE}/{page.relative_to(self.folder).as_posix()}": page.read_bytes() for page in pages}


def begun(package: Path, cache: Path) -> Atlas | None:
    """Begin to make the atlas, unless it is there; return None, and say so, where the model is not."""
    if here(MODEL) is None:
        tell(f"there is no {MODEL} here, so the site has no atlas of it")
        return None
    key = digest([SHIPPED[MODEL].sha256, of_files(*(package / part for part in _INPUTS))])
    folder = cache / f"atlas-{key[:16]}"
    for other in set(cache.glob("atlas-*")) - {folder}:
        shutil.rmtree(other, ignore_errors=True)
    if (folder / "index.html").exists():  # it is written last
        return Atlas(folder)
    tell(f"making the atlas of {MODEL} beside all else")
    making = _start([sys.executable, "-m", "ovlearn", "read", MODEL, "--out", str(folder)], package.parent)
    return Atlas(folder, making)


def _start(command: list[str], folder: Path) -> subprocess.Popen[str]:
    """A process of its own, which ends with the build at the latest."""
    making = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        cwd=folder,
    )
    atexit.register(making.kill)
    return making


def fragments(atlas: Atlas | None) -> dict[str, str]:
    """Return the way into the atlas, or how to make one, and heads to begin with, as Markdown."""
    lines = [f"| {_named(head, atlas)} | {says} |" for head, says in _HEADS.items()]
    table = "\n".join(("| head | what it does |", "| --- | --- |", *lines))
    return {"atlas": _entrance(atlas), "atlas_heads": table}


def _entrance(atlas: Atlas | None) -> str:
    if atlas is None:
        return (
            "This copy of the site was built where SmolLM2 could not be had, so the atlas is not here. "
            f"`ovlearn read {MODEL} --out atlas` makes it."
        )
    return f'<a class="md-button md-button--primary" href="{MODEL}/index.html">Open the atlas</a>'


def _named(head: str, atlas: Atlas | None) -> str:
    return head if atlas is None else f'<a href="{MODEL}/heads/{head}.html">{head}</a>'
