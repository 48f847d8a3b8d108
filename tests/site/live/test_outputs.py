"""Every lesson, cell by cell in a session, puts out what its page shows."""

from __future__ import annotations

from typing import Any

import pytest

from rendering import Source
from rendering.execution import execute
from rendering.store import Store
from tests.live.building import Built, alike
from tests.live.reader import Reader, as_it_is
from tests.site.built import ROOT

LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.py"))


class Read(Store):
    """What the build kept, left as it is."""

    def save(self, name: str, key: str, result: Any) -> None:
        pass


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_session_shows_what_the_page_shows(lesson: Any) -> None:
    source, store = Source(lesson, f"lessons/{lesson.stem}.md"), Read(ROOT / "build" / "cache")
    (cells,) = execute([source], package=ROOT / "ovlearn", store=store)
    codes = [cell for cell in cells if cell.kind == "code"]
    built = Built()
    wanted = {cell.number: [alike(built.html(output)) for output in cell.outputs] for cell in codes}
    reader = Reader(as_it_is)
    for cell in codes:
        done = reader.run(cell.source, cell.number, labels=built.labels)
        assert done["error"] is None
        assert [alike(output) for output in done["outputs"]] == wanted[cell.number], cell.first_line
