"""The rules of the course, by what they work on. Each says its law, and refuses where it does not apply.

To add one: in the file that fits, write a function from an expression to an expression and decorate it with
`@rule(name, law)`. Raise RuleError where the law does not apply. Name the rule in that file's `__all__`, and
give it a row in `tests/symbolic/test_rules.py`.
"""

from ovlearn.symbolic.rules import claims, functions, naming, products, sums
from ovlearn.symbolic.rules.claims import *  # noqa: F403
from ovlearn.symbolic.rules.functions import *  # noqa: F403
from ovlearn.symbolic.rules.naming import *  # noqa: F403
from ovlearn.symbolic.rules.products import *  # noqa: F403
from ovlearn.symbolic.rules.sums import *  # noqa: F403

__all__ = [*products.__all__, *sums.__all__, *functions.__all__, *naming.__all__, *claims.__all__]
