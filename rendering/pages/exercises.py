"""The pages of the exercise sets: prompts, starters, and folded below them hints and one right answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from ovlearn.exercises.sets import files
from ovlearn.exercises.sources import Exercise, SetSource, source_of
from rendering.installing import REQUIREMENT
from rendering.markdown import cell_block, folded, python
from rendering.pages.pieces import page, sentence, table
from rendering.timing import difficulty, practising

_LESSON = re.compile(r"\]\(\.\./lessons/(\w+)\.py")
_SETUP = "Setup (already run for you)"
# in a notebook one runs a cell; in the page there is a button
_CHECKED = re.compile(r"Run\s+a\s+cell\s+with\s+`check\(\"…\"\)`\s+as\s+often\s+as\s+you\s+like\.\s+It")
_HERE = "Write your answers here, and press *Check* as often as you like. It"
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
            difficulty(points := [each.points for each in one.exercises]),
            str(len(points)),
            str(sum(points)),
            str(practising(points)),
        )
        for one in sets
    ]
    return page(
        "# Exercises",
        "Each lesson has a set of exercises in a notebook. A check tells which mistake you made, and what "
        "shows it. Hints come in stages. Any right answer passes, whatever its form.",
        "Solve them [in the page](../how-to-use.md#run-it-in-the-page), with nothing to install. Or take the "
        "notebooks.\n{ .ov-live }",
        f"```bash\npip install '{REQUIREMENT}'\novlearn start my-exercises\n```",
        "Open a notebook with Jupyter or VS Code, and run its cells. Or stay in the terminal: `ovlearn "
        "check` checks what you saved, `ovlearn watch` does so on each save, and `pytest` runs the same "
        "checks.",
        table(("set", "difficulty", "exercises", "points", "minutes"), rows, numbers=3),
        "Teachers: [grading a class](../teaching.md).",
    )


def _subject(source: SetSource) -> str:
    return sentence(source.title.removeprefix("Exercises: "))


def _page(set_name: str) -> str:
    source = source_of(set_name)
    return page(
        f"# Exercises {int(set_name[:2])}. {_subject(source)}",
        _takes([one.points for one in source.exercises]),
        _CHECKED.sub(_HERE, _linked(source.intro.partition("\n")[2].strip())),
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
    yield f"{heading} {{ #{one.name} }}"
    yield f"`{one.name}` · {_counted(one.points, 'point')} · {difficulty([one.points])}, about " + (
        f"{practising([one.points])} minutes"
    )
    yield _linked(prompt.strip())
    yield cell_block("exercise", one.name, python(one.starter))
    for number, hint in enumerate(one.hints, start=1):
        yield folded("question", f"Hint {number} of {len(one.hints)}", _linked(hint))
    yield folded("success", "One right answer", python(one.solution))


def _takes(points: Sequence[int]) -> str:
    """How much there is to do."""
    said = [_counted(len(points), "exercise"), _counted(sum(points), "point"), difficulty(points)]
    return f"{' · '.join(said)} · about {practising(points)} minutes\n{{ .ov-takes }}"


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _linked(text: str) -> str:
    return _LESSON.sub(lambda found: f"](../lessons/{found[1]}.md", text)
