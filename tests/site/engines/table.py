"""`python -m tests.site.engines.table`: the seconds of each step of the last sessions, an engine a column."""

from __future__ import annotations

import json

from tests.site.engines.paths import BUILD


def keep(engine: str, seconds: dict[str, float]) -> None:
    """Keep what a session took."""
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / f"{engine}.json").write_text(json.dumps(seconds), encoding="utf-8")


def lines() -> list[str]:
    """The table, as Markdown."""
    kept = {file.stem: json.loads(file.read_text("utf-8")) for file in sorted(BUILD.glob("[A-Z]*.json"))}
    steps = dict.fromkeys(step for seconds in kept.values() for step in seconds)
    rows = [[step, *(_told(seconds.get(step)) for seconds in kept.values())] for step in steps]
    sums = ["all", *(_told(sum(seconds.values())) for seconds in kept.values())]
    return [f"| {' | '.join(row)} |" for row in (["step", *kept], ["---"] * (len(kept) + 1), *rows, sums)]


def _told(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f}"


if __name__ == "__main__":
    print(*lines(), sep="\n")
