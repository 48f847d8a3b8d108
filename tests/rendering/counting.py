"""What a reader of the lessons reads: their words, and their code that is not folded."""

from __future__ import annotations

import re
from pathlib import Path

from rendering.execution import ExecutedCell, Source
from rendering.execution.unrun import cells_of

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.py"))
WORDS, LINES = 14_000, 800  # at most, in all lessons together
FOLDED = {"remove-cell", "remove-input", "hide-input"}


def cells(path: Path, kind: str) -> list[ExecutedCell]:
    """The cells of a lesson that are text, or code."""
    return [cell for cell in cells_of(Source(path, f"lessons/{path.stem}.md")) if cell.kind == kind]


def prose(path: Path) -> str:
    """The text of a lesson."""
    return "\n\n".join(cell.source for cell in cells(path, "markdown"))


def words(text: str) -> int:
    """How many words a reader reads: a formula in a sentence is one, and so is a number from a cell."""
    text = re.sub(r"\$\$.*?\$\$", " ", text, flags=re.DOTALL)
    text = re.sub(r"\$[^$]*\$|\{\{.*?\}\}", "x", text, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)|<[^>]*>", " ", text)  # where links lead, and tags
    return len(re.findall(r"[^\W_][\w'’-]*", text))


def lines(path: Path) -> int:
    """How many lines of code a reader sees in a lesson."""
    seen = [cell.source for cell in cells(path, "code") if not FOLDED & {*cell.tags}]
    return sum(bool(line.strip()) for source in seen for line in source.splitlines())
