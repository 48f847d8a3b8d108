"""`ovlearn author check`: what every exercise set must stand."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table


@click.group("author")
def author_group() -> None:
    """For those who write exercises."""


@author_group.command("check")
def author_check_command() -> int:
    """Try every starter, solution, known mistake and unusual right answer of every set."""
    from ovlearn.exercises.gate import inspect_all

    table = Table("set", "exercises", "mistakes, caught by name", "unusual right answers, passed", "leaks")
    found = list(inspect_all())
    for one in found:
        mistakes, rights = (
            f"{count} ✓" if not one.faults else f"{count}, see below" for count in (one.mistakes, one.rights)
        )
        leaks = "none" if not one.leaks else str(len(one.leaks))
        table.add_row(one.set_name, str(one.exercises), mistakes, rights, leaks)
    console = Console()
    Console(width=max(console.width, 120)).print(table)
    for one in found:
        for fault in (*one.faults, *(f"leak: {leak}" for leak in one.leaks)):
            click.echo(f"{one.set_name}: {fault}")
    total = [sum(getattr(one, name) for one in found) for name in ("exercises", "mistakes", "rights")]
    click.echo("{} exercises, {} known mistakes, {} unusual right answers".format(*total))
    return 0 if all(one.passed for one in found) else 1
