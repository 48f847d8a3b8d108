"""What a check needs, and no more, so that it runs in a browser: declared exercises, feedback, progress.

`check` is what learners call; `compare`, `equal`, `wrong` and `drawing` are what checks are written with.
"""

from ovlearn.exercises.answers import Student
from ovlearn.exercises.comparing import compare, equal, wrong
from ovlearn.exercises.notebook import check
from ovlearn.exercises.outcomes import Outcome
from ovlearn.exercises.verdicts import Verdict

__all__ = ["Outcome", "Student", "Verdict", "check", "compare", "equal", "wrong"]
