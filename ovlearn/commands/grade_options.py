"""Options that `ovlearn grade` and `ovlearn grade bundle` share: what is asked, what an answer may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_SECONDS = click.FloatRange(min=0.1)
_MEGABYTES = 2**20

_ASKED = (
    click.option("--set", "sets", multiple=True, metavar="SET", help="A set, by name or number."),
    click.option(
        "--manifest",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help='Exercises and points: {"exercises": {"ov_matrix": 2}}.',
    ),
    click.option("--seed", type=click.IntRange(min=0), help="Of the inputs.  [default: a hidden one]"),
)
_LIMITS = (
    click.option(
        "--patience", type=_SECONDS, default=10.0, show_default=True, help="Seconds for a call or a cell."
    ),
    click.option(
        "--exercise-time",
        type=_SECONDS,
        help="Seconds for all that an exercise runs.  [default: 12 times that]",
    ),
    click.option(
        "--judging-time",
        type=_SECONDS,
        default=20.0,
        show_default=True,
        help="Seconds for checks themselves.",
    ),
    click.option(
        "--memory",
        type=click.IntRange(min=512),
        default=3072,
        show_default=True,
        help="Megabytes of address space for an answer.",
    ),
)


def asked_options(command: Command) -> Command:
    """Add --set, --manifest and --seed to a command."""
    return _with(command, _ASKED)


def limit_options(command: Command) -> Command:
    """Add --patience, --exercise-time, --judging-time and --memory to a command."""
    return _with(command, _LIMITS)


def limits_of(
    patience: float, exercise_time: float | None, judging_time: float, memory: int
) -> dict[str, Any]:
    """Return what these options say, as a plan takes it.

    >>> limits_of(10.0, None, 20.0, 1024)
    {'call': 10.0, 'exercise': 0.0, 'judging': 20.0, 'memory': 1073741824}
    """
    return {
        "call": patience,
        "exercise": exercise_time or 0.0,
        "judging": judging_time,
        "memory": memory * _MEGABYTES,
    }


@contextmanager
def in_words() -> Iterator[None]:
    """Say in one line what the system refuses: a folder that cannot be written to, a full disk."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(why(error)) from error


def why(error: Exception) -> str:
    """Return an error in one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _with(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
