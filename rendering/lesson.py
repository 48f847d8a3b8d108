"""A lesson as a page: its executed cells written as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rendering import links, outputs
from rendering.execution import ExecutedCell, Source, execute
from rendering.markdown import cell_block, folded, python
from rendering.messages import RenderError
from rendering.store import Store


@dataclass(frozen=True)
class Lesson:
    """An executed lesson. `uri`: where its page stands in the site's sources, `lessons/01_x.md`."""

    source: Source
    cells: tuple[ExecutedCell, ...]

    @property
    def uri(self) -> str:
        """Where the page stands."""
        return self.source.uri

    @property
    def title(self) -> str:
        """What the first cell says after `# `."""
        return self.cells[0].first_line.removeprefix("# ")

    @property
    def markdown(self) -> str:
        """The page."""
        return "\n\n".join(filter(None, map(_shown, self.cells))) + "\n"


def render(sources: Sequence[Source], *, package: Path, store: Store) -> list[Lesson]:
    """Return the lessons, executed where the store does not have them.

    Raises: RenderError for a lesson that fails, and for one that does not begin with its title.
    """
    executed = execute(sources, package=package, store=store)
    lessons = [Lesson(source, tuple(cells)) for source, cells in zip(sources, executed, strict=True)]
    if problems := [f"{lesson.source.shown}: {_NO_TITLE}" for lesson in lessons if not _has_title(lesson)]:
        raise RenderError.of(problems)
    return lessons


_NO_TITLE = "the first cell must be markdown that begins with `# ` and the title"


def _has_title(lesson: Lesson) -> bool:
    return (
        bool(lesson.cells) and lesson.cells[0].source.startswith("# ") and lesson.cells[0].kind == "markdown"
    )


def _shown(cell: ExecutedCell) -> str:
    """A cell as Markdown, or nothing."""
    if cell.kind == "markdown":
        return links.between_pages(cell.source)
    if cell.kind != "code" or "remove-cell" in cell.tags:
        return ""
    code = "" if "remove-input" in cell.tags else _code(cell)
    return cell_block("cell", str(cell.number), *filter(None, (code, *map(outputs.markdown, cell.outputs))))


def _code(cell: ExecutedCell) -> str:
    code = python(cell.source)
    return folded("ov-code", "Show the code", code) if "hide-input" in cell.tags else code
