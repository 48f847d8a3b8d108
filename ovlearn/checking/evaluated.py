"""What the two routes that evaluate share: a value for each expression, try by try."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ovlearn.checking.arithmetic import Sizes
from ovlearn.checking.claims import Context
from ovlearn.checking.evaluation import Evaluator
from ovlearn.checking.indices import Numbers, at_numbers, definitions_at, drawn
from ovlearn.symbolic.dimensions import s


@dataclass(frozen=True)
class Try:
    """One evaluation: the seed of its matrices, whether all rows e_i, e_j … stand at one position, and the
    seed of its sizes, if that is another.
    """

    seed: int
    together: bool = False
    sizes: int | None = None


class Evaluated:
    """A route that evaluates expressions; a subclass says in which numbers."""

    name = ""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.evaluator: Callable[[Try], Evaluator] = cache(self._evaluator)
        self.numbers: Callable[[int], Numbers] = cache(self._numbers)

    def _evaluator(self, attempt: Try) -> Evaluator:
        raise NotImplementedError

    @property
    def layers(self) -> int | None:
        """How many layers there are to draw from; None where there is no end to them."""
        raise NotImplementedError

    def tries(self, seeds: tuple[int, ...]) -> Iterator[Try]:
        """One try a seed; two where rows may be at one place or at different ones."""
        for seed in seeds:
            yield Try(seed)
            if len(self.context.positions) > 1:
                yield Try(seed, together=True)

    def definitions(self, seed: int) -> dict[Any, Any]:
        """What each defined symbol stands for, at the seed's numbers."""
        return definitions_at(self.context.definitions, self.numbers(seed))

    def value(self, expr: Any, attempt: Try) -> Any:
        """The value of an expression at this try."""
        return self.evaluator(attempt).value(at_numbers(expr, self.numbers(attempt.seed)))

    def places(self, attempt: Try, sizes: Sizes) -> Callable[[Any], int]:
        """At which position each row e_i stands: at different ones, or all at one."""
        names = sorted(self.context.positions, key=str)
        positions = self.context.positions.values()
        limit = min((int(size.subs(sizes)) for size in positions), default=sizes[s])
        order = np.random.default_rng(attempt.seed).permutation(limit)  # [limit]
        return lambda index: int(order[0 if attempt.together else names.index(index) % limit])

    def _numbers(self, seed: int) -> Numbers:
        return drawn(self.context.expressions, seed, layers=self.layers)
