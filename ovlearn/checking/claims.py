"""What a step claims, ready to be judged; and the context that it is claimed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from sympy import MatrixSymbol, Min

from ovlearn.checking.binding import Binding
from ovlearn.checking.indices import INDEXED, indexed_in
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import ShapeError, check_shapes, children, nodes, symbols
from ovlearn.symbolic.functions import OneHot, Rank, Rotation, TokenSum, is_matrix
from ovlearn.symbolic.notation import GLOSSARY, STREAMS, Network, parse, s
from ovlearn.symbolic.statements import NAMES, Assumption, definitions, relations, unfold_layers
from ovlearn.symbolic.steps import Bound, Counterexample, Selection, Step


@dataclass(frozen=True)
class Claim:
    """`before` and `after` of a step, what kind of step it is, and what else it carries.

    `name` is the symbol that the chain stands for at its end, if it stands for one: its recorded value is
    what the forward pass says `after` should be. `sources` are the assumptions that the step uses.
    """

    kind: type[Step]
    before: Any
    after: Any
    remainder: Any = None
    witness: tuple[tuple[Any, Any], ...] = ()
    name: Any = None
    sources: tuple[Assumption, ...] = ()

    @property
    def compares_ranks(self) -> bool:
        """Whether the claim is an equality of ranks."""
        return self.kind is not Bound and any(isinstance(side, Rank) for side in (self.before, self.after))

    def expressions(self) -> tuple[Any, ...]:
        """What stands on either side, the remainder too."""
        return (self.before, self.after, *([] if self.remainder is None else [self.remainder]))

    def check_shapes(self) -> None:
        """Raise ShapeError where a side does not type-check, or the sides cannot be compared.

        Raises: TypeError where a side holds what no route can read.
        """
        for part in self.expressions():
            check_shapes(part)
        shapes = {tuple(part.shape) if is_matrix(part) else () for part in self.expressions()}
        if self.kind is Bound and shapes != {()}:
            raise ShapeError(f"claim: expected two numbers in a bound, got {sorted(map(str, shapes))}")
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
    def relations(self) -> tuple[tuple[str, Any], ...]:
        """The declared equations that are no definitions, as T P = P T, each with its assumption's name."""
        return relations(self.derivation.assumptions)

    @cached_property
    def second_definitions(self) -> tuple[tuple[str, Any], ...]:
        """The equations of symbols that another equation defines already, each with its assumption's name."""
        first = definitions(self.derivation.assumptions)
        stated = ((one.name, each) for one in self.derivation.assumptions for each in one.equations)
        return tuple((name, each) for name, each in stated if first.get(each.lhs, each.rhs) != each.rhs)

    def relation_in(self, claim: Claim) -> str:
        """The name of a declared relation about a symbol of the claim; empty where there is none."""
        if not self.relations:
            return ""
        spoken = self.symbols(*claim.expressions())
        return next((name for name, each in self.relations if spoken & self.symbols(each.lhs, each.rhs)), "")

    def bound_in(self, claim: Claim) -> str:
        """The names in a claim whose values are the reader's own bindings, in words; empty without any."""
        found = (name for name in self.symbols(*claim.expressions()) if isinstance(name, MatrixSymbol))
        return ", ".join(sorted(name.name for name in found if name.name in self.extra))

    def symbols(self, *expressions: Any) -> set[Any]:
        """The symbols in expressions, and those that they are defined by."""
        found: set[Any] = set()
        waiting = list(expressions)
        while waiting:
            for node in nodes(self.spelled_out(waiting.pop())) - found:
                if isinstance(node, NAMES):
                    found.add(node)
                    waiting.extend([self.definitions[node]] if node in self.definitions else [])
        return found

    @cached_property
    def expressions(self) -> tuple[Any, ...]:
        """Everything that the claims, the definitions and the relations speak of, layers spelled out."""
        claimed = (part for claim in map(self.spelled, self.claims) for part in claim.expressions())
        related = (side for _, each in self.relations for side in (each.lhs, each.rhs))
        return (*claimed, *self.definitions, *self.definitions.values(), *related)

    @cached_property
    def names(self) -> frozenset[Any]:
        """Every symbol that the claims, the definitions and the relations speak of."""
        return frozenset(symbol for expr in self.expressions for symbol in symbols(expr))

    @cached_property
    def indexed(self) -> frozenset[Any]:
        """What has an index that is no number yet, as X_n."""
        return indexed_in(self.expressions)

    @cached_property
    def positions(self) -> dict[Any, Any]:
        """The index of each e_i or R_i that no sum runs over, with how many positions there are, at least."""
        return _smallest(_free_rows(expr) for expr in self.expressions)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """One claim a step."""
        claims, name = [], self.derivation.initial
        for step in self.derivation.steps:
            name = step.name if isinstance(step, Selection) else name
            name = name if step.sign == "=" else None  # what is unequal to it is not its value
            claims.append(_claim(step, name))
        return tuple(claims)

    def spelled(self, claim: Claim) -> Claim:
        """The claim with layers replaced by what the assumptions say that they compute."""
        rest = None if claim.remainder is None else self.spelled_out(claim.remainder)
        before, after = self.spelled_out(claim.before), self.spelled_out(claim.after)
        return replace(claim, before=before, after=after, remainder=rest)

    def spelled_out(self, expr: Any) -> Any:
        """`expr` with layers replaced by what the assumptions say that they compute."""
        return unfold_layers(expr, self.derivation.assumptions)


def _claim(step: Step, name: Any) -> Claim:
    return Claim(
        kind=type(step),
        before=step.before,
        after=step.after,
        remainder=step.remainder if isinstance(step, Selection) else None,
        witness=step.witness if isinstance(step, Counterexample) else (),
        name=name,
        sources=step.sources,
    )


def _free_rows(expr: Any) -> dict[Any, Any]:
    """The index of each e_i or R_i in an expression that no sum around it runs over, with its size."""
    if isinstance(expr, OneHot):
        return {expr.args[0]: expr.args[1]}
    if isinstance(expr, Rotation):
        return dict.fromkeys(expr.free_symbols, s)
    found = _smallest(map(_free_rows, children(expr)))
    if isinstance(expr, TokenSum):
        found.pop(expr.args[1], None)
    return found


def _smallest(tables: Iterable[dict[Any, Any]]) -> dict[Any, Any]:
    """The least size that each index has in any of the tables."""
    found: dict[Any, Any] = {}
    for index, size in (pair for table in tables for pair in table.items()):
        found[index] = Min(found.get(index, size), size)
    return found


def context(derivation: Derivation, extra: Mapping[str, Binding], network: Network | None = None) -> Context:
    """The context of a derivation; where it names no network, one large enough for its symbols."""
    return Context(derivation, derivation.network or network or _spanned(derivation), extra)


def _spanned(derivation: Derivation) -> Network:
    """The smallest network that has every layer and head that the symbols name."""
    stated = [side for one in derivation.assumptions for rel in one.equations for side in (rel.lhs, rel.rhs)]
    found = set().union(
        *map(nodes, [derivation.initial, *(step.after for step in derivation.steps), *stated])
    )
    layers, heads = (3 if any(isinstance(node, INDEXED) for node in found) else 1), 1
    for node in found:
        base, indices = parse(node.name) if isinstance(node, MatrixSymbol) else ("", ())
        base = base.removesuffix("_col")
        if base in GLOSSARY and indices:
            layers = max(layers, max(indices[::2]) + (base not in STREAMS))  # X_n is there with n layers
            heads = max(heads, 1 + max(indices[1::2], default=0))
    return Network(layers, heads)
