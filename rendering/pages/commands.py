"""The `ovlearn` command as a reader meets it: what it prints, and what it takes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import click

from ovlearn.commands import ovlearn
from rendering.pages.pieces import page

_WIDTH = 88
_COLOURS = ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


def shell(*words: str) -> str:
    """What the command prints, beneath the line that asks for it.

    Raises: RuntimeError where it does not exit with 0.
    """
    line = f"ovlearn {' '.join(words)}"
    done = subprocess.run(
        [sys.executable, "-m", "ovlearn.cli", *words], capture_output=True, env=_environment(), check=False
    )
    if done.returncode:
        raise RuntimeError(f"{line}: expected exit code 0, got {done.returncode}: {done.stderr.decode()}")
    printed = "\n".join(row.rstrip() for row in done.stdout.decode().splitlines())
    return page(f"```sh\n{line}\n```", f"```text\n{printed}\n```")


def command_help() -> str:
    """The help of the command and of each of its commands."""
    return page(*(f"## `{name}`\n\n```text\n{_help(command, name)}\n```" for name, command in _commands()))


def _commands() -> list[tuple[str, click.Command]]:
    return [("ovlearn", ovlearn), *_below("ovlearn", ovlearn)]


def _below(name: str, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None
        yield f"{name} {word}", command
        if isinstance(command, click.Group):
            yield from _below(f"{name} {word}", command)


def _help(command: click.Command, name: str) -> str:
    return command.get_help(click.Context(command, info_name=name, terminal_width=_WIDTH))


def _environment() -> dict[str, str]:
    """The environment, less what would change how the command prints."""
    kept = {name: value for name, value in os.environ.items() if name not in _COLOURS}
    return {**kept, "COLUMNS": str(_WIDTH), "PYTHONIOENCODING": "utf-8"}
