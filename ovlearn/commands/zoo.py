"""`ovlearn zoo`: the models that come with the course, each with its card, measured now."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from ovlearn.numeric import zoo


@click.command("zoo")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def zoo_command(names: tuple[str, ...]) -> None:
    """Show the card of each model named, or of all: what it is, and what is measured on it now.

    Layers stand apart by a bar, the heads of a layer side by side.
    """
    for name in names:
        if name not in zoo.names():
            raise click.UsageError(f"name: expected one of {', '.join(zoo.names())}, got {name!r}")
    console = Console()
    for name in names or zoo.names():
        _show(zoo.card(name), console)


def _show(card: zoo.Card, console: Console) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    for figure in card.figures:
        table.add_row(figure.name, str(figure))
    console.print(f"[bold]{card.name}[/bold] ({card.made})", card.shows, highlight=False)
    for line in (card.sizes, card.provenance, *card.reasons):
        console.print(line, highlight=False)
    console.print(table, "")
