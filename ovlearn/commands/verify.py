"""`ovlearn verify`: check every step, and print a row a derivation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click
from rich.table import Table

import ovlearn as ov
from ovlearn.checking import GUARDS, PRIME, ROUTES, TOLERANCE, at_most, missed, problem, untrue
from ovlearn.commands.options import bad_usage, network_options
from ovlearn.commands.terminal import json_text, progress_bar, wide_console


@click.command("verify")
@click.argument("slugs", metavar="[SLUG]...", nargs=-1)
@network_options
@click.option("--seeds", type=int, default=100, show_default=True, help="How many random networks.")
@click.option("--faults", is_flag=True, help="Plant faults in every step and see each rejected.")
@click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON.")
def verify_command(
    slugs: tuple[str, ...],
    layers: int,
    heads: int,
    layer: int | None,
    head: int,
    seeds: int,
    faults: bool,
    as_json: bool,
) -> int:
    """Check every step of every derivation, or of those named, by three routes."""
    with bad_usage():
        derivations = [
            ov.derive(slug, layers=layers, heads=heads, layer=layer, head=head)
            for slug in slugs or ov.derivations()
        ]
        with progress_bar(len(derivations)) as advance:
            reports = []
            for derivation in derivations:
                advance(derivation.slug)
                reports.append(ov.verify(derivation, seeds=seeds, faults=faults))
    if as_json:
        click.echo(json_text([report.as_data() for report in reports]))
    else:
        _print(reports, faults=faults)
    return 0 if all(report.passed for report in reports) else 1


def _print(reports: Sequence[ov.Report], *, faults: bool) -> None:
    console = wide_console()
    console.print(_steps_table(reports, faults=faults))
    console.print(_caption(reports), highlight=False, soft_wrap=True)
    if faults:
        console.print(_faults_table(reports))
    for report in reports:
        wrong = (*map(problem, report.failures), *map(untrue, report.false_premises))
        for line in (*wrong, *map(missed, report.missed)):
            console.print(f"[red]{report.slug}[/red]{line}", highlight=False, soft_wrap=True)


def _steps_table(reports: Sequence[ov.Report], *, faults: bool) -> Table:
    last = ("faults rejected",) if faults else ()
    table = _table("derivation", "steps", *ROUTES, "worst error", *last)
    for report in reports:
        worst = report.worst
        table.add_row(
            _slug(report),
            str(report.steps),
            *(_cell(report, route) for route in ROUTES),
            "–" if worst is None else at_most(worst.judgement.error or 0.0, digits=1),
            *((report.rejected,) if faults else ()),
        )
    return table


def _faults_table(reports: Sequence[ov.Report]) -> Table:
    table = _table("derivation", "faults", *GUARDS, *ROUTES, "true by value", "missed")
    for report in reports:
        counts = report.rejections()
        table.add_row(
            _slug(report),
            str(len(report.faults)),
            *(str(counts[name]) for name in (*GUARDS, *ROUTES)),
            str(sum(fault.true_by_value for fault in report.faults)),
            str(len(report.missed)),
        )
    return table


def _table(first: str, *others: str) -> Table:
    table = Table()
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _slug(report: ov.Report) -> str:
    colour = "green" if report.passed else "red"
    return f"[{colour}]{report.slug}[/{colour}]"


def _cell(report: ov.Report, route: str) -> str:
    counts = report.count(route)
    words = [f"{counts['passed']} ✓"]
    if counts["failed"]:
        words.append(f"[red]{counts['failed']} ✗[/red]")
    if counts["not applicable"]:
        words.append(f"{counts['not applicable']} n/a")
    return " ".join(words)


def _premises(reports: Sequence[ov.Report]) -> str:
    """How many equations are taken as given, and how they stand by themselves."""
    counts = Counter(premise.stand for report in reports for premise in report.premises)
    return ", ".join(f"{count} {stand}" for stand, count in counts.items()) or "no equation"


def _caption(reports: Sequence[ov.Report]) -> str:
    passed = all(report.passed for report in reports)
    seeds, bound = reports[0].seeds, max(report.bound for report in reports)
    steps, compared = (sum(getattr(each, name) for each in reports) for name in ("steps", "compared"))
    stands_in = any(report.stands_in for report in reports)
    softmax = ", if the stand-in for a softmax behaves like a random function" if stands_in else ""
    verdict = "every step holds" if passed else "[red]not every step holds[/red]"
    lines = [
        f"{seeds} seed{'' if seeds == 1 else 's'}: {verdict}.",
        f"exact: modulo {PRIME}; at the sizes drawn, a try of a step overlooks a difference with probability "
        f"at most {at_most(bound, digits=1)}{softmax}",
        f"numeric: the worst error is relative to the largest term, and at most {TOLERANCE:.0e}; "
        f"{compared} of {steps} steps are compared with what a run recorded",
        f"given: {_premises(reports)}",
    ]
    reasons = sorted({where for report in reports for where in report.not_applicable})
    return "\n".join([*lines, *(f"n/a: {reason}" for reason in reasons)])
