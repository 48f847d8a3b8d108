"""The `ovlearn` command: start it, and say bad usage in one line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_NEEDED = "ovlearn: the command needs the course extra: pip install 'ovlearn[course]'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 when all holds, 1 when a check fails, 2 on bad usage.

    `arguments`: the words after `ovlearn`; those of the process unless given.
    """
    try:
        import click
        import rich  # noqa: F401
    except ModuleNotFoundError:
        print(_NEEDED, file=sys.stderr)
        return 2
    from ovlearn.commands import ovlearn
    from ovlearn.commands.terminal import speak_anywhere

    speak_anywhere()
    try:
        words = sys.argv[1:] if arguments is None else list(arguments)
        code = ovlearn.main(args=words or ["--help"], prog_name="ovlearn", standalone_mode=False)
    except click.ClickException as error:
        print(f"ovlearn: {error.format_message()}", file=sys.stderr)
        return 2
    except click.Abort:
        print("ovlearn: stopped", file=sys.stderr)
        return 130
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
