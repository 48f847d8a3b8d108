"""A class of mixed sheets whose marks are known: solutions, named mistakes, starters, no sheets."""

from __future__ import annotations

import io
import random
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ovlearn.exercises.sources import Exercise, source_of
from tests.exercises.cases import SET
from tests.grader.batch.making import notebook

FIRST = ("Ada", "Björn", "Chen", "Dalia", "Emeka", "Fatima", "Goran", "Hana", "Ines", "José")
LAST = ("Abbas", "Brontë", "Curie", "Dürer", "Eze", "Franklin", "Gauß", "Hopper", "Ibarra", "Jordan")
SOURCE = source_of(SET)
NAMES = tuple(one.name for one in SOURCE.exercises)
POINTS = {one.name: one.points for one in SOURCE.exercises}
EVIL = "<script>alert('&')</script> [a](javascript:b) `**c**` =1+1"
UNGRADED = "not graded"


@dataclass(frozen=True)
class Known:
    """One learner, and what is known: for each exercise `passed`, a status, or the name of a mistake."""

    name: str
    came: dict[str, str]
    kind: str = "sheet"
    data: bytes = b""

    @property
    def points(self) -> int:
        """The points that the sheet earns."""
        return sum(POINTS[each] for each, came in self.came.items() if came == "passed")

    @property
    def number(self) -> int:
        """The platform's number for this learner."""
        return 5000 + int(self.name.split()[-1])


def answer(exercise: Exercise, rng: random.Random) -> tuple[str, str]:
    """Some code for an exercise, and what comes of it."""
    choice = rng.random()
    if choice < 0.45:
        return exercise.solution, "passed"
    if choice < 0.55:
        return exercise.starter, "not attempted"
    mistakes = [one for one in exercise.known if one.kind == "mistake"]
    one = rng.choice(mistakes)
    return one.code, one.name


def a_sheet(name: str, rng: random.Random) -> Known:
    made = {one.name: answer(one, rng) for one in SOURCE.exercises}
    came = {each: what for each, (_, what) in made.items()}
    cells = [SOURCE.setup, f"# {name}", *(code for code, _ in made.values())]
    return Known(name, came, data=notebook(*cells).encode())


def a_class(size: int, seed: int = 7) -> list[Known]:
    """Learners, of whom every 25th hands in something odd."""
    rng = random.Random(seed)
    names = [f"{rng.choice(FIRST)} {rng.choice(LAST)} {number}" for number in range(size)]
    sheets = [a_sheet(name, rng) for name in names]
    odd = [_evil, _copied, _pdf, _empty, _nothing, _zipped, _asleep]
    for turn, place in enumerate(range(12, size, 25)):
        sheets[place] = odd[turn % len(odd)](sheets[place], sheets[place - 1])
    return sheets


def _evil(one: Known, _: Known) -> Known:
    """Markup wherever a sheet can put text into a report."""
    cells = [SOURCE.setup, f"def ov_matrix(a, b): raise ValueError({EVIL!r})", f"ov_rank = {EVIL!r}"]
    came = {"ov_matrix": "raised", "head_output": "missing", "ov_rank": "type", "fold": "missing"}
    return replace(one, came=came, kind="evil", data=notebook(*cells).encode())


def _copied(one: Known, other: Known) -> Known:
    return replace(other, name=one.name, kind="copied")


def _pdf(one: Known, _: Known) -> Known:
    return replace(one, came=dict.fromkeys(NAMES, UNGRADED), kind="pdf", data=b"%PDF-1.7")


def _empty(one: Known, _: Known) -> Known:
    return replace(one, came=dict.fromkeys(NAMES, UNGRADED), kind="empty", data=b"")


def _nothing(one: Known, _: Known) -> Known:
    return replace(one, came=dict.fromkeys(NAMES, "not handed in"), kind="nothing", data=b"")


def _zipped(one: Known, _: Known) -> Known:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("homework.ipynb", one.data)
    return replace(one, kind="zipped", data=made.getvalue())


def _asleep(one: Known, _: Known) -> Known:
    """An answer that takes longer than the patience that the tests have."""
    cells = [SOURCE.setup, "import time\ndef ov_matrix(a, b):\n    time.sleep(60)"]
    came = {**dict.fromkeys(NAMES, "missing"), "ov_matrix": "raised"}
    return replace(one, came=came, kind="asleep", data=notebook(*cells).encode())


_ENDINGS = {"pdf": ".pdf", "zipped": ".zip"}


def hand_in(folder: Path, learners: list[Known]) -> None:
    """Lay the sheets out in turn as a file, as a folder, as Moodle does and as Canvas does."""
    folder.mkdir()
    for turn, one in enumerate(each for each in learners if each.kind != "nothing"):
        ending = _ENDINGS.get(one.kind, ".ipynb")
        plain = "".join(part for part in one.name.casefold() if part.isalnum())
        file = (
            f"{one.name}{ending}",
            f"{one.name}/{SET}{ending}",
            f"{one.name}_{one.number}_assignsubmission_file/{SET}{ending}",
            f"{plain}_LATE_{one.number}_{turn}_{SET}{ending}",
        )[turn % 4]
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(one.data)


def mistakes(learners: list[Known]) -> Counter[tuple[str, str]]:
    """How many learners made each mistake in each exercise."""
    plain = ("passed", "not attempted", UNGRADED, "not handed in")
    return Counter((each, came) for one in learners for each, came in one.came.items() if came not in plain)


def statuses(learners: list[Known]) -> Counter[tuple[str, str]]:
    """How many learners have each status in each exercise."""
    return Counter((each, _status(came)) for one in learners for each, came in one.came.items())


def _status(came: str) -> str:
    return came if came in ("passed", "not attempted", UNGRADED, "not handed in") else "wrong"


def roster_rows(learners: list[Known]) -> Iterator[str]:
    yield "Student,ID,SIS Login ID,Section,Fold (77)"
    yield "    Points Possible,,,,100"
    for one in learners:
        yield f'"{one.name}",{one.number},u{one.number},A,'
