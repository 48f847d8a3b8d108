"""The pages of the derivations: a table of all; for each its chain, its lemmas, and how it was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import ovlearn as ov
from ovlearn.checking import ROUTES
from ovlearn.symbolic import Assumption, Derivation, Relation
from ovlearn.symbolic.notation import parse
from rendering.equations.formulas import carried, chain_of
from rendering.markdown import badge, folded, indented
from rendering.pages.evidence import ROUTE_NAMES, SEEDS, checked, lesson_link, lesson_number
from rendering.pages.pieces import (
    compact,
    displayed,
    page,
    relation_data,
    sentence,
    table,
    with_symbols,
)

_ABBREVIATED = {"ov": "OV", "qk": "QK", "rms": "RMS"}
_LINE = 100  # characters of LaTeX beyond which an equation may be wider than a phone


def derivation_pages() -> dict[str, Callable[[], str]]:
    """What writes the table and each derivation, by the address of its page."""
    each = {f"derivations/{slug}.md": partial(derivation_page, slug) for slug in ov.derivations()}
    return {"derivations/index.md": index_page, **each}


def index_page() -> str:
    """The page `derivations/index.md`."""
    head = ("Lesson", "Derivation", "Steps", "How they were checked")
    return page(
        "# All derivations",
        "Every derivation of the course, in its order. Each has a page: what it takes as given, its steps "
        "with their rules, its lemmas, and how each step was checked.",
        compact(table(head, map(_row, ov.derivations()))),
        f"The steps include those of the lemmas. They were checked over {SEEDS} seeds while this page was "
        "built. Where a route judged fewer steps than there are, the page of the derivation says why.",
    )


def derivation_page(slug: str) -> str:
    """The page `derivations/SLUG.md`."""
    derivation, report = ov.derive(slug), checked(slug)
    return page(
        f"---\ntitle: {_short(slug)}\n---",
        f"# {with_symbols(derivation.title)}",
        _about(slug),
        *_chain(derivation),
        badge(report.in_brief(), _check(report)),
        *(
            part
            for number, one in enumerate(derivation.lemmas, 1)
            for part in _lemma(number, one, derivation)
        ),
        "[All derivations](index.md)",
    )


def _short(slug: str) -> str:
    """What the sidebar calls it.

    >>> _short("ov-circuit"), _short("path-expansion")
    ('OV circuit', 'Path expansion')
    """
    first, *rest = (_ABBREVIATED.get(word, word) for word in slug.split("-"))
    return " ".join([first[0].upper() + first[1:], *rest])


def _row(slug: str) -> tuple[str, ...]:
    report = checked(slug)
    routes = ", ".join(f"{ROUTE_NAMES[route]} {report.count(route)['passed']}" for route in ROUTES)
    title = f"[{with_symbols(ov.derivations()[slug])}]({slug}.md)"
    lesson = lesson_link(slug, lesson_number(slug), up="../") or "–"
    return lesson, title, str(report.steps), f"{routes}; faults rejected: {report.rejected}"


def _about(slug: str) -> str:
    link = lesson_link(slug, up="../")
    taught = f"`{slug}`, taught in {link}." if link else f"`{slug}`."
    return (
        f"{taught} Here it is for three layers with one head each, and the head of layer 1; for other sizes: "
        f"`ovlearn derive {slug} --layers 2 --heads 2`. Beside each line stands the rule that leads to it, "
        "and in the box what the chain shows."
    )


def _check(report: ov.Report) -> str:
    """How the steps were checked, and where a route does not apply, why."""
    said = f"{report.in_words()} All {len(report.faults)} planted faults were rejected."
    reasons = "; ".join(report.not_applicable)
    return f"{said} Where a route does not apply: {reasons}." if reasons else said


def _chain(derivation: Derivation) -> Iterator[str]:
    if derivation.assumptions:
        assumptions = "\n".join(map(_assumption, derivation.assumptions))
        yield folded("note", f"Given: {_names(derivation)}", assumptions)
    first = _begins_like(derivation)
    if first:
        count = len(first.steps)
        yield f"Steps 1 to {count} are those of [`{first.slug}`]({first.slug}.md). It goes on from there:"
        derivation = replace(derivation, initial=first.here, steps=derivation.steps[count:])
    yield chain_of(derivation.as_data())


def _begins_like(derivation: Derivation) -> Derivation | None:
    """The derivation of the course whose steps are all at the beginning of this one, if there is one."""
    others = (ov.derive(slug) for slug in ov.derivations() if slug != derivation.slug)
    return next((one for one in others if derivation.steps[: len(one.steps)] == one.steps), None)


def _lemma(number: int, lemma: Derivation, whole: Derivation) -> Iterator[str]:
    """The chain of a lemma; of what it takes as given, only what is new is spelled out."""
    yield f"## Lemma: {with_symbols(lemma.title)} {{ #lemma-{number} }}"
    if lemma.assumptions:
        yield f"Given: {_names(lemma)}."
        yield "\n".join(_assumption(one) for one in lemma.assumptions if one not in whole.assumptions)
    yield chain_of(lemma.as_data())


def _names(derivation: Derivation) -> str:
    return ", ".join(one.name for one in derivation.assumptions)


def _assumption(one: Assumption) -> str:
    """An assumption in words, with its equation: that of layer 1, where it has one for each layer."""
    kind = f"[{one.kind}]({one.derived_in}.md)" if one.derived_in else one.kind
    says = f"- **{sentence(one.name)}** ({kind}): {with_symbols(one.says)}"
    if not one.equations:
        return f"{says}."
    shown = next((each for each in one.equations if _of_layer_1(each)), one.equations[0])
    more = ", and so on" if len(one.equations) > 1 else ""
    equation = relation_data(shown)
    if len(equation["latex"]) > _LINE:  # in a box of its own, which a phone can scroll
        return f"{says}{more}:\n\n{indented(displayed(equation))}\n"
    return f"{says}: ${carried(equation)}${more}."


def _of_layer_1(relation: Relation) -> bool:
    return parse(str(relation.lhs))[1][:1] == (1,)
