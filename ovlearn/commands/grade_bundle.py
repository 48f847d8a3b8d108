"""`ovlearn grade bundle`: pack an autograder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ovlearn.commands.grade_options import asked_options, in_words, limit_options, limits_of
from ovlearn.commands.options import bad_usage
from ovlearn.exercises.notebook import fresh_seed
from ovlearn.grader.batch import gradescope_bundle
from ovlearn.grader.batch.planning import plan_of


@click.command("bundle")
@asked_options
@limit_options
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
    sets: tuple[str, ...],
    manifest: Path | None,
    seed: int | None,
    wheel: Path | None,
    out: Path,
    **limits: Any,
) -> None:
    """Pack an autograder for Gradescope, with a hidden seed."""
    with bad_usage(), in_words():
        drawn = fresh_seed() if seed is None else seed
        plan = plan_of(sets, manifest, drawn, **limits_of(**limits))
        gradescope_bundle.bundle(plan, out, wheel)
    click.echo(
        f"{out}: {len(plan.exercises)} exercises, {sum(points for _, points in plan.exercises)} points"
    )
