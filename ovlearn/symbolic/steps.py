"""A step is data: what stood before, what stands after, and the rule that leads from one to the other.

Four kinds of claims have a type each. A `Step` says that before and after are equal. A `Selection` keeps
some terms and says what it left out. A `Bound` says that before is at most after. A `Counterexample` says
that before and after differ in general, and shows where.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from sympy import Expr

from ovlearn.symbolic.functions import is_matrix
from ovlearn.symbolic.statements import NAMES, Assumption, Sign


class RuleError(ValueError):
    """A rule that does not apply; the message says to what."""


class DerivationError(ValueError):
    """Steps that do not join, or a step that its rule does not make."""


@dataclass(frozen=True)
class Rule:
    """A named law and the function that applies it to an expression.

    `name`: one or two words; `law`: the law in symbols; `function(expr, *arguments)`: the new expression,
    or a mapping with `after` and whatever else the kind of step `makes` carries. It raises RuleError where
    the law does not apply, and never returns its input.

    Raises: DerivationError where it makes anything but one of the four kinds of steps.
    """

    name: str
    law: str
    function: Callable[..., Any]
    makes: type[Step]

    def __post_init__(self) -> None:
        if self.makes not in SIGNS:
            names = ", ".join(kind.__name__ for kind in SIGNS)
            raise DerivationError(f"makes: expected one of {names}, got {self.makes!r}")

    def __str__(self) -> str:
        return self.name

    def __reduce__(self) -> str:
        """A rule is pickled by its place, as functions are: its module holds it under its function's name."""
        return self.function.__qualname__

    def apply(self, expr: Any, *arguments: Any) -> Mapping[str, Any]:
        """What the rule makes of `expr`: the fields of a step.

        Raises: RuleError where it does not apply or leaves the expression as it was.
        """
        made = self.function(expr, *arguments)
        fields = made if isinstance(made, Mapping) else {"after": made}
        if fields["after"] == expr:
            raise RuleError(
                f"{self.name}: expected an expression that the rule changes, got {shortened(expr)}"
            )
        return fields


@dataclass(frozen=True, kw_only=True)
class Step:
    """`before` = `after`, by `rule` applied with `arguments`; `why` says it in words.

    Raises: DerivationError where the rule does not lead from `before` to exactly this step.
    """

    before: Any
    after: Any
    rule: Rule
    arguments: tuple[Any, ...] = ()
    why: str = ""
    sign: ClassVar[Sign] = "="

    def __post_init__(self) -> None:
        if not isinstance(self.rule, Rule):
            raise DerivationError(f"rule: expected a Rule, got {self.rule!r}")
        if type(self) is not self.rule.makes:
            raise DerivationError(
                f"{self.rule.name}: expected a {self.rule.makes.__name__}, got a {type(self).__name__}"
            )
        sign = SIGNS.get(type(self))
        if self.sign != sign:
            raise DerivationError(
                f"{self.rule.name}: expected a {type(self).__name__} to say {sign}, got {self.sign}"
            )
        for name, made in _applied(self.rule, self.before, self.arguments).items():
            if getattr(self, name) != made:
                raise DerivationError(
                    f"{self.rule.name}: expected {name} to be {shortened(made)}, "
                    f"got {shortened(getattr(self, name))}"
                )

    @property
    def sources(self) -> tuple[Assumption, ...]:
        """The assumptions that this step uses."""
        return tuple(argument for argument in self.arguments if isinstance(argument, Assumption))


@dataclass(frozen=True, kw_only=True)
class Selection(Step):
    """`after` is the part of `before` that is kept under the new name; `before` = `after` + `remainder`.

    `path`: where the claim is that `after` is the one path through these heads, those heads.

    Raises: DerivationError where the name is no symbol of its shape.
    """

    remainder: Any
    name: Any
    path: tuple[tuple[int, int], ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.name, NAMES) or self.name.shape != self.after.shape:
            shape = [*self.after.shape]
            raise DerivationError(
                f"{self.rule.name}: expected a symbol of shape {shape} as a name, got {self.name}"
            )


@dataclass(frozen=True, kw_only=True)
class Bound(Step):
    """`before` ≤ `after`, two numbers.

    Raises: DerivationError where a side is a matrix.
    """

    sign: ClassVar[Sign] = "≤"

    def __post_init__(self) -> None:
        super().__post_init__()
        for side in (self.before, self.after):
            if is_matrix(side) or not isinstance(side, Expr):
                shape = f" {[*side.shape]}" if is_matrix(side) else ""
                raise DerivationError(
                    f"{self.rule.name}: expected two numbers in a bound, got {shortened(side)}{shape}"
                )


@dataclass(frozen=True, kw_only=True)
class Counterexample(Step):
    """`before` ≠ `after` in general: `witness` gives exact matrices at which they differ."""

    witness: tuple[tuple[Any, Any], ...]
    sign: ClassVar[Sign] = "≠"


# The four kinds of claims, and what each says. A class of another's making could print one sign and be
# judged by another.
SIGNS: dict[type[Step], Sign] = {Step: "=", Selection: "=", Bound: "≤", Counterexample: "≠"}


def rule(name: str, law: str, makes: type[Step] = Step) -> Callable[[Callable[..., Any]], Rule]:
    """Make a Rule of a function that rewrites an expression.

    >>> from ovlearn.symbolic import Network, RuleError, add, terms
    >>> @rule("swap", "X + Y = Y + X")
    ... def swap(expr):
    ...     if len(terms(expr)) != 2:
    ...         raise RuleError("swap: expected two terms")
    ...     return add(*reversed(terms(expr)))
    >>> net = Network(layers=1)
    >>> swap.apply(add(net.stream(0), net.layer("Delta", 0)))
    {'after': Delta_0 + X_0}
    """

    def decorate(function: Callable[..., Any]) -> Rule:
        made = Rule(name, law, function, makes)
        for attribute in ("__doc__", "__module__"):
            object.__setattr__(made, attribute, getattr(function, attribute))
        return made

    return decorate


def take(rule: Rule, before: Any, arguments: tuple[Any, ...], why: str = "") -> Step:
    """The step that `rule` makes from `before`."""
    fields = _applied(rule, before, arguments)
    return rule.makes(
        before=before, rule=rule, arguments=arguments, why=why or reason(rule, arguments), **fields
    )


def reason(rule: Rule, arguments: tuple[Any, ...]) -> str:
    """Why a step may be taken: what its assumption says, else the law of its rule."""
    said = [argument.says for argument in arguments if isinstance(argument, Assumption)]
    return said[0] if said else rule.law


def shortened(expr: Any) -> str:
    """An expression as text, cut where it is long."""
    from ovlearn.symbolic.printing import to_text

    text = to_text(expr) if hasattr(expr, "args") else str(expr)
    return text if len(text) <= 120 else f"{text[:117]}..."


@lru_cache(maxsize=4)
def _applied(rule: Rule, before: Any, arguments: tuple[Any, ...]) -> Mapping[str, Any]:
    """Apply a rule. Cached, since making a step applies it once and checking the step once more."""
    return rule.apply(before, *arguments)
