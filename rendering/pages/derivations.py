"""The page of all derivations: what each takes as given, its chain, its lemmas, and how it was checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from textwrap import indent

import ovlearn as ov
from ovlearn.symbolic import Assumption, Derivation, Relation
from ovlearn.symbolic.notation import parse
from rendering.pages.evidence import SEEDS, checked, lesson_link
from rendering.pages.writing import displayed, folded, page, relation_latex, sentence, with_symbols

_LINE = 100  # characters of LaTeX beyond which an equation may be wider than a phone


def derivations_page() -> str:
    """The page `derivations.md`."""
    return page(
        "# All derivations",
        "Every derivation of the course, for three layers with one head each and the head of layer 1. Beside "
        "each line stands the rule that leads to it, and in the box what the chain shows. Folded are what it "
        "takes as given, and its lemmas.",
        f"Each step, those of the lemmas included, was checked over {SEEDS} seeds while this page was built; "
        "the small line says how it went. For other sizes: `ovlearn derive SLUG --layers 2 --heads 2`.",
        *(part for slug in ov.derivations() for part in _derivation(slug)),
    )


def _derivation(slug: str) -> Iterator[str]:
    derivation, report = ov.derive(slug), checked(slug)
    yield f"## {with_symbols(derivation.title)} {{ #{slug} }}"
    link = lesson_link(slug)
    yield f"`{slug}`, taught in {link}." if link else f"`{slug}`"
    yield from _chain(derivation)
    yield f'<small class="ov-checked">{_check(report)}</small>'
    for lemma in derivation.lemmas:
        yield folded(with_symbols(lemma.title), page(*_lemma(lemma, derivation)))


def _check(report: ov.Report) -> str:
    """How the steps were checked, and where a route does not apply, why."""
    said = f"{report.in_words()} All {len(report.faults)} planted faults were rejected."
    reasons = "; ".join(report.not_applicable)
    return f"{said} Where a route does not apply: {reasons}." if reasons else said


def _chain(derivation: Derivation) -> Iterator[str]:
    given = "\n".join(map(_given, derivation.assumptions))
    if given:
        yield folded(f"Given: {_names(derivation)}", given)
    known = _begins_like(derivation)
    if known:
        count = len(known.steps)
        yield f"Steps 1 to {count} are those of [`{known.slug}`](#{known.slug}). It goes on from there:"
        derivation = replace(derivation, initial=known.here, steps=derivation.steps[count:])
    yield displayed(derivation.latex())


def _begins_like(derivation: Derivation) -> Derivation | None:
    """The derivation of the course whose steps are all at the beginning of this one, if there is one."""
    others = (ov.derive(slug) for slug in ov.derivations() if slug != derivation.slug)
    return next((one for one in others if derivation.steps[: len(one.steps)] == one.steps), None)


def _lemma(lemma: Derivation, whole: Derivation) -> Iterator[str]:
    """The chain of a lemma; of what it takes as given, only what is new is spelled out."""
    if lemma.assumptions:
        yield f"Given: {_names(lemma)}."
        yield "\n".join(_given(one) for one in lemma.assumptions if one not in whole.assumptions)
    yield displayed(lemma.latex())


def _names(derivation: Derivation) -> str:
    return ", ".join(one.name for one in derivation.assumptions)


def _given(one: Assumption) -> str:
    """An assumption in words, with its equation: that of layer 1, where it has one for each layer."""
    kind = f"[{one.kind}](#{one.derived_in})" if one.derived_in else one.kind
    says = f"- **{sentence(one.name)}** ({kind}): {with_symbols(one.says)}"
    if not one.equations:
        return f"{says}."
    shown = next((each for each in one.equations if _of_layer_1(each)), one.equations[0])
    more = ", and so on" if len(one.equations) > 1 else ""
    equation = relation_latex(shown)
    if len(equation) > _LINE:  # in a box of its own, which a phone can scroll
        return f"{says}{more}:\n\n{indent(displayed(equation), '    ')}\n"
    return f"{says}: ${equation}${more}"


def _of_layer_1(relation: Relation) -> bool:
    return parse(str(relation.lhs))[1][:1] == (1,)
