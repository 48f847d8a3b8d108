"""The rules of the course, by what they work on. Each says its law, and refuses where it does not apply.

To add one: in the file that fits, write a function from an expression to an expression and decorate it with
`@rule(name, law)`. Raise RuleError where the law does not apply. Name the rule below, and give it a row in
`tests/symbolic/test_rules.py`.
"""

from ovlearn.symbolic.rules.claims import counterexample, inner_size, select, select_path
from ovlearn.symbolic.rules.functions import rows_sum_to_one, sum_over_positions, vectorise
from ovlearn.symbolic.rules.naming import fold, unfold
from ovlearn.symbolic.rules.products import gather_transposes, group, scalars_first, transposes, ungroup
from ovlearn.symbolic.rules.sums import cancel, distribute, flatten, join_sum, reorder, zero

__all__ = [
    "cancel",
    "counterexample",
    "distribute",
    "flatten",
    "fold",
    "gather_transposes",
    "group",
    "inner_size",
    "join_sum",
    "reorder",
    "rows_sum_to_one",
    "scalars_first",
    "select",
    "select_path",
    "sum_over_positions",
    "transposes",
    "unfold",
    "ungroup",
    "vectorise",
    "zero",
]
