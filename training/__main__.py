"""`make train`: train the zoo's models anew, and hold what came out, and what is shipped, to the bounds."""

from __future__ import annotations

from math import nan
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ovlearn.numeric.zoo import ZooModel, trained
from training.bounds import BOUNDS
from training.recipes import RECIPES, train


@click.command(help=__doc__)
@click.argument("names", nargs=-1, type=click.Choice(list(RECIPES)))
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), default=Path("build/zoo"), show_default=True
)
def main(names: tuple[str, ...], into: Path) -> None:
    """Train each model named, or all; exit 1 where a bound is missed."""
    into.mkdir(parents=True, exist_ok=True)
    chosen = names or tuple(RECIPES)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("loss {task.fields[loss]}"),
    )
    with Progress(*columns) as progress:
        for name in chosen:
            task = progress.add_task(name, total=RECIPES[name].how.steps, loss="")
            train(
                name,
                into,
                lambda done, loss, task=task: progress.update(task, completed=done, loss=f"{loss:.3f}"),
            )
    raise SystemExit(0 if _compare(chosen, into) else 1)


def _compare(names: tuple[str, ...], into: Path) -> bool:
    """Print each figure of the shipped and the new weights beside its bounds; return whether all hold.

    Of a model that is not shipped yet the figures are NaN, which no bound holds.
    """
    table = Table("model", "figure", "bounds", "shipped", "new", "")
    fine = True
    for name in names:
        models = [_stored(name, folder) for folder in (trained.FOLDER, into)]
        for bound in BOUNDS[name]:
            shipped, new = (bound.measure(model) if model else nan for model in models)
            held = bound.holds(shipped) and bound.holds(new)
            fine = fine and held
            bounds = f"{bound.least:g} to {bound.greatest:g}"
            table.add_row(name, bound.what, bounds, f"{shipped:.3f}", f"{new:.3f}", "✓" if held else "✗")
    Console().print(table)
    return fine


def _stored(name: str, folder: Path) -> ZooModel | None:
    return trained.stored(name, folder) if (folder / f"{name}.npz").is_file() else None


if __name__ == "__main__":
    main()
