"""Expressions, relations and derivations as data. Nothing is parsed as code, and every step is taken again.

What comes out of a worker may be made to be slow: powers, sizes and numbers of steps have bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy
from sympy.core.symbol import Str

from ovlearn.symbolic import Assumption, Derivation, Relation, rules
from ovlearn.symbolic.functions import KINDS

Decode = Callable[[Any], Any]
# Every kind of node that an expression may have, by name.
_NODES = {
    kind.__name__: kind
    for kind in (
        *(sympy.MatAdd, sympy.MatMul, sympy.Transpose, sympy.Identity, sympy.ZeroMatrix, sympy.OneMatrix),
        *(sympy.MatPow, sympy.Inverse, sympy.HadamardProduct, sympy.MatrixSymbol, sympy.KroneckerProduct),
        *(sympy.Add, sympy.Mul, sympy.Pow),
        *KINDS,
    )
}
_UNEVALUATED = {"MatAdd", "MatMul", "Add", "Mul", "Pow", "MatPow"}
_HIGHEST = 16  # power
_MOST_STEPS = 500
_MOST_SUMMED = 1000  # terms that a sum with a number as its end is spelled out to
_LONGEST = 600  # digits of a fraction
_RULES = {getattr(rules, name).name: getattr(rules, name) for name in rules.__all__}


@dataclass(frozen=True)
class Claimed:
    """A derivation as it was sent. Look at its beginning before `replayed` takes its steps again."""

    initial: Any
    assumptions: tuple[Assumption, ...]
    steps: tuple[tuple[str, tuple[Any, ...]], ...]

    def replayed(self) -> Derivation:
        """Return the derivation that these rules make.

        Raises: KeyError for a rule that is not the course's; RuleError or DerivationError where a step fails.
        """
        made = Derivation(self.initial, self.assumptions)
        for name, arguments in self.steps:
            made = made.apply(_RULES[name], *arguments)
        return made


def encode(value: object, part: Callable[[object], Any]) -> Any:
    """Return a value of sympy's or of the symbolic floor as data; None for any other.

    `part` encodes what it is made of.
    """
    if isinstance(value, Derivation):
        return _derivation(value, part)
    if isinstance(value, Relation):
        return ["relation", *(part(side) for side in (value.lhs, value.rhs)), value.sign]
    if isinstance(value, Assumption):
        equations = [part(each) for each in value.equations]
        return ["assumption", value.name, value.says, equations, value.kind, value.derived_in]
    if isinstance(value, sympy.MatrixBase):
        entries = [part(each) for each in value.flat()]
        return ["matrix", list(value.shape), entries]
    if isinstance(value, sympy.Basic):
        return _expression(value, part)
    return None


def _derivation(value: Derivation, part: Callable[[object], Any]) -> Any:
    """A derivation as its beginning and the rules that were applied; the steps are not told, but taken."""
    steps = [
        [step.rule.name, [part(one) for one in step.arguments]]
        if _RULES.get(step.rule.name) is step.rule
        else [f"{step.rule.name} (a rule of its own)", []]
        for step in value.steps
    ]
    return ["derivation", part(value.initial), [part(each) for each in value.assumptions], steps]


def _expression(value: Any, part: Callable[[object], Any]) -> Any:
    if isinstance(value, sympy.Rational):
        return ["rational", hex(value.p), hex(value.q)]
    if isinstance(value, Str):
        return ["name", value.name]
    if type(value) is sympy.Symbol:
        return ["symbol", value.name, [list(pair) for pair in sorted(value._assumptions_orig.items())]]
    if isinstance(value, sympy.Float):
        return part(float(value))
    name = type(value).__name__
    if _NODES.get(name) is not type(value):
        return ["unknown", name, ""]
    return ["node", name, [part(each) for each in value.args]]


def _node(part: Decode, name: str, encoded: list[Any]) -> Any:
    parts = [part(each) for each in encoded]
    parts = [sympy.sympify(each) if isinstance(each, int | float) else each for each in parts]
    if not all(isinstance(each, sympy.Basic) for each in parts):
        raise TypeError(name)
    if name in ("Pow", "MatPow"):
        parts[1] = _as_fraction(parts[1])
        if not _low(parts[1]):
            raise ValueError("power")
    if name == "SumBelow" and (len(parts) != 4 or (parts[1].is_Integer and parts[1] > _MOST_SUMMED)):
        raise ValueError("terms")
    kind: Any = _NODES[name]
    return kind(*parts, evaluate=False) if name in _UNEVALUATED else kind(*parts)


def _as_fraction(power: Any) -> Any:
    """A power that was written 0.5, as the half that it is."""
    if not isinstance(power, sympy.Float):
        return power
    near = sympy.Rational(Fraction(float(power)).limit_denominator(_HIGHEST))
    return near if abs(float(near) - float(power)) < 1e-12 else power


def _low(power: Any) -> bool:
    return isinstance(power, sympy.Rational) and abs(power.p) <= _HIGHEST and power.q <= _HIGHEST


def _rational(part: Decode, above: str, below: str) -> Any:
    if len(above) + len(below) > 2 * _LONGEST:
        raise ValueError("digits")
    return sympy.Rational(int(above, 16), int(below, 16))


def _claimed(part: Decode, initial: Any, assumptions: list[Any], steps: list[Any]) -> Claimed:
    if len(steps) > _MOST_STEPS:
        raise ValueError("steps")
    taken = tuple((str(name), tuple(map(part, arguments))) for name, arguments in steps)
    return Claimed(part(initial), tuple(map(part, assumptions)), taken)


def _relation(part: Decode, lhs: Any, rhs: Any, sign: Any) -> Relation:
    return Relation(part(lhs), part(rhs), sign)


def _assumption(
    part: Decode, name: str, says: str, equations: list[Any], kind: Any, derived_in: str
) -> Assumption:
    return Assumption(name, says, tuple(map(part, equations)), kind, derived_in)


def _symbol(part: Decode, name: Any, assumed: list[Any]) -> Any:
    return sympy.Symbol(str(name), **{str(key): bool(is_) for key, is_ in assumed})


def _matrix(part: Decode, shape: list[int], entries: list[Any]) -> Any:
    return sympy.ImmutableMatrix(*shape, [part(each) for each in entries])


# What decodes each kind: handed the decoder of its parts, then the parts.
DECODERS: dict[str, Callable[..., Any]] = {
    "derivation": _claimed,
    "relation": _relation,
    "assumption": _assumption,
    "matrix": _matrix,
    "rational": _rational,
    "name": lambda part, text: Str(str(text)),
    "symbol": _symbol,
    "node": _node,
}
