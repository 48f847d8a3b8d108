"""`ovlearn read`: the heads of a model in words, of the zoo, of a folder or of a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import click
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ovlearn import atlas
from ovlearn.atlas.words import words_of
from ovlearn.commands.options import bad_usage
from ovlearn.commands.terminal import progress_bar
from ovlearn.commands.zoo import fetched
from ovlearn.numeric import Transformer, checkpoints, reading, zoo
from ovlearn.numeric.checkpoints.fetching import SHIPPED
from ovlearn.numeric.reading.circuitrows import Basis
from ovlearn.numeric.zoo import excerpt

_NETWORKS = tuple(name for name in zoo.names() if name != excerpt.NAME)  # of which all heads are there
_STRONGEST = 12  # rows that are shown where no word is named


@click.command("read")
@click.argument("what")
@click.option("--head", "place", metavar="LAYER.HEAD", help="The head to read, as 25.2; counted from 0.")
@click.option("--word", "words", multiple=True, help="A word it looks at, spaces and all; may be repeated.")
@click.option("-k", "count", type=click.IntRange(1, 100), default=8, show_default=True, help="Words a row.")
@click.option("--basis", type=click.Choice(get_args(Basis)), default="embedding", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write an atlas of all heads into this folder.")
@click.option(
    "--text", "texts", multiple=True, help="A text on which the atlas shows heads; may be repeated."
)
def read_command(
    what: str,
    place: str | None,
    words: tuple[str, ...],
    count: int,
    basis: Any,
    out: Path | None,
    texts: tuple[str, ...],
) -> None:
    """Read the heads of WHAT: a model of the zoo, smollm2, a Hugging Face folder, or a .gguf file.

    Without --head, all heads by what they do. With it, the rows of that head's OV circuit for each --word, or
    its strongest rows. A row says which words' logits the head would raise and lower most where it looks at a
    word, by its weights alone. Beside it stands how wide the row spreads, and how wide the rows of random
    heads do: a row that spreads no wider than those has nothing to say.

    With --out, an atlas: a folder with a page for each head, to open from disk. What was interrupted goes on
    where it stopped when the same command is given again.
    """
    _agree(place, words, out, texts)
    model = opened(what)
    with bad_usage():
        if out is not None:
            _write_atlas(model, out, what, texts)
        elif place is None:
            _show_heads(model)
        else:
            _show_rows(model, *head_of(place, model), words, count, basis)


def _agree(place: str | None, words: tuple[str, ...], out: Path | None, texts: tuple[str, ...]) -> None:
    """Refuse options that do not go together."""
    if words and place is None:
        raise click.UsageError("--word: expected --head beside it, got none")
    if place is not None and out is not None:
        raise click.UsageError("--head: expected none beside --out, which writes all heads")
    if texts and out is None:
        raise click.UsageError("--text: expected --out beside it, got none")


def _write_atlas(model: Transformer, out: Path, what: str, texts: tuple[str, ...]) -> None:
    name, about = _introduced(what)
    with progress_bar(model.config.n_layers * model.config.n_heads) as move:
        try:
            first = atlas.write(
                model, out, name, texts or None, about=about, done=lambda head: move(f"head {head}")
            )
        except atlas.AtlasError as error:
            raise click.UsageError(str(error).replace("folder", "--out", 1)) from None
        except OSError as error:
            raise click.ClickException(f"--out: {error.strerror}: {str(out)!r}") from None
    click.echo(first)


def _introduced(what: str) -> tuple[str, str]:
    """What a model is called, and where it comes from."""
    if what in _NETWORKS:
        return what, zoo.card(what).provenance
    if what in SHIPPED:
        return SHIPPED[what].title, SHIPPED[what].says
    return Path(what).name.removesuffix(".gguf"), ""


def opened(what: str) -> Transformer:
    """Return the model that a word or a path names; a shipped one is fetched if need be."""
    if what in _NETWORKS:
        return zoo.load(what)
    if what not in SHIPPED and not Path(what).expanduser().exists():
        known = ", ".join((*_NETWORKS, *SHIPPED))
        expected = f"one of {known}, a folder with config.json, or a .gguf file"
        raise click.UsageError(f"WHAT: expected {expected}, got {what!r}")
    try:
        with bad_usage():
            return checkpoints.load(fetched(what) if what in SHIPPED else what)
    except (FileNotFoundError, ImportError) as error:
        raise click.ClickException(str(error)) from None


def head_of(place: str, model: Transformer) -> tuple[int, int]:
    """Return the layer and the head that a place such as 25.2 names.

    Raises ValueError for another form, and for a head that does not exist.
    """
    layers, heads = model.config.n_layers, model.config.n_heads
    found = re.fullmatch(r"(\d+)\.(\d+)", place)
    if not found or int(found[1]) >= layers or int(found[2]) >= heads:
        expected = f"LAYER.HEAD from 0.0 to {layers - 1}.{heads - 1}"
        raise ValueError(f"--head: expected {expected}, got {place!r}")
    return int(found[1]), int(found[2])


def _show_heads(model: Transformer) -> None:
    """The heads with the largest scores, by each measure."""
    measures = reading.measured(model)
    table = Table(box=None, pad_edge=False)
    for name in measures:
        table.add_column(name)
    columns = [_largest(scores) for scores in measures.values()]
    for row in zip(*columns, strict=True):
        table.add_row(*row)
    told = "the strongest heads by each measure; attention on random tokens that are said twice"
    Console().print(told, table)


def _largest(scores: Any) -> list[str]:
    """The heads with the largest scores, falling."""
    flat = np.nan_to_num(scores.ravel(), nan=-2)
    places = [np.unravel_index(at, scores.shape) for at in np.argsort(-flat, kind="stable")[:_STRONGEST]]
    return [f"{layer}.{head}  {_number(scores[layer, head])}" for layer, head in places]


def _number(score: float) -> str:
    """A score with its sign; a dash where there is none, as of 0/0."""
    return "–" if np.isnan(score) else f"{score:+.2f}"


def _show_rows(
    model: Transformer, layer: int, head: int, words: tuple[str, ...], count: int, basis: Basis
) -> None:
    tokenizer = model.tokenizer
    if words and tokenizer is None:
        raise ValueError("--word: expected a model with a tokenizer, got one without")
    most = min(count, model.config.d_vocab)
    if words:
        ids = np.array([tokenizer.id_of(word) for word in words])
    else:
        ids = reading.strongest(model, layer, head, min(_STRONGEST, model.config.d_vocab), basis=basis)
    found = reading.rows(model, layer, head, ids, most, basis=basis)
    table = Table("looks at", "spread", "random heads", "raises", "lowers", box=None, pad_edge=False)
    for at in range(len(ids)):
        raised, lowered = (_said(part[at], model) for part in (found.raised, found.lowered))
        table.add_row(
            _said(ids[at : at + 1], model),
            f"{found.spread[at]:.1f}",
            f"{found.noise[at]:.1f}",
            raised,
            lowered,
        )
    Console().print(f"head {layer}.{head}, rows of W_E W_OV W_U (from the {basis})", table)


def _said(ids: Any, model: Transformer) -> str:
    """Words with their spaces shown, or ids where there are no words."""
    return escape("  ".join(words_of(model, ids)))
