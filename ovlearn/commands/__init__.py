"""The commands. They only call the floors and print what those return."""

from __future__ import annotations

from importlib import import_module

import click

from ovlearn import __version__

# Where each command is: only the one that is asked for is loaded, with what it needs.
_COMMANDS = {
    "list": "derive:list_command",
    "derive": "derive:derive_command",
    "verify": "verify:verify_command",
    "zoo": "zoo:zoo_group",
    "read": "read:read_command",
    "start": "learning:start_command",
    "check": "learning:check_command",
    "hint": "learning:hint_command",
    "solution": "learning:solution_command",
    "progress": "learning:progress_command",
    "reset": "learning:reset_command",
    "watch": "learning:watch_command",
    "grade": "grade:grade_command",
    "author": "authoring:author_group",
}


class _Commands(click.Group):
    """Finds commands in the table above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(f"ovlearn.commands.{module}"), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ovlearn")
def ovlearn() -> None:
    """Derive the OV circuit of a transformer's attention heads, and check every step."""


__all__ = ["ovlearn"]
