"""Judge what a derivation takes as given, each equation by itself: used by a step or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from sympy import MatrixSymbol

from ovlearn.checking.arithmetic import CannotJudge, at_sizes
from ovlearn.checking.binding import FREE, Binding, Recorded, is_taken, recorded, value_of
from ovlearn.checking.cited import ends
from ovlearn.checking.claims import Claim, Context
from ovlearn.checking.indices import at_numbers
from ovlearn.checking.judgement import Judgement, failed, not_applicable, passed
from ovlearn.checking.numeric import Numeric
from ovlearn.numeric import Run
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import symbols
from ovlearn.symbolic.functions import Layer, is_matrix
from ovlearn.symbolic.normal import NormalForm
from ovlearn.symbolic.statements import NAMES, Assumption, Relation
from ovlearn.symbolic.steps import Step

Stand = Literal["holds", "names", "supposed", "failed", "not judged"]


@dataclass(frozen=True)
class Premise:
    """One equation that a derivation takes as given, and how it stands by itself.

    `part`: the derivation or lemma that declares it; `name`, `kind`: its assumption's; `says`: the equation
    as text; `stand`: it "holds" on every run, it "names" a symbol of the reader's own, it is "supposed" of
    matrices that no run records, it "failed", or it is "not judged"; `judgement`: why, and on how many runs.
    """

    part: str
    name: str
    kind: str
    says: str
    stand: Stand
    judgement: Judgement

    @property
    def stands(self) -> bool:
        """Whether nothing speaks against it, and nothing that could was left unasked."""
        return self.stand in ("holds", "names", "supposed")


class Premises:
    """Judges the equations of one context on the runs of its network.

    A symbol that runs record has its recorded value, whatever is assumed of it. A symbol that nothing
    records stands for any matrix: an equation either says what it is, or is about such symbols alone, or
    must hold whatever they are.
    """

    def __init__(self, context: Context, parts: tuple[Derivation, ...] = ()) -> None:
        self.context, self.parts = context, parts
        self.numeric = Numeric(context)

    def judged(
        self, assumption: Assumption, equation: Relation, seeds: tuple[int, ...]
    ) -> tuple[Stand, Judgement]:
        """How one equation of an assumption stands."""
        if assumption.kind == "theorem" and not ends(assumption, equation, self, seeds):
            named = (
                f"{assumption.derived_in!r} does not end with it"
                if assumption.derived_in
                else "it names none"
            )
            return "failed", failed(f"a theorem is the end of a derivation, and {named}")
        try:
            return self.on_runs(equation, seeds)
        except CannotJudge as reason:
            return "not judged", not_applicable(str(reason))

    def on_runs(self, equation: Relation, seeds: tuple[int, ...]) -> tuple[Stand, Judgement]:
        """How an equation stands on recorded runs alone.

        Raises: CannotJudge where runs do not decide it.
        """
        open_names = self._open(equation)
        taken = sorted(
            name.name
            for name in open_names - _placeholder(equation)
            if is_taken(name.name) and name.shape[0] != 1
        )
        if taken:  # a row, as k_j, does not say of which head: an equation may
            raise CannotJudge(f"the network has no {', '.join(taken)}")
        if isinstance(equation.lhs, NAMES) and equation.lhs in open_names and self._defines(equation):
            return "names", passed(where=f"it says what {equation.lhs} is")
        claim = Claim(Step, equation.lhs, equation.rhs)
        if not open_names:
            return _stand(self.numeric.judge(claim, seeds))
        drawn = [self._with(open_names, draw) for draw in (0, 1)]
        first = drawn[0].judge(claim, seeds)
        if (
            first.outcome == "passed"
            or isinstance(equation.lhs, Layer)
            or self._same_gap(drawn, claim, seeds[0])
        ):
            return _stand(first)
        solved = self._solved(equation, open_names)
        if solved is not None:
            return "names", passed(where=f"it says what {solved} is")
        if not self._recorded(equation):
            return "supposed", passed(where="of matrices that no run records")
        names = ", ".join(sorted(map(str, open_names)))
        raise CannotJudge(f"it says of recorded matrices what depends on {names}: bind what no run records")

    def _defines(self, equation: Relation) -> bool:
        return bool(self.context.definitions.get(equation.lhs) == self.context.spelled_out(equation.rhs))

    def _open(self, equation: Relation) -> frozenset[Any]:
        """The symbols that neither a run nor a binding nor another equation gives a value."""
        sides = (equation.lhs, equation.rhs)
        found, waiting = set(), list(sides)
        seen: set[Any] = set()
        numbers = self.numeric.numbers(0)
        while waiting:
            for name in symbols(at_numbers(waiting.pop(), numbers)) - seen:
                seen.add(name)
                made_of = self.context.definitions.get(name)
                own = name == equation.lhs or made_of is None
                if self._has_value(name, made_of):
                    continue
                if own:
                    found.add(name)
                else:
                    waiting.append(made_of)
        return frozenset(found | _placeholder(equation))

    def _has_value(self, name: Any, made_of: Any) -> bool:
        if name.name in FREE or name.name in self.context.extra:
            return name.name in self.context.extra
        return value_of(name.name, recorded(self.context.network, 0), self.context.extra) is not None

    def _recorded(self, equation: Relation) -> bool:
        """Whether an equation speaks, through definitions too, of anything that a run records."""
        found = self.context.symbols(equation.lhs, equation.rhs)
        return any(
            not isinstance(name, MatrixSymbol) or (name.name not in FREE and self._has_value(name, None))
            for name in found
        )

    def _with(self, names: frozenset[Any], draw: int) -> Numeric:
        """The numeric route with random matrices for some symbols."""
        bound = {name.name: _random(name, draw) for name in names}
        return Numeric(replace(self.context, extra={**self.context.extra, **bound}))

    def _same_gap(self, drawn: list[Numeric], claim: Claim, seed: int) -> bool:
        """Whether what is between the two sides does not depend on the matrices drawn: then it is false."""
        gaps = []
        for numeric in drawn:
            attempt = next(iter(numeric.tries((seed,))))
            before, after = (numeric.value(side, attempt) for side in (claim.before, claim.after))
            gaps.append(np.asarray(before) - np.asarray(after))
        largest = max(float(np.abs(gap).max()) for gap in gaps)
        return bool(np.abs(gaps[0] - gaps[1]).max() <= 1e-9 * largest)

    def _solved(self, equation: Relation, names: frozenset[Any]) -> Any:
        """A symbol that the equation gives as a sum of the others, and that no other equation speaks of."""
        form = NormalForm()
        if not is_matrix(equation.lhs):
            return None
        letters = [word for side in (equation.lhs, equation.rhs) for word in form.of(side)]
        for name in sorted(names, key=str):
            with_it = [word for word in letters if any(_mentions(letter, name) for letter, _ in word)]
            if with_it and set(with_it) == {((name, False),)} and self._equations_with(name) == 1:
                coefficient = form.of(equation.lhs).get(((name, False),), 0) - form.of(equation.rhs).get(
                    ((name, False),), 0
                )
                return name if coefficient != 0 else None
        return None

    def _equations_with(self, name: Any) -> int:
        stated = [each for one in self.context.derivation.assumptions for each in one.equations]
        return sum(name in symbols(each.lhs) | symbols(each.rhs) for each in stated)


def _placeholder(equation: Relation) -> set[Any]:
    """The symbol that stands for any stream in an equation of a layer."""
    return {equation.lhs.args[0]} if isinstance(equation.lhs, Layer) else set()


def _mentions(letter: Any, name: Any) -> bool:
    if isinstance(letter, (tuple, frozenset)):
        return any(_mentions(part, name) for part in letter)
    return bool(letter == name or name in getattr(letter, "free_symbols", ()))


def _stand(judgement: Judgement) -> tuple[Stand, Judgement]:
    if judgement.outcome == "not applicable":
        raise CannotJudge(judgement.reason)
    return ("holds" if judgement.outcome == "passed" else "failed"), judgement


def _random(name: Any, draw: int) -> Binding:
    """A binding to a random matrix of a symbol's shape, the same for each run."""

    def bound(run: Run) -> Any:
        sizes = Recorded(run, 0).sizes
        shape = [
            int(at_sizes(size, sizes)) if size.free_symbols <= sizes.keys() else 3 for size in name.shape
        ]
        random = np.random.default_rng([draw, *shape, *name.name.encode()])
        return random.standard_normal(shape)

    return bound
