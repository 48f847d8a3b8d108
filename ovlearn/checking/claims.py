"""What a step claims, ready to be judged; and the context that it is claimed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from ovlearn.checking.binding import Binding
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import ShapeError, check_shapes, nodes, rewrite
from ovlearn.symbolic.functions import At, SumBelow
from ovlearn.symbolic.notation import GLOSSARY, Network, parse
from ovlearn.symbolic.statements import definitions, unfold_layers
from ovlearn.symbolic.steps import Bound, Counterexample, Selection, Step


@dataclass(frozen=True)
class Claim:
    """`before` and `after` of a step, what kind of step it is, and what else it carries.

    `name` is the symbol that the chain stands for at its end, if it stands for one: its recorded value is
    what the forward pass says `after` should be.
    """

    kind: type[Step]
    before: Any
    after: Any
    remainder: Any = None
    witness: tuple[tuple[Any, Any], ...] = ()
    name: Any = None

    def expressions(self) -> tuple[Any, ...]:
        """What stands on either side, the remainder too."""
        return tuple(part for part in (self.before, self.after, self.remainder) if part is not None)

    def check_shapes(self) -> None:
        """Raise ShapeError where a side does not type-check, or the sides cannot be compared."""
        for part in self.expressions():
            check_shapes(part)
        shapes = {tuple(part.shape) for part in self.expressions() if hasattr(part, "shape")}
        if len(shapes) > 1:
            raise ShapeError(f"claim: expected sides of one shape, got {sorted(map(str, shapes))}")


@dataclass(frozen=True)
class Context:
    """Where claims are judged: the network, what its symbols stand for, and the reader's own bindings."""

    derivation: Derivation
    network: Network
    extra: Mapping[str, Binding] = field(default_factory=dict)

    @cached_property
    def definitions(self) -> dict[Any, Any]:
        """What each defined symbol stands for, layers spelled out."""
        table = definitions(self.derivation.assumptions)
        return {lhs: unfold_layers(rhs, self.derivation.assumptions) for lhs, rhs in table.items()}

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """One claim a step, layers spelled out."""
        claims, name = [], self.derivation.initial
        for step in self.derivation.steps:
            name = step.name if isinstance(step, Selection) else name
            claims.append(self._claim(step, name))
        return tuple(claims)

    def _claim(self, step: Step, name: Any) -> Claim:
        return Claim(
            kind=type(step),
            before=self.spelled_out(step.before),
            after=self.spelled_out(step.after),
            remainder=self.spelled_out(step.remainder) if isinstance(step, Selection) else None,
            witness=step.witness if isinstance(step, Counterexample) else (),
            name=name if not isinstance(step, Bound) else None,
        )

    def spelled_out(self, expr: Any) -> Any:
        """`expr` with layers replaced by what they compute."""
        return unfold_layers(expr, self.derivation.assumptions)


def context(derivation: Derivation, extra: Mapping[str, Binding], network: Network | None = None) -> Context:
    """The context of a derivation; where it names no network, one large enough for its symbols."""
    return Context(derivation, derivation.network or network or _spanned(derivation), extra)


def _spanned(derivation: Derivation) -> Network:
    """The smallest network that has every layer and head that the symbols name; at least three layers."""
    layers, heads = 3, 1
    expressions = [derivation.initial, *(step.after for step in derivation.steps)]
    for node in {node for expr in expressions for node in nodes(expr) if hasattr(node, "name")}:
        base, indices = parse(node.name)
        if base.removesuffix("_col") in GLOSSARY and indices:
            layers = max(layers, 1 + max(indices[::2]))
            heads = max(heads, 1 + max(indices[1::2], default=0))
    return Network(layers, heads)


@lru_cache(maxsize=10_000)
def at_number(expr: Any, number: int) -> Any:
    """`expr` with every symbolic index n made a number: X_n and Σ_{j<n} become plain symbols and sums."""

    def change(node: Any) -> Any:
        if not isinstance(node, (At, SumBelow)):
            return node
        base, index, rows, columns = node.args
        return node.func(base, index.subs(dict.fromkeys(index.free_symbols, number)), rows, columns)

    return rewrite(expr, change)


def numbered_definitions(table: Mapping[Any, Any], number: int) -> dict[Any, Any]:
    """Definitions with every symbolic index made a number; what then says X = X + 0 is left out."""
    numbered = {at_number(lhs, number): at_number(rhs, number) for lhs, rhs in table.items()}
    return {lhs: rhs for lhs, rhs in numbered.items() if lhs not in nodes(rhs)}
