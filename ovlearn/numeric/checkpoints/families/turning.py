"""How a config tells rotary positions: in older files by single options, in newer ones by a table of them."""

from __future__ import annotations

from dataclasses import replace

from ovlearn.arguments import complaint
from ovlearn.numeric.checkpoints.options import Options, first_of
from ovlearn.numeric.rotary import Rotary, slowed_as_llama3

_TABLES = ("rope_parameters", "rope_scaling")


def rotary(
    options: Options, d_head: int, *, base: str = "rope_theta", part: str = "", share: float = 1.0
) -> Rotary:
    """Return the rotary positions that a config asks for.

    `base`: the option that holds it, 10,000 by default; `part`: the one that says which share of d_head is
    turned, `share` by default.

    Raises ValueError for a kind of scaling that is not known, and for a share that leaves no even width.
    """
    table = options.table(first_of(options, _TABLES))
    for name in _TABLES:
        options.any(name)
    speed = table.number("rope_theta", options.number(base, 10_000.0))
    turned = table.number("partial_rotary_factor", options.number(part, share) if part else share)
    width = int(d_head * turned)
    if width < 2 or width % 2 or width > d_head:
        expected = f"a share that leaves an even number of d_head = {d_head} entries"
        raise ValueError(
            complaint(f"{options.where}, {part or 'partial_rotary_factor'}", expected, f"{turned}")
        )
    found = Rotary(width, speed)
    kind = table.any("rope_type", table.any("type", "default"))
    table.any("type")
    if kind == "llama3":
        low, high = table.number("low_freq_factor", 0), table.number("high_freq_factor", 0)
        original = table.number("original_max_position_embeddings", 0)
        slowed = slowed_as_llama3(
            found, factor=table.number("factor", 0), low=low, high=high, original=original
        )
        found = replace(found, slowed=slowed)
    elif kind != "default":
        raise ValueError(complaint(f"{table.where}, rope_type", "'default' or 'llama3'", repr(kind)))
    table.nothing_else()
    return found
