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
_SETUP = "Setup (already run for you)"
# shown where cells run in the page
_HERE = "Here in the page a button does that: write your answer, and press *Check*.\n{ .ov-live }"
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
    source, number = source_of(set_name), int(set_name[:2])
    return page(
        f"---\ntitle: Exercises {number}. {_subject(source)}\n---",
        _linked(source.intro),
        _HERE,
        _PROGRESS,
        folded("ov-code", _SETUP, cell_block("cell", "setup", python(source.setup))),
        *(part for one in source.exercises for part in _exercise(one)),
        "---",
        f"In Jupyter or VS Code: [download the notebook]({set_name}.ipynb){{ download }}; "
        "[how to set up](../how-to-use.md), in three lines.",
        _onward(set_name),
    )


def _onward(set_name: str) -> str:
    """The way back to the lesson, and on to the next one, where there is a set on it."""
    names = list(files())
    ways = [f"[Back to lesson {int(set_name[:2])}](../lessons/{set_name}.md)"]
    for name in names[names.index(set_name) + 1 :][:1]:
        ways.append(f"[On to lesson {int(name[:2])}](../lessons/{name}.md)")
    return " · ".join(ways)


def _exercise(one: Exercise) -> Iterator[str]:
    heading, _, prompt = one.prompt.partition("\n")
    points = "1 point" if one.points == 1 else f"{one.points} points"
    yield f"{heading} {{ #{one.name} }}"
    yield f"`{one.name}` · {points}"
    yield _linked(prompt.strip())
    yield cell_block("exercise", one.name, python(one.starter))
    for number, hint in enumerate(one.hints, start=1):
        yield folded("question", f"Hint {number} of {len(one.hints)}", _linked(hint))


def _linked(text: str) -> str:
    return _LESSON.sub(lambda found: f"](../lessons/{found[1]}.md", text)
