"""A lesson as a page: its executed cells written as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rendering import links, outputs
from rendering.execution import ExecutedCell, Source, execute
from rendering.markdown import cell_block, folded, python, tries
from rendering.messages import RenderError
from rendering.store import Store
from rendering.timing import difficulty, reading

UNSEEN = "unseen-"  # what the name begins with of a cell whose code one does not see


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
    def code(self) -> dict[str, ExecutedCell]:
        """The cells of code by their names on the page: those whose code one sees are numbered from 1."""
        found = [cell for cell in self.cells if cell.kind == "code"]
        seen = [cell for cell in found if not {"remove-cell", "remove-input"} & {*cell.tags}]
        names = {cell.number: str(place) for place, cell in enumerate(seen, start=1)}
        return {names.get(cell.number, f"{UNSEEN}{cell.number}"): cell for cell in found}

    @property
    def markdown(self) -> str:
        """The page."""
        names = {cell.number: name for name, cell in self.code.items()}
        title, rest = self.cells[0].source.partition("\n")[::2]
        cells = replace(self.cells[0], source=rest.strip()), *self.cells[1:]
        parts = (_shown(cell, names.get(cell.number, "")) for cell in cells)
        return "\n\n".join(filter(None, [title, self._takes(), *parts])) + "\n"

    @property
    def minutes(self) -> int:
        """How long it takes to read it, and to run its cells."""
        texts = [cell.source for cell in self.cells if cell.kind == "markdown"]
        return reading(texts, self._seen)

    @property
    def points(self) -> list[int]:
        """Those of its exercises; none where it has no set."""
        from ovlearn.exercises.sets import files
        from ovlearn.exercises.sources import source_of  # not in a page's Python, which builds none

        name = self.source.name
        return [one.points for one in source_of(name).exercises] if name in files() else []

    @property
    def _seen(self) -> int:
        return sum(not name.startswith(UNSEEN) for name in self.code)

    def _takes(self) -> str:
        """How long it takes, how hard its exercises are, and where they stand."""
        said = [f"About {self.minutes} minutes", f"{self._seen} cell{'' if self._seen == 1 else 's'} to run"]
        if points := self.points:
            said += [f"[{len(points)} exercises](../exercises/{self.source.name}.md), {difficulty(points)}"]
        return f"{' · '.join(said)}\n{{ .ov-takes }}"


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


def _shown(cell: ExecutedCell, name: str) -> str:
    """A cell as Markdown, or nothing. `name`: of a cell of code."""
    if cell.kind == "markdown":
        return links.between_pages(cell.source)
    if cell.kind != "code" or "remove-cell" in cell.tags:
        return ""
    code = "" if "remove-input" in cell.tags else _code(cell)
    shown = (code, *map(outputs.markdown, cell.outputs), tries(cell.tries))
    return cell_block("cell", name, *filter(None, shown))


def _code(cell: ExecutedCell) -> str:
    code = python(cell.source)
    return folded("ov-code", "Show the code", code) if "hide-input" in cell.tags else code
