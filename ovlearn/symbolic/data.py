"""A derivation as plain data, which JSON can hold: what it says, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ovlearn.symbolic import tags
from ovlearn.symbolic.expressions import terms
from ovlearn.symbolic.layout import has_one_head, label_of, laid, latex_style, relation_latex, text_style
from ovlearn.symbolic.pathlabels import path_of
from ovlearn.symbolic.printing import TextPrinter
from ovlearn.symbolic.statements import Assumption, Relation
from ovlearn.symbolic.steps import Counterexample, Selection, Step

if TYPE_CHECKING:
    from ovlearn.symbolic.derivation import Derivation


def as_data(derivation: Derivation) -> dict[str, Any]:
    """Everything as plain data: expressions as text and as LaTeX, and the symbols in what is shown of them.

    The symbols of some LaTeX are as `tags.read` tells them.
    """
    return {
        "slug": derivation.slug,
        "title": derivation.title,
        "network": _network_data(derivation),
        "assumptions": [_assumption_data(one, derivation) for one in derivation.assumptions],
        "initial": _expression_data(derivation.initial, derivation),
        "steps": [*_steps_data(derivation)],
        "result": _relation_data(derivation.result, derivation),
        "paths": [list(map(list, path_of(term))) for term in terms(derivation.here)],
        "latex": derivation.latex(),
        "lemmas": [as_data(lemma) for lemma in derivation.lemmas],
    }


def _assumption_data(one: Assumption, derivation: Derivation) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "says": one.says,
        "derived_in": one.derived_in,
        "equations": [_relation_data(relation, derivation) for relation in one.equations],
    }


def _steps_data(derivation: Derivation) -> Iterator[dict[str, Any]]:
    """The steps, each with how it is shown: its `label`, what stands on the `left` or None, and `lines`.

    The `sign` of the first line is LaTeX.
    """
    tagged, plain = latex_style(derivation, tagged=True), text_style(one_head=has_one_head(derivation))
    for one, text in zip(laid(derivation, tagged), laid(derivation, plain), strict=True):
        data = _step_data(one.step, derivation)
        data["label"] = label_of(one.step)
        data["left"] = _written(text.left, one.left) if one.left else None
        lines = zip(text.lines + text.witness, one.lines + one.witness, strict=True)
        data["lines"] = [_written(*line) for line in lines]
        data["lines"][0]["sign"] = one.sign
        yield data


def _step_data(step: Step, derivation: Derivation) -> dict[str, Any]:
    data = {
        "rule": step.rule.name,
        "law": step.rule.law,
        "why": step.why,
        "uses": [source.name for source in step.sources],
        "sign": step.sign,
        "before": _expression_data(step.before, derivation),
        "after": _expression_data(step.after, derivation),
    }
    if isinstance(step, Selection):
        data["name"] = _expression_data(step.name, derivation)
        data["remainder"] = _expression_data(step.remainder, derivation)
    if isinstance(step, Counterexample):
        data["witness"] = {str(symbol): str(matrix.tolist()) for symbol, matrix in step.witness}
    return data


def _relation_data(relation: Relation, derivation: Derivation) -> dict[str, Any]:
    latex = relation_latex(relation, latex_style(derivation, tagged=True).write)
    write = text_style(one_head=has_one_head(derivation)).write
    lhs, rhs = (_expression_data(side, derivation) for side in (relation.lhs, relation.rhs))
    return {
        "lhs": lhs,
        "sign": relation.sign,
        "rhs": rhs,
        **_written(f"{write(relation.lhs)} {relation.sign} {write(relation.rhs)}", latex),
    }


def _expression_data(expr: Any, derivation: Derivation) -> dict[str, str]:
    return {"text": TextPrinter().write(expr), "latex": latex_style(derivation).write(expr)}


def _written(text: str, tagged: str) -> dict[str, Any]:
    """What is shown: as text, as LaTeX, and the symbols in the LaTeX."""
    return {"text": text, **tags.read(tagged)}


def _network_data(derivation: Derivation) -> dict[str, int] | None:
    network = derivation.network
    return None if network is None else {"layers": network.layers, "heads": network.heads}
