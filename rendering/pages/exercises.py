"""The pages of the exercise sets: prompts, starters and folded hints; no solution."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from ovlearn.exercises.sets import files
from ovlearn.exercises.sources import Exercise, SetSource, source_of
from rendering.markdown import cell_block, folded, python
from rendering.pages.pieces import page, sentence, table

_LESSON = re.compile(r"\]\(\.\./lessons/(\w+)\.py")
_FIRST = "New to this? [How to use the course](../how-to-use.md) says how to set up, in three lines."
# shown where cells run in the page
_HERE = "Or stay here: write your answers into the page, and press *Check*.\n{ .ov-live }"
_PROGRESS = '<div class="ov-progress"></div>'


def exercise_pages() -> dict[str, Callable[[], str]]:
    """Return what writes the list of all sets, and the page of each, by address."""
    sets = {f"exercises/{name}.md": partial(_page, name) for name in files()}
    return {"exercises/index.md": _index, **sets}


def _index() -> str:
    sets = [source_of(name) for name in files()]
    rows = [
        (
            f"[{_subject(one)}]({one.name}.md)",
            str(len(one.exercises)),
            str(sum(each.points for each in one.exercises)),
        )
        for one in sets
    ]
    return page(
        "# Exercises",
        "Each lesson has a set of exercises in a notebook. A check tells which mistake you made, and what "
        "shows it. Hints come in stages. Any right answer passes, whatever its form.",
        "Solve them [in the page](../how-to-use.md#run-it-in-the-page), with nothing to install. Or take the "
        "notebooks.\n{ .ov-live }",
        "```bash\npip install 'ovlearn[course]'\novlearn start my-exercises\n```",
        "Open a notebook with Jupyter or VS Code, and run its cells. Or stay in the terminal: `ovlearn "
        "check` checks what you saved, `ovlearn watch` does so on each save, and `pytest` runs the same "
        "checks.",
        table(("set", "exercises", "points"), rows, numbers=2),
        "Teachers: [grading a class](../teaching.md).",
    )


def _subject(source: SetSource) -> str:
    return sentence(source.title.removeprefix("Exercises: "))


def _page(set_name: str) -> str:
    source = source_of(set_name)
    return page(
        f"---\ntitle: {int(set_name[:2])}. {_subject(source)}\n---",
        _linked(source.intro),
        f"[Download the notebook]({source.name}.ipynb){{ .md-button download }}",
        _FIRST,
        _HERE,
        _PROGRESS,
        folded("ov-code", "The notebook begins with this", cell_block("cell", "setup", python(source.setup))),
        *(part for one in source.exercises for part in _exercise(one)),
    )


def _exercise(one: Exercise) -> Iterator[str]:
    heading, _, prompt = one.prompt.partition("\n")
    points = "1 point" if one.points == 1 else f"{one.points} points"
    yield f"{heading} {{ #{one.name} }}"
    yield f"`{one.name}` · {points}"
    yield _linked(prompt.strip())
    yield cell_block("exercise", one.name, python(one.starter))
    for number, hint in enumerate(one.hints, start=1):
        yield folded("question", f"Hint {number}", _linked(hint))


def _linked(text: str) -> str:
    return _LESSON.sub(lambda found: f"](../lessons/{found[1]}.md", text)
