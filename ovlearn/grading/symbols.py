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

import ovlearn.symbolic as symbolic
from ovlearn.symbolic import Assumption, Derivation, Relation, rules

# Every kind of node that an expression may have, by name.
_NODES = {
    kind.__name__: kind
    for kind in (
        *(sympy.MatAdd, sympy.MatMul, sympy.Transpose, sympy.Identity, sympy.ZeroMatrix, sympy.OneMatrix),
        *(sympy.MatPow, sympy.Inverse, sympy.HadamardProduct, sympy.MatrixSymbol, sympy.KroneckerProduct),
        *(sympy.Add, sympy.Mul, sympy.Pow),
        *(symbolic.At, symbolic.CausalMask, symbolic.Kronecker, symbolic.Layer, symbolic.OneHot),
        *(symbolic.Rank, symbolic.RowSoftmax, symbolic.SumBelow, symbolic.TokenSum, symbolic.Vec),
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


def encode(value: object, depth: int = 0) -> Any:
    """Return a value of sympy's or of the symbolic floor as data; None for any other."""
    from ovlearn.grading import values

    if isinstance(value, Derivation):
        return _derivation(value, depth)
    if isinstance(value, Relation):
        return ["relation", *(values.encode(side, depth) for side in (value.lhs, value.rhs)), value.sign]
    if isinstance(value, Assumption):
        equations = [values.encode(each, depth) for each in value.equations]
        return ["assumption", value.name, value.says, equations, value.kind, value.derived_in]
    if isinstance(value, sympy.MatrixBase):
        entries = [values.encode(each, depth) for each in value.flat()]
        return ["matrix", list(value.shape), entries]
    if isinstance(value, sympy.Basic):
        return _expression(value, depth)
    return None


def _derivation(value: Derivation, depth: int) -> Any:
    """A derivation as its beginning and the rules that were applied; the steps are not told, but taken."""
    from ovlearn.grading import values

    steps = [
        [step.rule.name, [values.encode(one, depth) for one in step.arguments]]
        if _RULES.get(step.rule.name) is step.rule
        else [f"{step.rule.name} (a rule of its own)", []]
        for step in value.steps
    ]
    given = [values.encode(each, depth) for each in value.assumptions]
    return ["derivation", values.encode(value.initial, depth), given, steps]


def _expression(value: Any, depth: int) -> Any:
    from ovlearn.grading import values

    if isinstance(value, sympy.Rational):
        return ["rational", hex(value.p), hex(value.q)]
    if isinstance(value, Str):
        return ["name", value.name]
    if type(value) is sympy.Symbol:
        return ["symbol", value.name, [list(pair) for pair in sorted(value._assumptions_orig.items())]]
    if isinstance(value, sympy.Float):
        return values.encode(float(value))
    name = type(value).__name__
    if _NODES.get(name) is not type(value):
        return ["unknown", name, ""]
    return ["node", name, [values.encode(each, depth) for each in value.args]]


def _node(name: str, encoded: list[Any]) -> Any:
    from ovlearn.grading import values

    parts = [values.decode(each) for each in encoded]
    parts = [sympy.sympify(part) if isinstance(part, int | float) else part for part in parts]
    if not all(isinstance(part, sympy.Basic) for part in parts):
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


def _rational(above: str, below: str) -> Any:
    if len(above) + len(below) > 2 * _LONGEST:
        raise ValueError("digits")
    return sympy.Rational(int(above, 16), int(below, 16))


def _claimed(initial: Any, given: list[Any], steps: list[Any]) -> Claimed:
    from ovlearn.grading import values

    if len(steps) > _MOST_STEPS:
        raise ValueError("steps")
    taken = tuple((str(name), tuple(values.decode(each) for each in arguments)) for name, arguments in steps)
    return Claimed(values.decode(initial), tuple(values.decode(each) for each in given), taken)


def _relation(lhs: Any, rhs: Any, sign: Any) -> Relation:
    from ovlearn.grading import values

    return Relation(values.decode(lhs), values.decode(rhs), sign)


def _assumption(name: str, says: str, equations: list[Any], kind: Any, derived_in: str) -> Assumption:
    from ovlearn.grading import values

    return Assumption(name, says, tuple(values.decode(each) for each in equations), kind, derived_in)


def _matrix(shape: list[int], entries: list[Any]) -> Any:
    from ovlearn.grading import values

    return sympy.ImmutableMatrix(*shape, [values.decode(each) for each in entries])


DECODERS: dict[str, Callable[..., Any]] = {
    "derivation": _claimed,
    "relation": _relation,
    "assumption": _assumption,
    "matrix": _matrix,
    "rational": _rational,
    "name": lambda text: Str(str(text)),
    "symbol": lambda name, assumed: sympy.Symbol(str(name), **{str(key): bool(is_) for key, is_ in assumed}),
    "node": _node,
}
