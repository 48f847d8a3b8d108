"""The learner's commands: start, check, hint, progress, reset, solution and watch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import click

from ovlearn.commands.options import bad_usage
from ovlearn.exercises import progress

_ASK_AGAIN = "not passed yet; its hints: ovlearn hint {0}. To see the solution all the same, ask again."


@click.command("start")
@click.argument("folder", metavar="[DIR]", default="ovlearn-exercises", type=click.Path(path_type=Path))
def start_command(folder: Path) -> None:
    """Lay out the exercise notebooks in DIR; nothing that is there is overwritten."""
    from ovlearn.exercises.folder import lay_out

    with bad_usage():
        laid = lay_out(folder)
    new = [one for one in laid if one.state == "new"]
    for one in new:
        click.echo(f"new   {one.file}")
    for one in laid:
        if one.missing:
            names = ", ".join(one.missing)
            click.echo(f"kept  {one.file}; new in this set: {names} (a fresh copy: ovlearn start OTHER_DIR)")
    if not new:
        click.echo(f"nothing new: all {len(laid)} notebooks were there, and were left alone")
    click.echo(f'Open one with Jupyter or VS Code, or: cd "{folder}" && ovlearn check')


@click.command("check")
@click.argument("files", metavar="[NOTEBOOK]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=None, help="Draw the same random inputs again.")
def check_command(files: tuple[Path, ...], seed: int | None) -> int:
    """Check the answers in notebooks or scripts; all those of this folder unless named."""
    with bad_usage():
        passed = [_check(file, seed) for file in files or _here()]
    return 0 if all(passed) else 1


@click.command("hint")
@click.argument("exercise")
def hint_command(exercise: str) -> None:
    """Show the next hint for EXERCISE, after those that you have seen."""
    from ovlearn.exercises.sources import exercise as source

    with bad_usage():
        hints = source(exercise).hints
        seen = min(_progress().of(exercise).hints + 1, len(hints))
    for number, hint in enumerate(hints[:seen], start=1):
        _markdown(f"**Hint {number} of {len(hints)}.** {hint}")
    if seen == len(hints):
        click.echo(f"That was the last one. The solution: ovlearn solution {exercise}")
    _keep(exercise, hints=seen)


@click.command("solution")
@click.argument("exercise")
def solution_command(exercise: str) -> int:
    """Show the solution of EXERCISE: once it is passed, or when asked twice."""
    from ovlearn.exercises.sources import exercise as source

    with bad_usage():
        solution = source(exercise).solution
        entry = _progress().of(exercise)
    if not entry.passed and not entry.asked:
        _keep(exercise, needed=True, asked=1)
        click.echo(f"{exercise}: {_ASK_AGAIN.format(exercise)}")
        return 1
    _markdown(f"```python\n{solution}\n```")
    return 0


@click.command("progress")
def progress_command() -> None:
    """Show which exercises you have passed."""
    from ovlearn.exercises.sets import files, names_in

    with bad_usage():
        mine = _progress()
    from rich.console import Console
    from rich.table import Table

    table = Table("set", "passed", "exercises")
    for set_name in files():
        names = names_in(set_name)
        passed = sum(mine.of(name).passed for name in names)
        shown = (f"[green]✓ {name}[/green]" if mine.of(name).passed else f"○ {name}" for name in names)
        table.add_row(set_name, f"{passed}/{len(names)}", "\n".join(shown))
    Console().print(table)


@click.command("reset")
@click.argument("file", metavar="NOTEBOOK", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset_command(file: Path, yes: bool) -> int:
    """Put the starter of NOTEBOOK back; what was there is kept beside it, under a dated name."""
    from ovlearn.exercises.folder import reset

    if not yes and not click.confirm(
        f"Put the starter of {file} back? Your answers are kept in a dated copy"
    ):
        click.echo("left as it was")
        return 1
    with bad_usage():
        backup = reset(file)
    click.echo(f"{file} is as at the start" + (f"; what was there is in {backup}" if backup else ""))
    return 0


@click.command("watch")
@click.argument("files", metavar="[NOTEBOOK]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--times", type=int, default=None, hidden=True, help="Stop after so many checks.")
def watch_command(files: tuple[Path, ...], times: int | None) -> None:
    """Check again whenever a notebook is saved, until Ctrl-C."""
    with bad_usage():
        watched = list(files or _here())
    click.echo(f"watching {', '.join(map(str, watched))}; Ctrl-C ends it", err=True)
    for file in islice(_saved(watched), times):
        try:
            _check(file, None)
        except (OSError, ValueError) as error:  # half written: the rest of it comes with the next save
            click.echo(f"{error}; waiting for the next save", err=True)


def _saved(files: list[Path]) -> Iterator[Path]:
    """Yield each file now, and again each time that it is saved."""
    seen: dict[Path, tuple[int, int]] = {}
    while True:
        for file in files:
            with suppress(FileNotFoundError):  # some editors take it away for a moment
                now = file.stat()
                if seen.get(file) != (now.st_mtime_ns, now.st_size):
                    seen[file] = (now.st_mtime_ns, now.st_size)
                    yield file
        time.sleep(0.3)


def _here() -> list[Path]:
    """The notebooks of this folder, or one line that says how to get them."""
    from ovlearn.exercises.sets import files

    found = [Path(f"{name}.ipynb") for name in files() if Path(f"{name}.ipynb").exists()]
    if not found:
        raise ValueError("there is no exercise notebook here: ovlearn start lays them out, or name a file")
    return found


def _check(file: Path, seed: int | None) -> bool:
    """Check one file and print its verdicts; what passed, and no longer passes, goes into the progress."""
    from ovlearn.grader.isolated import verdicts

    found = verdicts(file, seed=seed)  # a worker loads what it needs while rich is loaded here
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    passed = True
    for number, verdict in enumerate(found):
        if not number:  # a file that cannot be read has no verdicts
            console.print(f"[bold]{escape(str(file))}[/bold]")
        head, *rows = str(verdict).splitlines()
        colour = "green" if verdict.passed else "red" if verdict.total.status == "wrong" else "dim"
        console.print(f"  [{colour}]{escape(head)}[/{colour}]")
        for row in rows:
            console.print(f"  {escape(row)}", style="dim")
        _say(progress.note(verdict.exercise, passed=verdict.passed, folder=file.absolute().parent))
        passed &= verdict.passed
    return passed


def _markdown(text: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))


def _progress() -> progress.Progress:
    """The progress of this folder; what its owner should know of it is said."""
    found = progress.load(Path.cwd())
    _say(found.says)
    return found


def _keep(exercise: str, *, needed: bool = False, **changes: Any) -> None:
    """Note what was shown where there is some progress, or where it is needed."""
    folder = Path.cwd()
    if needed or (folder / progress.FILE).exists():
        with bad_usage():
            progress.update(folder, lambda now: now.changed(exercise, replace(now.of(exercise), **changes)))


def _say(words: str) -> None:
    if words:
        click.echo(f"ovlearn: {words}", err=True)
