"""`ovlearn list`: the derivations of the course; `ovlearn derive`: one of them, written out."""

from __future__ import annotations

from collections.abc import Callable

import click
from rich.console import Console
from rich.table import Table

import ovlearn as ov
from ovlearn.commands.options import bad_usage, network_options
from ovlearn.commands.terminal import json_text

_WRITERS: dict[str, Callable[[ov.Derivation], str]] = {
    "text": ov.Derivation.text,
    "latex": ov.Derivation.latex,
    "markdown": ov.Derivation.markdown,
    "json": lambda derivation: json_text(derivation.as_data()),
}


@click.command("list")
def list_command() -> None:
    """List the derivations, in course order."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for slug, title in ov.derivations().items():
        table.add_row(f"[bold]{slug}[/bold]", title)
    Console().print(table)


@click.command("derive")
@click.argument("slug")
@network_options
@click.option(
    "--format",
    "style",
    type=click.Choice(list(_WRITERS)),
    default="text",
    show_default=True,
    help="How to write it; latex is the chain alone, the others add its lemmas.",
)
def derive_command(slug: str, layers: int, heads: int, layer: int | None, head: int, style: str) -> None:
    """Derive SLUG, one of those that `ovlearn list` shows."""
    with bad_usage():
        derivation = ov.derive(slug, layers=layers, heads=heads, layer=layer, head=head)
    click.echo(_WRITERS[style](derivation))
