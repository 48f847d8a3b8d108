"""What the two routes that evaluate share: a value for each expression, seed by seed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from ovlearn.checking.claims import Context, at_number, numbered_definitions
from ovlearn.checking.evaluation import Evaluator


class Evaluated:
    """A route that evaluates expressions; a subclass says in which numbers."""

    name = ""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.evaluator: Callable[[int], Evaluator] = cache(self._evaluator)

    def _evaluator(self, seed: int) -> Evaluator:
        raise NotImplementedError

    def numbered(self, seed: int) -> int:
        """Which number a symbolic index n is: one for which layer n exists."""
        return seed % self.context.network.layers if self.context.network.layers else 0

    def definitions(self, seed: int) -> dict[Any, Any]:
        """What each defined symbol stands for, at the seed's number for n."""
        return numbered_definitions(self.context.definitions, self.numbered(seed))

    def value(self, expr: Any, seed: int) -> Any:
        """The value of an expression at this seed."""
        return self.evaluator(seed).value(at_number(expr, self.numbered(seed)))
