"""Judge every step of a derivation by every route, and plant faults to show that the routes can fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from itertools import chain, count

from ovlearn.arguments import described, whole_number
from ovlearn.checking.algebra import Algebra
from ovlearn.checking.binding import Binding, is_bound
from ovlearn.checking.claims import Claim, Context, context
from ovlearn.checking.exact import Exact
from ovlearn.checking.faults import Fault, false_premises, planted
from ovlearn.checking.judgement import Judgement, Outcome, failed, not_applicable
from ovlearn.checking.numeric import Numeric
from ovlearn.checking.premises import Premise, Premises
from ovlearn.checking.report import FaultRow, Report, Row
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import ShapeError
from ovlearn.symbolic.statements import Assumption
from ovlearn.symbolic.steps import Counterexample, DerivationError, Step

_FAULT_SEEDS = (0, 1)  # a fault is caught by the first; the second guards against an unlucky draw


def verify(
    derivation: Derivation,
    seeds: Iterable[int] | int = range(10),
    *,
    faults: bool = False,
    bindings: Mapping[str, Binding] | None = None,
) -> Report:
    """Check every step of a derivation, and of its lemmas, by three routes.

    Algebra compares normal forms. Exact evaluates both sides on random matrices modulo a prime, once a
    seed. Numeric binds the symbols to the weights and recorded activations of a random tiny transformer,
    one a seed, and compares the sides with each other and with the forward pass. What the derivation takes
    as given is judged by itself: each equation on those runs, and a theorem by the derivation that it names.

    `seeds`: the seeds, or how many; `faults`: whether to plant faults in every step and see each rejected;
    `bindings`: for symbols of your own, a function from a run to the matrix that they stand for.

    Raises: TypeError where `derivation` is not a Derivation; ValueError for negative or no seeds, for a
    binding that is no matrix of its symbol's shape, and for a derivation that was forged.

    Source: the laws of this course; the random evaluation is the Schwartz–Zippel lemma.

    >>> import ovlearn as ov
    >>> report = ov.verify(ov.derive("ov-fold"), seeds=range(3))
    >>> report.passed, len(report.rows)
    (True, 24)
    """
    if type(derivation) is not Derivation:  # another class could show other steps than it has
        raise TypeError(f"derivation: expected a Derivation, got {type(derivation).__name__}")
    chosen = _seeds(seeds)
    for name, bound in (bindings or {}).items():
        if not callable(bound):
            raise TypeError(f"bindings: expected a function of a run for {name}, got {described(bound)}")
        if is_bound(name):
            raise ValueError(f"bindings: expected a name that the course does not use, got {name}")
    derivation.check()
    rows: list[Row] = []
    premises: list[Premise] = []
    fault_rows: list[FaultRow] = []
    chains = (derivation, *_lemmas(derivation))
    for part, here in _parts(derivation, bindings or {}):
        judge = _Judge(here, chains)
        premises.extend(judge.premises(part, chosen))
        for number, claim in enumerate(here.claims, start=1):
            step = here.derivation.steps[number - 1]
            rows.extend(Row(part, number, step.rule.name, *judged) for judged in judge.each(claim, chosen))
            if faults:
                fault_rows.extend(judge.faults(part, number, step, claim))
    return Report(
        derivation.slug, derivation.title, len(chosen), tuple(rows), tuple(fault_rows), tuple(premises)
    )


def _seeds(seeds: Iterable[int] | int) -> tuple[int, ...]:
    chosen = seeds if isinstance(seeds, Iterable) else range(whole_number("seeds", seeds, minimum=1))
    checked = tuple(dict.fromkeys(whole_number("seeds", seed, minimum=0) for seed in chosen))
    if not checked:
        raise ValueError("seeds: expected at least one, got none")
    return checked


def _parts(derivation: Derivation, bindings: Mapping[str, Binding]) -> Iterator[tuple[str, Context]]:
    """The chain itself and its lemmas, each with the context that it is judged in."""
    own = context(derivation, bindings)
    taken: set[str] = set()
    for part in (derivation, *_lemmas(derivation)):
        name = _untaken(part.slug or part.title or "derivation", taken)
        yield name, own if part is derivation else context(part, bindings, own.network)


def _lemmas(derivation: Derivation) -> Iterator[Derivation]:
    for lemma in derivation.lemmas:
        yield lemma
        yield from _lemmas(lemma)


def _untaken(name: str, taken: set[str]) -> str:
    """The name, numbered where another part has it already; it is taken from then on."""
    names = chain([name], (f"{name} ({number})" for number in count(2)))
    found = next(each for each in names if each not in taken)
    taken.add(found)
    return found


class _Judge:
    """The three routes in one context."""

    def __init__(self, here: Context, parts: tuple[Derivation, ...]) -> None:
        self.here, self.network = here, here.network
        self.algebra, self.exact, self.numeric = Algebra(here), Exact(here), Numeric(here)
        self.given = Premises(here, parts)

    def premises(self, part: str, seeds: tuple[int, ...]) -> Iterator[Premise]:
        """How each equation that is taken as given stands by itself."""
        for one in self.here.derivation.assumptions:
            for equation in one.equations:
                stand, judgement = self.given.judged(one, equation, seeds)
                yield Premise(part, one.name, one.kind, str(equation), stand, judgement)

    def each(self, claim: Claim, seeds: tuple[int, ...]) -> Iterator[tuple[str, Judgement]]:
        """What each route says; all say the same of a claim that does not type-check."""
        try:
            claim.check_shapes()
        except (ShapeError, TypeError) as error:
            yield from (
                (route.name, failed(str(error))) for route in (self.algebra, self.exact, self.numeric)
            )
            return
        yield from self._by_route(claim, seeds)

    def _is_true(self, claim: Claim, outcomes: dict[str, Outcome]) -> bool:
        """Whether a corrupted claim holds all the same: proved, or about a constant that it keeps."""
        proof = "exact" if claim.kind is Counterexample else "algebra"
        return outcomes[proof] == "passed" or self.exact.is_constant(claim.before)

    def _by_route(self, claim: Claim, seeds: tuple[int, ...]) -> Iterator[tuple[str, Judgement]]:
        algebra, exact = self.algebra.judge(claim), self.exact.judge(claim, seeds)
        numeric = self.numeric.judge(claim, seeds)
        if numeric.outcome == "passed" and not {algebra.outcome, exact.outcome} & {"passed"}:
            bound = self.here.bound_in(claim)
            if bound:
                numeric = not_applicable(f"seen in this example alone: what {bound} is bound to")
        yield self.algebra.name, algebra
        yield self.exact.name, exact
        yield self.numeric.name, numeric

    def faults(self, part: str, number: int, step: Step, claim: Claim) -> Iterator[FaultRow]:
        """Every fault planted in a claim, and which routes rejected it."""
        unseen = {self.numeric.name} if self.numeric.sums_nothing(claim, _FAULT_SEEDS) else set()
        for fault in planted(self.here.spelled(claim), self.network):
            row = self._seen(FaultRow(part, number, fault.name), fault, step)
            yield replace(row, missed_by=tuple(route for route in row.missed_by if route not in unseen))
        for fault in false_premises(claim):
            right, wrong = fault.claim.sources
            if self._stand(right) == "holds":  # what only gives a name cannot be false
                yield self._premise_seen(FaultRow(part, number, fault.name), wrong)

    def _premise_seen(self, row: FaultRow, wrong: Assumption) -> FaultRow:
        """Whether a false assumption is rejected by itself: a theorem by what it names, the rest on runs."""
        route = self.algebra.name if wrong.kind == "theorem" else self.numeric.name
        seen = self._stand(wrong) == "failed"
        return replace(row, rejected_by=(route,)) if seen else replace(row, missed_by=(route,))

    def _stand(self, assumption: Assumption) -> str:
        return self.given.judged(assumption, assumption.equations[0], _FAULT_SEEDS)[0]

    def _seen(self, row: FaultRow, fault: Fault, step: Step) -> FaultRow:
        try:
            fault.claim.check_shapes()
        except ShapeError:
            return replace(row, rejected_by=("shapes",))
        outcomes = {name: judged.outcome for name, judged in self._by_route(fault.claim, _FAULT_SEEDS)}
        rejected = tuple(name for name, outcome in outcomes.items() if outcome == "failed")
        accepted = tuple(name for name, outcome in outcomes.items() if outcome == "passed")
        if accepted and not rejected and not fault.keeps_the_sum and self._is_true(fault.claim, outcomes):
            row, accepted = replace(row, true_by_value=True), ()
        elif rejected and fault.keeps_the_sum:
            accepted = ()  # only the route that knows the selected part can object
        by_rule = ("rule",) if _refused_by_its_rule(step, fault.claim) else ()
        return replace(row, rejected_by=(*by_rule, *rejected), missed_by=accepted)


def _refused_by_its_rule(step: Step, claim: Claim) -> bool:
    """Whether the step cannot be built with the fault in it, since its rule makes something else."""
    if claim.kind is not step.rule.makes:
        return True
    carried = {"after": claim.after, "remainder": claim.remainder, "witness": claim.witness}
    names = {field.name for field in fields(step)}
    try:
        replace(step, **{name: value for name, value in carried.items() if name in names})
    except DerivationError:
        return True
    return False
