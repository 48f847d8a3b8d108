"""The symbolic floor: expressions, rules, and the derivations of the course. sympy, never numpy."""

from ovlearn.symbolic import functions, rules
from ovlearn.symbolic.course import derivations, derive
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import (
    ShapeError,
    add,
    check_shapes,
    factors,
    product,
    subtract,
    symbols,
    terms,
    transpose,
)
from ovlearn.symbolic.functions import *  # noqa: F403
from ovlearn.symbolic.latex import to_latex
from ovlearn.symbolic.normal import NormalForm
from ovlearn.symbolic.notation import GLOSSARY, Entry, Network, d, d_h, s, symbol, v
from ovlearn.symbolic.pathlabels import path_of
from ovlearn.symbolic.printing import to_text
from ovlearn.symbolic.statements import Assumption, Relation, definition
from ovlearn.symbolic.steps import (
    Bound,
    Counterexample,
    DerivationError,
    Rule,
    RuleError,
    Selection,
    Step,
    rule,
)
from ovlearn.symbolic.translation import to_columns, to_rows

__all__ = [
    "GLOSSARY",
    "Assumption",
    "Bound",
    "Counterexample",
    "Derivation",
    "DerivationError",
    "Entry",
    "Network",
    "NormalForm",
    "Relation",
    "Rule",
    "RuleError",
    "Selection",
    "ShapeError",
    "Step",
    "add",
    "check_shapes",
    "d",
    "d_h",
    "definition",
    "derivations",
    "derive",
    "factors",
    "path_of",
    "product",
    "rule",
    "rules",
    "s",
    "subtract",
    "symbol",
    "symbols",
    "terms",
    "to_columns",
    "to_latex",
    "to_rows",
    "to_text",
    "transpose",
    "v",
    *functions.__all__,
]
