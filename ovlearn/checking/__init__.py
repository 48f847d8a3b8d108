"""The checking floor: judges derivations. The one floor that knows both symbols and numbers."""

from ovlearn.checking.arithmetic import PRIME
from ovlearn.checking.faults import KINDS, Fault, planted
from ovlearn.checking.judgement import Judgement
from ovlearn.checking.numeric import TOLERANCE
from ovlearn.checking.premises import Premise
from ovlearn.checking.report import GUARDS, ROUTES, FaultRow, Report, Row, at_most, missed, problem, untrue
from ovlearn.checking.showing import Shown, show
from ovlearn.checking.verification import verify

__all__ = [
    "GUARDS",
    "KINDS",
    "PRIME",
    "ROUTES",
    "TOLERANCE",
    "Fault",
    "FaultRow",
    "Judgement",
    "Premise",
    "Report",
    "Row",
    "Shown",
    "at_most",
    "missed",
    "planted",
    "problem",
    "show",
    "untrue",
    "verify",
]
