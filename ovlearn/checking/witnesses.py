"""Judge a counterexample: whether its witness can be, and whether the two sides differ there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from sympy import ImmutableMatrix, MatrixBase, MatrixSymbol

from ovlearn.checking.arithmetic import Array, Floats
from ovlearn.checking.binding import FREE, Recorded, is_bound, is_taken, value_of
from ovlearn.checking.claims import Claim, Context
from ovlearn.checking.evaluation import Evaluator
from ovlearn.checking.judgement import Judgement, failed, not_applicable, passed
from ovlearn.checking.network import is_input, meaning
from ovlearn.numeric import Config, Transformer
from ovlearn.symbolic.course.assumptions import layer_function
from ovlearn.symbolic.expressions import nodes, symbols
from ovlearn.symbolic.functions import Layer
from ovlearn.symbolic.notation import d, d_h, s, symbol, v
from ovlearn.symbolic.statements import unfold_layers
from ovlearn.symbolic.witness import check_witness, differ, exact

_CLEAR = 1e-9  # relative; rounding alone stays below


class NoWitness(ValueError):
    """A witness that cannot be; the message says why."""


class Witnesses:
    """Judges witnesses in one context.

    A witness gives values to inputs: tokens, weights, and matrices that nothing computes. What the network
    computes follows from them; where the witness gives it too, it must be that. And it must meet every
    declared relation.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.solved = cache(self._solved)

    def exactly(self, claim: Claim) -> Judgement:
        """Whether both sides differ, decided: no tries at random, and no bound."""
        try:
            values = self.solved(claim.witness, claim.before, claim.after)
            sides = [exact(self._spelled_out(side), values) for side in (claim.before, claim.after)]
        except NoWitness as reason:
            return failed(str(reason), bound=0.0, tries=1, witness=True)
        except ValueError as reason:
            return not_applicable(str(reason))
        if differ(*sides):
            return passed(tries=1, bound=0.0, where="at the witness", witness=True)
        return failed("the two sides agree at the witness", bound=0.0, tries=1, witness=True)

    def in_floats(self, claim: Claim) -> Judgement:
        """Whether both sides differ where the witness's own network was run on its tokens."""
        try:
            self.solved(claim.witness, claim.before, claim.after)
        except NoWitness as reason:
            return failed(str(reason), tries=1, witness=True)
        except ValueError as reason:
            return not_applicable(str(reason))
        evaluator = self._evaluator(claim)
        before, after = evaluator.value(claim.before), evaluator.value(claim.after)
        gaps = np.abs(before - after)  # same shape as both
        place = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
        scale = max(float(np.abs(before).max()), float(np.abs(after).max())) or 1.0
        gap, where = float(gaps[place]) / scale, f"entry {[int(index) for index in place]}"
        if gap > _CLEAR:
            by = f"{where} differs by {gap:.2g}"
            return passed(where=by, tries=1, compared=self._runs(claim), witness=True)
        if self.exactly(claim).outcome == "failed":
            return failed("the two sides agree at the witness", error=gap, tries=1, witness=True)
        return not_applicable("the two sides lie too near each other at the witness for floats to tell")

    def _runs(self, claim: Claim) -> bool:
        """Whether a claim speaks of what a network computes."""
        found = {node for side in (claim.before, claim.after) for node in nodes(side)}
        return any(isinstance(node, Layer) or self._is_computed(node) for node in found)

    def _is_computed(self, node: Any) -> bool:
        return isinstance(node, MatrixSymbol) and meaning(node, self.context.network) is not None

    def _spelled_out(self, expr: Any) -> Any:
        """`expr` with each layer as the network has it, whatever an assumption says.

        Behind norms and with rotations a layer has no exact value, and stays as it is.
        """
        net = self.context.network
        layers = () if net.norm or net.rotary else range(net.layers)
        functions = tuple(layer_function(net, layer) for layer in layers)
        return unfold_layers(expr, functions)

    def _meaning(self, name: Any) -> Any:
        """What a symbol follows from: in the network, else by a declared definition; None for an input."""
        found = meaning(name, self.context.network)
        if found is None and (name.name in FREE or not is_bound(name.name)):
            found = self.context.definitions.get(name)
        column = MatrixSymbol(f"{name.name}_col", *reversed(name.shape))
        return None if found is not None and column in symbols(found) else found  # which follows from it

    def _solved(self, witness: tuple[tuple[Any, Any], ...], *sides: Any) -> dict[Any, ImmutableMatrix]:
        """The value of every symbol that the sides, the witness and the relations about them speak of.

        Raises: NoWitness where the witness cannot be; ValueError where a value is not exact.
        """
        given = _checked(witness)
        values: dict[Any, ImmutableMatrix] = {}
        for expr in (*map(self._spelled_out, sides), *given):
            self._solve(expr, given, values)
        for name, relation in (*self.context.relations, *self.context.second_definitions):
            if (symbols(relation.lhs) | symbols(relation.rhs)) & values.keys():
                self._meet(name, relation, given, values)
        return values

    def _solve(self, expr: Any, given: dict[Any, Any], values: dict[Any, Any]) -> None:
        for name in sorted(symbols(expr) - values.keys(), key=str):
            made_of = self._meaning(name)
            if made_of is None:
                if is_taken(name.name) and not is_input(name, self.context.network):
                    raise NoWitness(f"{name} is not the witness's to choose: it is no input of the network")
                if name not in given:
                    raise NoWitness(f"the witness gives no value for {name}")
                values[name] = given[name]
                continue
            try:
                self._solve(made_of, given, values)
            except NoWitness as reason:
                raise NoWitness(f"{reason}, from which {name} follows") from None
            values[name] = exact(made_of, values | _sized(given))
            if name in given and differ(values[name], given[name]):
                raise NoWitness(f"the witness gives {name} a value that does not follow from the others")

    def _meet(self, name: str, relation: Any, given: dict[Any, Any], values: dict[Any, Any]) -> None:
        """Raise NoWitness where the witness does not obey a declared relation, or leaves it open."""
        for side in (relation.lhs, relation.rhs):
            self._solve(side, given, values)
        if differ(*(exact(side, values) for side in (relation.lhs, relation.rhs))):
            raise NoWitness(f"the witness does not obey {name!r}")

    def _evaluator(self, claim: Claim) -> Evaluator:
        values = {name: np.array(matrix.tolist(), dtype=np.float64) for name, matrix in claim.witness}
        sizes = {size: number for name, matrix in claim.witness for size, number in _sizes(name, matrix)}
        at = self._run(values, sizes)

        def lookup(name: Any) -> Array | None:
            if meaning(name, self.context.network) is not None:
                return value_of(name.name, at, {})
            return values.get(name)

        return Evaluator(Floats(), sizes, lookup, self.context.definitions, lambda index: 0, at.layer)

    def _run(self, values: dict[Any, Array], sizes: dict[Any, int]) -> Recorded:
        """A run of the network that has the witness's weights, on its tokens; what it leaves out is zero."""
        net = self.context.network
        n_ctx, d_model, d_head, d_vocab = (sizes.get(size, 1) for size in (s, d, d_h, v))
        config = Config(net.layers, net.heads, d_model, d_head, d_vocab, n_ctx)
        shapes = {"W_Q": (d_model, d_head), "W_K": (d_model, d_head), "W_V": (d_model, d_head)}
        heads = [*range(net.heads)]
        of_group = [net.first_of_group(head) for head in heads]
        weights = {
            base: np.array(
                [
                    [values.get(net.head(base, layer, head), np.zeros(shape)) for head in chosen]
                    for layer in range(net.layers)
                ]
            ).reshape(net.layers, net.heads, *shape)
            for base, shape in (shapes | {"W_O": (d_head, d_model)}).items()
            for chosen in [of_group if base in ("W_K", "W_V") else heads]
        }
        ends = {
            base: values.get(symbol(base), np.zeros(shape))
            for base, shape in (("W_E", (d_vocab, d_model)), ("W_U", (d_model, d_vocab)))
        }
        tokens = values.get(symbol("E"), np.zeros((n_ctx, d_vocab))).argmax(axis=1)  # [pos]
        return Recorded(Transformer(config, **weights, **ends).run(tokens), 0)


