"""The folder of an atlas: its numbers are made head by head, and what was interrupted goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from hashlib import blake2b
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from ovlearn import __version__
from ovlearn.arguments import Head, complaint, instance_of
from ovlearn.atlas.headpages import head_page
from ovlearn.atlas.heads import HeadData, eigenvalues_of, head_data
from ovlearn.atlas.pages import first_page
from ovlearn.atlas.texts import Text, TextWords, known_texts, texts_of
from ovlearn.numeric import Transformer, reading
from ovlearn.plots.wording import name_of
from ovlearn.writing import write_whole

_CARD = "atlas.json"


class AtlasError(ValueError):
    """A folder that holds something else."""


def write(
    model: Transformer,
    folder: Path,
    name: str,
    texts: Sequence[str] | None = None,
    *,
    about: str = "",
    done: Callable[[str], object] = lambda head: None,
) -> Path:
    """Write an atlas of a model's heads, and return the path of its first page.

    texts: on which heads are shown; by default those of `TEXTS` that the model can read. about: where the
    model comes from, in a sentence. done: is told each head as its numbers stand. A folder in which the same
    atlas was begun is gone on with.

    Raises TypeError or ValueError for what is no model and for texts that it cannot read; AtlasError for a
    folder that holds anything else; OSError where it cannot be written.

    >>> import tempfile
    >>> from ovlearn.numeric import zoo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = write(zoo.load("copying"), Path(folder), "copying")
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['atlas.css', 'atlas.js', 'atlas.json', 'heads', 'index.html']
    """
    net = instance_of("model", model, Transformer)
    chosen = known_texts(net) if texts is None else tuple(texts)
    card = {"ovlearn": __version__, "name": name, "texts": list(chosen), "weights": _digest(net)}
    read = texts_of(net, chosen)
    _claim(folder, card)
    places = list(product(range(net.config.n_layers), range(net.config.n_heads)))
    for head in _made(net, folder, places, read):
        done(name_of(head))
    words = [text.as_data(net) for text in read]
    found = [_kept(_file(folder, head)) for head in places]
    _write_pages(folder, name, found, words)
    first = folder / "index.html"  # the last to be written: where it is, all is
    write_whole(first, first_page(name, about, found, words))
    return first


def _made(net: Transformer, folder: Path, places: Sequence[Head], texts: Sequence[Text]) -> Iterator[Head]:
    """Each head as its numbers stand: at once those that stood before, then the others as they are made."""
    missing = [head for head in places if not _file(folder, head).exists()]
    yield from (head for head in places if head not in missing)
    if not missing:
        return
    measures, eigenvalues = reading.measured(net), eigenvalues_of(net)
    for head in missing:
        data = head_data(net, head, texts, measures, eigenvalues)
        write_whole(_file(folder, head), json.dumps(data, ensure_ascii=False))
        yield head


def _write_pages(folder: Path, name: str, heads: Sequence[HeadData], texts: Sequence[TextWords]) -> None:
    """A page for each head, and what they share."""
    for sheet in ("atlas.css", "atlas.js"):
        write_whole(folder / sheet, (resources.files("ovlearn.atlas") / sheet).read_text("utf-8"))
    places = [one["head"] for one in heads]
    for one, ranks in zip(heads, _ranks(heads), strict=True):
        page = head_page(name, one, places, ranks, texts)
        write_whole(_file(folder, one["head"]).with_suffix(".html"), page)


def _kept(file: Path) -> HeadData:
    """The numbers of a head that stand in the folder."""
    found: HeadData = json.loads(file.read_text("utf-8"))
    found["head"] = (found["head"][0], found["head"][1])
    return found


def _ranks(heads: Sequence[HeadData]) -> Iterator[dict[str, int]]:
    """Each head's place by each measure, the largest first."""
    scores = {
        measure: np.array([_or_least(head["measures"][measure]) for head in heads])
        for measure in heads[0]["measures"]
    }
    for at in range(len(heads)):
        yield {measure: int((values > values[at]).sum()) + 1 for measure, values in scores.items()}


def _or_least(value: float | None) -> float:
    return -np.inf if value is None else value


def _file(folder: Path, head: Sequence[int]) -> Path:
    return folder / "heads" / f"{head[0]}.{head[1]}.json"


def _claim(folder: Path, card: dict[str, Any]) -> None:
    """Begin an atlas in a new or empty folder, or go on with this one."""
    begun = folder / _CARD
    if begun.is_file():
        if json.loads(begun.read_text("utf-8")) != card:
            found = "one with an atlas of another model, of other texts, or by another version"
            raise AtlasError(
                complaint("folder", "a new or empty one, or one in which this atlas was begun", found)
            )
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AtlasError(
            complaint("folder", "a new or empty one", f"{str(folder)!r}, which holds something else")
        )
    (folder / "heads").mkdir(parents=True, exist_ok=True)
    write_whole(begun, json.dumps(card, ensure_ascii=False, indent=2))


def _digest(model: Transformer) -> str:
    """What tells a model's weights from all others."""
    found = blake2b(digest_size=16)
    for field in fields(model):
        value = getattr(model, field.name)
        if isinstance(value, np.ndarray):
            found.update(f"{field.name}{value.shape}".encode())
            found.update(np.ascontiguousarray(value).data)
    return found.hexdigest()
