"""`ovlearn grade`: grade many answer sheets; `ovlearn grade bundle`: pack an autograder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ovlearn.commands.marks import print_results
from ovlearn.commands.options import bad_usage
from ovlearn.grading.batch import bundling
from ovlearn.grading.batch.keeping import Kept
from ovlearn.grading.batch.planning import plan_of
from ovlearn.grading.batch.results import Result
from ovlearn.grading.batch.running import Run, dask, local
from ovlearn.grading.batch.submissions import Submission, submissions
from ovlearn.grading.exports import FORMATS
from ovlearn.grading.notebook import fresh_seed
from ovlearn.grading.worker import confinement

_USUAL = ("csv", "json", "junit")

_sets = click.option("--set", "sets", multiple=True, metavar="SET", help="A set, by name or number.")
_manifest = click.option(
    "--manifest",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='Exercises and points: {"exercises": {"ov_matrix": 2}}.',
)
_seed = click.option("--seed", type=click.IntRange(min=0), help="Of the inputs.  [default: a hidden one]")


class _WithBundle(click.Command):
    """`grade PATH…`, where the first word may be `bundle`."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args[:1] == ["bundle"]:
            return bundle_command.make_context(f"{info_name} bundle", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command("bundle")
@_sets
@_manifest
@_seed
@click.option(
    "--wheel", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Pack this wheel."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("autograder.zip"),
    show_default=True,
    help="The file to write.",
)
def bundle_command(
    sets: tuple[str, ...], manifest: Path | None, seed: int | None, wheel: Path | None, out: Path
) -> None:
    """Pack an autograder for Gradescope, with a hidden seed."""
    with bad_usage():
        plan = plan_of(sets, manifest, fresh_seed() if seed is None else seed)
        bundling.bundle(plan, out, wheel)
    click.echo(
        f"{out}: {len(plan.exercises)} exercises, {sum(points for _, points in plan.exercises)} points"
    )


@click.command(
    "grade", cls=_WithBundle, epilog="`ovlearn grade bundle --help`: an autograder for Gradescope."
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@_sets
@_manifest
@_seed
@click.option("-j", "--jobs", type=click.IntRange(1, 256), help="Graders.  [default: processors]")
@click.option("--out", type=click.Path(path_type=Path), help="A folder for results; resumes what is there.")
@click.option("--only", metavar="EXERCISE", help="Grade this one again, keep the other marks. Needs --out.")
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(list(FORMATS)), help="[default: csv, json, junit]"
)
@click.option("--dask", "address", metavar="ADDRESS", help="Grade on the Dask cluster of this scheduler.")
@click.option(
    "--patience", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="Seconds a call."
)
def grade_command(
    paths: tuple[Path, ...],
    sets: tuple[str, ...],
    manifest: Path | None,
    seed: int | None,
    jobs: int | None,
    out: Path | None,
    only: str | None,
    formats: tuple[str, ...],
    address: str | None,
    patience: float,
) -> None:
    """Grade answer sheets: notebooks, scripts, folders and zip files of them."""
    with ExitStack() as stack:
        with bad_usage():
            kept = None if out is None else Kept(out)
            drawn = fresh_seed() if seed is None else seed
            plan = plan_of(sets, manifest, drawn if kept is None else kept.seed(seed), call=patience)
            _check_options(plan.exercises, kept, only, formats)
            found = submissions(paths)
            if not found:
                raise ValueError("path: expected notebooks (.ipynb) or scripts (.py), got none")
            executor, width = stack.enter_context(dask(address) if address else local(jobs or _processors()))
            if kept is not None:
                kept.begin(plan)
        _say_what_is_missing()
        results = _run(Run(plan, kept, only or ""), found, executor, width)
    if out is not None:
        for name in formats or _USUAL:
            FORMATS[name](out, results)
    print_results(results, out)


def _check_options(
    exercises: Sequence[tuple[str, int]], kept: Kept | None, only: str | None, formats: Sequence[str]
) -> None:
    if kept is None and (only or formats):
        raise ValueError(f"{'only' if only else 'format'}: expected --out with it, got none")
    if only and only not in dict(exercises):
        raise ValueError(f"only: expected one of {', '.join(dict(exercises))}, got {only!r}")


def _say_what_is_missing() -> None:
    lacks = confinement.missing()
    if lacks:
        click.echo(f"isolation that this system does not give: {'; '.join(lacks)}", err=True)


def _run(run: Run, found: Sequence[Submission], executor: Executor, width: int) -> list[Result]:
    try:
        with _progress(len(found)) as advance:
            return run.over(found, executor, 2 * width, advance)
    except KeyboardInterrupt:
        again = "the same command again goes on from here" if run.kept else "with --out, it could be resumed"
        click.echo(f"ovlearn: {again}", err=True)
        raise click.Abort from None


def _processors() -> int:
    """How many processors this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Result], None]]:
    """A progress bar on standard error, where that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda result: None
        return
    columns = (TextColumn("grade"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("grade", total=total)
        yield lambda result: progress.update(task, advance=1)
