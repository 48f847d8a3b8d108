"""`ovlearn author check`: what every exercise set must stand."""

from __future__ import annotations

import click
from rich.table import Table

from ovlearn.commands.options import bad_usage
from ovlearn.commands.terminal import wide_console


@click.group("author")
def author_group() -> None:
    """For those who write exercises."""


@author_group.command("check")
@click.argument("sets", nargs=-1, metavar="[SET]…")
def author_check_command(sets: tuple[str, ...]) -> int:
    """Try every starter, solution, known mistake and unusual right answer of these sets, or of all."""
    from ovlearn.exercises.gate import inspect
    from ovlearn.exercises.sets import files, set_named

    with bad_usage():
        chosen = [set_named(each) for each in sets] or [*files()]
    table = Table("set", "exercises", "mistakes, caught by name", "unusual right answers, passed", "leaks")
    with bad_usage():
        found = [inspect(each) for each in chosen]
    for one in found:
        mistakes, rights = (
            f"{count} ✓" if not one.faults else f"{count}, see below" for count in (one.mistakes, one.rights)
        )
        leaks = "none" if not one.leaks else str(len(one.leaks))
        table.add_row(one.set_name, str(one.exercises), mistakes, rights, leaks)
    wide_console(120).print(table)
    for one in found:
        for fault in (*one.faults, *(f"leak: {leak}" for leak in one.leaks)):
            click.echo(f"{one.set_name}: {fault}")
    total = [sum(getattr(one, name) for one in found) for name in ("exercises", "mistakes", "rights")]
    words = ("exercise", "known mistake", "unusual right answer")
    click.echo(", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in zip(total, words, strict=True)))
    return 0 if all(one.passed for one in found) else 1
