"""`ovlearn grade`: grade the answer sheets of a class."""

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

from ovlearn.commands.grade_bundle import bundle_command
from ovlearn.commands.grade_options import asked_options, in_words, limit_options, limits_of
from ovlearn.commands.grade_report import Class, class_of, report_of, say_unused, write
from ovlearn.commands.grade_tables import print_report
from ovlearn.commands.options import bad_usage
from ovlearn.commands.terminal import progress_bar
from ovlearn.exercises.notebook import fresh_seed
from ovlearn.grader.batch.keeping import Kept
from ovlearn.grader.batch.planning import plan_of
from ovlearn.grader.batch.pool import Place, Pool, dask, local
from ovlearn.grader.batch.results import Result
from ovlearn.grader.batch.selftest import SelfTestFailed, needed, self_test
from ovlearn.grader.batch.submissions import Submission, submissions
from ovlearn.grader.exports import FORMATS, USUAL

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


class _WithBundle(click.Command):
    """`grade PATH…`, where the first word may be `bundle`."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args[:1] == ["bundle"]:
            return bundle_command.make_context(f"{info_name} bundle", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command(
    "grade", cls=_WithBundle, epilog="`ovlearn grade bundle --help`: an autograder for Gradescope."
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@asked_options
@click.option("-j", "--jobs", type=click.IntRange(1, 256), help="Graders.  [default: processors]")
@click.option("--out", type=click.Path(path_type=Path), help="A folder for results; resumes what is there.")
@click.option("--only", metavar="EXERCISE", help="Grade this one again, keep the other marks. Needs --out.")
@click.option(
    "--retry", is_flag=True, help="Grade again what needs a look, keep the other marks. Needs --out."
)
@click.option(
    "--roster", type=_file, help="Who is in the class: a CSV file, Moodle's worksheet, Canvas's gradebook."
)
@click.option(
    "--overrides", type=_file, help="Points and comments of your own.  [default: overrides.csv in --out]"
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(list(FORMATS)),
    help=f"[default: {', '.join(USUAL)}, and the platform's of the roster]",
)
@click.option("--column", default="", metavar="TITLE", help="The assignment's title in Canvas.")
@click.option("--dask", "address", metavar="ADDRESS", help="Grade on the Dask cluster of this scheduler.")
@limit_options
def grade_command(
    paths: tuple[Path, ...],
    sets: tuple[str, ...],
    manifest: Path | None,
    seed: int | None,
    jobs: int | None,
    out: Path | None,
    only: str | None,
    retry: bool,
    roster: Path | None,
    overrides: Path | None,
    formats: tuple[str, ...],
    column: str,
    address: str | None,
    **limits: Any,
) -> int:
    """Grade answer sheets: notebooks, scripts, folders and archives of them.

    Ends with 0 where every hand-in was graded, with 1 where one was not, and with 2 where nothing could
    begin.
    """
    with ExitStack() as stack:
        with bad_usage(), in_words():
            kept = None if out is None else Kept(out)
            drawn = fresh_seed() if seed is None else seed
            plan = plan_of(sets, manifest, drawn if kept is None else kept.seed(seed), **limits_of(**limits))
            of = class_of(plan, out, roster, overrides, column)
            _check_options(plan.exercises, kept, {"only": only, "retry": retry, "format": formats})
            _check_formats(formats, of)
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
            return 2
        with in_words():
            results = _run(Pool(plan, kept, only or "", retry=retry), found, place)
            report = report_of(plan, found, results, of, out)
            written = out is None or write(out, formats or of.usual, report)
    say_unused(report)
    print_report(report, out)
    return 0 if written and not report.ungraded and not report.unused else 1


def _check_options(exercises: Sequence[tuple[str, int]], kept: Kept | None, given: dict[str, Any]) -> None:
    """See that what needs a folder of results has one, and that the exercise to grade again is one."""
    lone = next((name for name, value in given.items() if value), "")
    if kept is None and lone:
        raise ValueError(f"{lone}: expected --out with it, got none")
    if given["only"] and given["only"] not in dict(exercises):
        raise ValueError(f"only: expected one of {', '.join(dict(exercises))}, got {given['only']!r}")


def _check_formats(formats: Sequence[str], of: Class) -> None:
    kind = of.roster.kind if of.roster else ""
    if "moodle" in formats and not kind:
        raise ValueError("format: moodle expects --roster with it, got none")
    if "canvas" in formats and kind != "canvas":
        raise ValueError("format: canvas expects as --roster an export of Canvas's gradebook, got none")


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
