"""`ovlearn grade`: grade many answer sheets; `ovlearn grade bundle`: pack an autograder."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click
from rich.progress import TimeRemainingColumn

from ovlearn.commands.grade_tables import print_results, ungraded
from ovlearn.commands.options import bad_usage
from ovlearn.commands.terminal import progress_bar
from ovlearn.exercises.notebook import fresh_seed
from ovlearn.grader.batch import gradescope_bundle
from ovlearn.grader.batch.keeping import Kept
from ovlearn.grader.batch.planning import plan_of
from ovlearn.grader.batch.pool import Place, Pool, dask, local
from ovlearn.grader.batch.results import Result
from ovlearn.grader.batch.selftest import SelfTestFailed, needed, self_test
from ovlearn.grader.batch.submissions import Submission, submissions
from ovlearn.grader.exports import FORMATS

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
    with bad_usage(), _in_words():
        plan = plan_of(sets, manifest, fresh_seed() if seed is None else seed)
        gradescope_bundle.bundle(plan, out, wheel)
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
) -> int:
    """Grade answer sheets: notebooks, scripts, folders and archives of them.

    Ends with 0 where every hand-in was graded, with 1 where one was not, and with 2 where nothing could
    begin.
    """
    with ExitStack() as stack:
        with bad_usage(), _in_words():
            kept = None if out is None else Kept(out)
            drawn = fresh_seed() if seed is None else seed
            plan = plan_of(sets, manifest, drawn if kept is None else kept.seed(seed), call=patience)
            _check_options(plan.exercises, kept, only, formats)
            found = submissions(paths)
            if not found:
                raise ValueError("path: expected notebooks (.ipynb) or scripts (.py), got nothing")
            place = stack.enter_context(dask(address) if address else local(jobs or _processors()))
            if kept is not None:
                kept.begin(plan)
        stack.enter_context(_ended_in_order())
        if place.lacks:
            click.echo(f"isolation that this system does not give: {'; '.join(place.lacks)}", err=True)
        try:
            self_test(needed(plan, found), place.executor)
        except SelfTestFailed as error:
            click.echo(
                f"ovlearn: nothing was graded: the course's own solutions fail here: {error}", err=True
            )
            return 1
        with _in_words():
            results = _run(Pool(plan, kept, only or ""), found, place)
    written = out is None or _written(out, formats or _USUAL, results)
    print_results(results, out)
    return 0 if written and not ungraded(results) else 1


def _check_options(
    exercises: Sequence[tuple[str, int]], kept: Kept | None, only: str | None, formats: Sequence[str]
) -> None:
    if kept is None and (only or formats):
        raise ValueError(f"{'only' if only else 'format'}: expected --out with it, got none")
    if only and only not in dict(exercises):
        raise ValueError(f"only: expected one of {', '.join(dict(exercises))}, got {only!r}")


def _written(out: Path, formats: Sequence[str], results: Sequence[Result]) -> bool:
    """Write each format, and say which could not be: one never costs the others."""
    told = []
    for name in formats:
        try:
            FORMATS[name](out, results)
        except (OSError, ValueError) as error:
            told.append(name)
            click.echo(f"ovlearn: {name} could not be written: {_why(error)}", err=True)
    return not told


@contextmanager
def _in_words() -> Iterator[None]:
    """Say in one line what the system refuses: a folder that cannot be written to, a full disk."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(_why(error)) from error


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Take SIGTERM as Ctrl-C: graders are ended, and what was graded is kept."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(run: Pool, found: Sequence[Submission], place: Place) -> list[Result]:
    try:
        with progress_bar(len(found), TimeRemainingColumn()) as advance:
            return run.over(found, place.executor, 2 * place.width, lambda _: advance("grade"))
    except KeyboardInterrupt:
        again = "the same command again goes on from here" if run.kept else "with --out, it could be resumed"
        click.echo(f"ovlearn: {again}", err=True)
        raise click.Abort from None


def _processors() -> int:
    """How many processors this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1
