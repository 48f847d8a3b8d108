"""What a check needs, and no more, so that it runs in a browser: declared exercises, feedback, progress.

`check` is what learners call; `compare`, `equal`, `wrong` and `drawing` are what checks are written with.
Each is loaded when it is first used: `ovlearn check` starts a worker before it loads numpy itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ovlearn.exercises.answers import Student
    from ovlearn.exercises.comparing import compare, equal, wrong
    from ovlearn.exercises.notebook import check
    from ovlearn.exercises.outcomes import Outcome
    from ovlearn.exercises.verdicts import Verdict

_HOME = {
    **dict.fromkeys(("compare", "equal", "wrong"), "comparing"),
    **{"Outcome": "outcomes", "Student": "answers", "Verdict": "verdicts", "check": "notebook"},
}

__all__ = ["Outcome", "Student", "Verdict", "check", "compare", "equal", "wrong"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ovlearn.exercises' has no attribute {name!r}")
    value = getattr(import_module(f"ovlearn.exercises.{_HOME[name]}"), name)
    globals()[name] = value
    return value
