"""The options that choose a network and a head, and how a bad choice is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--layers", type=int, default=3, show_default=True, help="Layers of the network."),
    click.option("--heads", type=int, default=1, show_default=True, help="Heads a layer."),
    click.option("--layer", type=int, default=None, help="The layer to look at.  [default: 1]"),
    click.option("--head", type=int, default=0, show_default=True, help="The head to look at."),
)


def network_options(command: Command) -> Command:
    """Add --layers, --heads, --layer and --head to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@contextmanager
def bad_usage() -> Iterator[None]:
    """Say a bad argument in one line, with exit code 2."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise click.UsageError(str(error)) from error
