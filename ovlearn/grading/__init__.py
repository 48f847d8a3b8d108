"""The grading floor: exercises, their checks, feedback, and the marks of many.

`check` is what learners call; `compare`, `equal`, `wrong` and `drawing` are what checks are written with.
"""

from ovlearn.grading.comparing import compare, equal, wrong
from ovlearn.grading.notebook import check
from ovlearn.grading.outcomes import Outcome
from ovlearn.grading.students import Student
from ovlearn.grading.verdicts import Verdict

__all__ = ["Outcome", "Student", "Verdict", "check", "compare", "equal", "wrong"]
