"""A derivation: an expression, the assumptions it may use, and steps that join."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from ovlearn.arguments import whole_number
from ovlearn.symbolic.expressions import check_shapes, nodes, symbols, terms
from ovlearn.symbolic.functions import TokenSum
from ovlearn.symbolic.notation import Network, is_of_the_course
from ovlearn.symbolic.pathlabels import Path, holds_paths, path_of
from ovlearn.symbolic.statements import Assumption, Relation, hidden_indices, relations, unfolded
from ovlearn.symbolic.steps import SIGNS, DerivationError, Rule, Selection, Step, shortened, take


@dataclass(frozen=True)
class Derivation:
    """A chain of steps from one expression to another.

    `initial`: where it starts; `assumptions`: what its steps may use; `steps`: each begins where the one
    before ended; `network`: the sizes of the network that it speaks of, if it is one of the course's;
    `lemmas`: shorter derivations that belong to it.

    Raises: DerivationError where two steps do not join or a step uses an assumption that is not declared;
    ShapeError where the initial expression does not type-check.

    Source: the article, from "Motivation" to "The Circuit"; the form is our own.

    >>> import ovlearn as ov
    >>> from ovlearn.symbolic import Network, product, rules
    >>> net = Network(layers=1)
    >>> A, W_V, W_O = (net.head(base, 0, 0) for base in ("A", "W_V", "W_O"))
    >>> start = product(product(A, product(net.stream(0), W_V)), W_O)
    >>> d = ov.Derivation.start(start).apply(rules.ungroup)
    >>> print(d.result)
    (A_0_0 (X_0 W_V_0_0)) W_O_0_0 = A_0_0 X_0 W_V_0_0 W_O_0_0
    """

    initial: Any
    assumptions: tuple[Assumption, ...] = ()
    steps: tuple[Step, ...] = ()
    title: str = ""
    slug: str = ""
    network: Network | None = None
    lemmas: tuple[Derivation, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        check_shapes(self.initial)
        here, sign = self.initial, "="
        for number, step in enumerate(self.steps, start=1):
            if not isinstance(step, Step):
                raise DerivationError(f"step {number}: expected a Step, got {type(step).__name__}")
            if step.before != here:
                raise DerivationError(
                    f"step {number}: expected it to begin with {shortened(here)}, "
                    f"got {shortened(step.before)}"
                )
            self._check_sources(number, step)
            self._check_path(number, step)
            if isinstance(step, Selection):
                self._check_name(number, step.name)
            here, sign = step.after, _joined(number, sign, step)
        self._check_indices()

    def check(self) -> None:
        """See that every part is what its own class lets be built: assumptions, steps, joints, lemmas.

        A frozen object can still be forged by `object.__setattr__`; a check takes nothing on trust.

        Raises: DerivationError, ShapeError, ValueError or TypeError, as building the parts does.
        """
        for assumption in self.assumptions:
            assumption.check()
        for number, step in enumerate(self.steps, start=1):
            if type(step) not in SIGNS:
                raise DerivationError(
                    f"step {number}: expected one of the four kinds, got {type(step).__name__}"
                )
            step.__post_init__()
        self.__post_init__()
        for lemma in self.lemmas:
            if type(lemma) is not Derivation:
                raise TypeError(f"lemmas: expected a Derivation, got {type(lemma).__name__}")
            lemma.check()

    def _check_sources(self, number: int, step: Step) -> None:
        for source in step.sources:
            if source not in self.assumptions:
                names = ", ".join(assumption.name for assumption in self.assumptions) or "none"
                raise DerivationError(
                    f"step {number}: expected one of the declared assumptions ({names}), got {source.name!r}"
                )

    def _check_indices(self) -> None:
        """What a sum over j holds may depend on j by its name alone: else unfolding it changes the sum."""
        hidden = hidden_indices(self.assumptions)
        for number, here in enumerate([self.initial, *(step.after for step in self.steps)] if hidden else []):
            for total in (node for node in nodes(here) if isinstance(node, TokenSum)):
                body, index = total.args
                for found in symbols(body):
                    if str(index) in hidden.get(found, ()):
                        raise DerivationError(
                            f"step {number}: expected what is summed over {index} to name it, as x_{index} "
                            f"does, got {found}"
                        )

    def _check_path(self, number: int, step: Step) -> None:
        """A term that is said to be one path must still be one when the symbols of one's own are unfolded."""
        if not isinstance(step, Selection) or step.path is None:
            return
        for own in sorted(symbols(step.before), key=str):
            if not is_of_the_course(own) and holds_paths(whole := unfolded(own, self.assumptions)):
                raise DerivationError(
                    f"step {number}: expected terms of one path each, got {own}, "
                    f"which stands for {shortened(whole)}"
                )

    def _check_name(self, number: int, name: Any) -> None:
        """What is selected gets a name that stands for nothing else: a new one, or one of the network's."""
        before = self.steps[:number]
        related = (side for _, each in relations(self.assumptions) for side in (each.lhs, each.rhs))
        spoken = chain([self.initial], (step.after for step in before), related)
        if any(name in nodes(expr) for expr in spoken):
            raise DerivationError(f"step {number}: expected a new name, got {name}, which is in use")
        if self.network is not None and not self.network.may_have(name):
            raise DerivationError(f"step {number}: expected a name that the network has, got {name}")

    @classmethod
    def start(
        cls,
        expr: Any,
        assumptions: Iterable[Assumption] = (),
        *,
        title: str = "",
        slug: str = "",
        network: Network | None = None,
    ) -> Derivation:
        """A derivation with no step yet.

        Raises: ShapeError or TypeError where `expr` is not a matrix expression that type-checks.
        """
        return cls(expr, tuple(assumptions), title=title, slug=slug, network=network)

    def apply(self, rule: Rule, *arguments: Any, why: str = "") -> Derivation:
        """The derivation with one more step, made by `rule` from where this one stands.

        Raises: RuleError where the rule does not apply; DerivationError where an argument is an assumption
        that was not declared; TypeError where `rule` is not a Rule.
        """
        if not isinstance(rule, Rule):
            raise TypeError(f"rule: expected a Rule, got {type(rule).__name__}")
        step = take(rule, self.here, arguments, why)
        return replace(self, steps=(*self.steps, step))

    def with_lemmas(self, *lemmas: Derivation) -> Derivation:
        """The same derivation with lemmas added."""
        return replace(self, lemmas=(*self.lemmas, *lemmas))

    @property
    def here(self) -> Any:
        """The expression that the last step ended with."""
        return self.steps[-1].after if self.steps else self.initial

    @property
    def result(self) -> Relation:
        """What the chain shows: its beginning (or the name of what it selected) against its end."""
        lhs, sign = self.initial, "="
        for number, step in enumerate(self.steps, start=1):
            sign = _joined(number, sign, step)
            lhs = step.name if isinstance(step, Selection) else lhs
        return Relation(lhs, self.here, sign)  # type: ignore[arg-type]

    def between(self, first: int = 1, last: int | None = None) -> Relation:
        """What the steps from number `first` to number `last` show together; all of them by default.

        Raises: ValueError for steps that the chain does not have.
        """
        count = len(self.steps)
        begin = whole_number("first", first, minimum=1, below=count + 1)
        end = count if last is None else whole_number("last", last, minimum=begin, below=count + 1)
        steps = self.steps[begin - 1 : end]
        return replace(self, initial=steps[0].before, steps=steps, lemmas=()).result

    @property
    def paths(self) -> tuple[Path, ...]:
        """The path of each term of the result, in order: the heads it passes, first layer first."""
        return tuple(path_of(term) for term in terms(self.here))

    @property
    def groups(self) -> dict[int, tuple[int, ...]]:
        """How many heads a term passes → which terms of the result do."""
        grouped: dict[int, list[int]] = {}
        for place, path in enumerate(self.paths):
            grouped.setdefault(len(path), []).append(place)
        return {order: tuple(places) for order, places in sorted(grouped.items())}

    def lemma(self, title: str) -> Derivation:
        """The lemma of this title.

        Raises: KeyError naming the lemmas that there are.
        """
        for lemma in self.lemmas:
            if lemma.title == title:
                return lemma
        raise KeyError(f"lemma: expected one of {[lemma.title for lemma in self.lemmas]}, got {title!r}")

    def latex(self, *, rules: bool = True) -> str:
        r"""The chain as `align*`, aligned on its signs, the result boxed; with the rule beside each step.

        `rules`: whether to name the rules.

        >>> import ovlearn as ov
        >>> print(ov.derive("ov-fold").latex(rules=False).splitlines()[-2])
        &\boxed{H_1 = A_1 X_1 W_{OV_1}}
        """
        from ovlearn.symbolic.layout import chain_latex

        return chain_latex(self, rules=rules)

    def markdown(self) -> str:
        """Title, assumptions, chain and lemmas as Markdown with LaTeX."""
        from ovlearn.symbolic.layout import markdown

        return markdown(self)

    def text(self) -> str:
        """Title, assumptions, chain and lemmas as plain text."""
        from ovlearn.symbolic.layout import text

        return text(self)

    def as_data(self) -> dict[str, Any]:
        """The derivation as plain data that JSON can hold: text and LaTeX of every expression."""
        from ovlearn.symbolic.data import as_data

        return as_data(self)

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {"application/vnd.ovlearn.derivation+json": self.as_data()}


def _joined(number: int, sign: str, step: Step) -> str:
    """The sign from the beginning of a chain to the end of a step, given the sign before that step.

    Raises: DerivationError where two signs say nothing together, as ≠ and ≠.
    """
    if isinstance(step, Selection):
        return "="  # a new name begins a new chain
    if step.sign == "=" or (sign in ("=", step.sign) and (sign, step.sign) != ("≠", "≠")):
        return sign if step.sign == "=" else step.sign
    raise DerivationError(f"step {number}: expected an equality after {sign}, got {step.sign}")
