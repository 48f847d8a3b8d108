"""`ovlearn list`: the derivations of the course."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

import ovlearn as ov


@click.command("list")
def list_command() -> None:
    """List the derivations, in course order."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for slug, title in ov.derivations().items():
        table.add_row(f"[bold]{slug}[/bold]", title)
    Console().print(table)
