"""`ovlearn derive`: one derivation, written out."""

from __future__ import annotations

from collections.abc import Callable

import click

import ovlearn as ov
from ovlearn.commands.options import bad_usage, network_options
from ovlearn.commands.terminal import json_text


def _as_json(derivation: ov.Derivation) -> str:
    return json_text(derivation.as_data())


_WRITERS: dict[str, Callable[[ov.Derivation], str]] = {
    "text": ov.Derivation.text,
    "latex": ov.Derivation.latex,
    "markdown": ov.Derivation.markdown,
    "json": _as_json,
}


@click.command("derive")
@click.argument("slug")
@network_options
@click.option(
    "--format",
    "style",
    type=click.Choice(list(_WRITERS)),
    default="text",
    show_default=True,
    help="How to write it; latex is the chain alone, the others add its lemmas.",
)
def derive_command(slug: str, layers: int, heads: int, layer: int | None, head: int, style: str) -> None:
    """Derive SLUG, one of those that `ovlearn list` shows."""
    with bad_usage():
        derivation = ov.derive(slug, layers=layers, heads=heads, layer=layer, head=head)
    click.echo(_WRITERS[style](derivation))
