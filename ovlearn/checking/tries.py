"""What the two routes that evaluate share: a value for each expression, try by try."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from ovlearn.checking.arithmetic import CannotJudge, Sizes
from ovlearn.checking.claims import Context
from ovlearn.checking.evaluation import Evaluator
from ovlearn.checking.indices import Numbers, at_numbers, definitions_at, drawn
from ovlearn.symbolic.notation import s

_MANY = 5  # rows e_i, e_j …; they can coincide in 52 ways, and each is tried with each seed


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

    @property
    def first(self) -> int:
        """The least number that an index is drawn as."""
        return 0

    def sizes(self, seed: int) -> Sizes:
        """A number for each size, at this seed."""
        raise NotImplementedError

    def tries(self, seeds: tuple[int, ...]) -> Iterator[Try]:
        """One try a seed, for each way in which rows may stand at one position or at different ones.

        Raises: CannotJudge, at the latest after the last, where some way cannot be tried.
        """
        ways, tried = self._ways, set()
        for seed in seeds:
            for groups in ways:
                if max(groups, default=0) < self._positions(self.sizes(seed)):
                    tried.add(groups)
                    yield Try(seed, groups)
        if len(tried) < len(ways):
            raise CannotJudge("too few positions were drawn to set all the rows e_i apart")

    @cached_property
    def _rows(self) -> list[Any]:
        """The indices of the rows, numbers first."""
        names = sorted(self.context.positions, key=lambda index: (not index.is_Integer, str(index)))
        strange = [name for name in names if not (name.is_Symbol or name.is_Integer)]
        if strange:
            raise CannotJudge(f"where the row of {strange[0]} stands depends on where others do")
        return names

    @cached_property
    def _ways(self) -> list[tuple[int, ...]]:
        """Each way to group the rows in which no two numbers share a group."""
        rows = self._rows
        if len(rows) > _MANY:
            raise CannotJudge(f"{len(rows)} rows e_i can coincide in more ways than are tried")
        fixed = sum(bool(row.is_Integer) for row in rows)
        return [groups for groups in groupings(len(rows)) if groups[:fixed] == tuple(range(fixed))]

    def _positions(self, sizes: Sizes) -> int:
        """How many positions there are for every row; none where a number is beyond the last."""
        rows = self.context.positions.items()
        counts = [int(size.subs(sizes)) for _, size in rows]
        beyond = any(
            index.is_Integer and not 0 <= index < count
            for (index, _), count in zip(rows, counts, strict=True)
        )
        return 0 if beyond else min(counts, default=sizes[s])

    def definitions(self, seed: int) -> dict[Any, Any]:
        """What each defined symbol stands for, at the seed's numbers."""
        return definitions_at(self.context.definitions, self.numbers(seed))

    def value(self, expr: Any, attempt: Try) -> Any:
        """The value of an expression at this try."""
        return self.evaluator(attempt).value(at_numbers(expr, self.numbers(attempt.seed)))

    def places(self, attempt: Try, sizes: Sizes) -> Callable[[Any], int]:
        """At which position each row e_i stands: those of one group at one, a number where it says."""
        names, limit = self._rows, self._positions(sizes)
        fixed = [int(name) for name in names if name.is_Integer]
        random = np.random.default_rng(attempt.seed)
        ends = ([0], [limit - 1], [])[attempt.seed % 3]  # a mask treats the first and the last apart
        order = list(dict.fromkeys([*fixed, *ends, *random.permutation(limit)]))
        groups = attempt.groups or tuple(range(len(names)))
        return lambda index: int(order[groups[names.index(index)]])

    def _numbers(self, seed: int) -> Numbers:
        return drawn(self.context.indexed, seed, layers=self.layers, first=self.first)


def groupings(count: int) -> Iterator[tuple[int, ...]]:
    """Every way to put so many rows into groups, as a group for each row.

    >>> list(groupings(2))
    [(0, 0), (0, 1)]
    """
    if count == 0:
        yield ()
    else:
        for groups in groupings(count - 1):
            for group in range(len(set(groups)) + 1):
                yield (*groups, group)
