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

_MANY = 3  # beyond so many rows, not every way in which they may coincide is tried


@dataclass(frozen=True)
class Try:
    """One evaluation: the seed of its matrices; a group for each row e_i, e_j …, where rows of one group
    stand at one position; and the seed of its sizes, if that is another.
    """

    seed: int
    groups: tuple[int, ...] = ()
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
        """One try a seed, for each way in which rows may stand at one position or at different ones."""
        for seed in seeds:
            for groups in groupings(len(self.context.positions)):
                yield Try(seed, groups)

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
        groups = attempt.groups or tuple(range(len(names)))
        return lambda index: int(order[groups[names.index(index)] % limit])

    def _numbers(self, seed: int) -> Numbers:
        return drawn(self.context.expressions, seed, layers=self.layers)


def groupings(count: int) -> Iterator[tuple[int, ...]]:
    """Every way to put so many rows into groups, as a group for each row; of many rows, only two ways.

    >>> list(groupings(2))
    [(0, 0), (0, 1)]
    """
    if count > _MANY:
        yield from ((0,) * count, tuple(range(count)))
    elif count == 0:
        yield ()
    else:
        for groups in groupings(count - 1):
            for group in range(len(set(groups)) + 1):
                yield (*groups, group)