def _checked(witness: tuple[tuple[Any, Any], ...]) -> dict[Any, ImmutableMatrix]:
    """The values that a witness gives.

    Raises: NoWitness for a witness that is no table of rational matrices, one a symbol, of sizes that agree.
    """
    for name, matrix in witness:
        if not isinstance(name, MatrixSymbol) or not isinstance(matrix, MatrixBase):
            raise NoWitness(f"the witness is no table of matrices: {name} is given {type(matrix).__name__}")
    values = {name: ImmutableMatrix(matrix) for name, matrix in witness}
    if len(values) < len(witness):
        raise NoWitness("the witness gives one symbol twice")
    if not values:
        raise NoWitness("there is no witness")
    try:
        check_witness(values)
    except ValueError as reason:
        raise NoWitness(str(reason)) from None
    tokens = values.get(symbol("E"))
    if tokens is not None and any(sorted(row) != [0] * (len(row) - 1) + [1] for row in tokens.tolist()):
        raise NoWitness("the witness gives E rows that are not one-hot")
    return values


def _sized(given: dict[Any, Any]) -> dict[Any, Any]:
    """The witness's matrices under names that nothing asks for: an exact value reads sizes off them."""
    return {MatrixSymbol(f"({name})", *name.shape): matrix for name, matrix in given.items()}


def _sizes(name: Any, matrix: Any) -> Iterator[tuple[Any, int]]:
    return zip(name.shape, map(int, matrix.shape), strict=True)
