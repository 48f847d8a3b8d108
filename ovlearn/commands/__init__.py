"""The commands, one file each. They only call the floors and print what those return."""

import click

from ovlearn import __version__
from ovlearn.commands.derivation import derive_command
from ovlearn.commands.listing import list_command
from ovlearn.commands.verification import verify_command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ovlearn")
def ovlearn() -> None:
    """Derive the OV circuit of a transformer's attention heads, and check every step."""


ovlearn.add_command(list_command)
ovlearn.add_command(derive_command)
ovlearn.add_command(verify_command)

__all__ = ["ovlearn"]
