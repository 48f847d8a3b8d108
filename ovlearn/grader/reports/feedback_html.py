"""A learner's feedback as a page that stands alone."""

from __future__ import annotations

from ovlearn.grader.reports.feedback import Feedback, Told, ToldSet
from ovlearn.grader.reports.html import Html, element, join, page, quoted, table
from ovlearn.grader.reports.prose import prose


def as_html(feedback: Feedback) -> str:
    """Return the page."""
    body = join(
        element("h1", f"Feedback for {feedback.learner}"),
        element("p", feedback.total),
        element("p", feedback.note, class_="soft") if feedback.note else Html(""),
        _teacher(feedback.comment),
        *(_set(each) for each in feedback.sets),
    )
    return page(f"Feedback for {feedback.learner}", body)


def _set(told: ToldSet) -> Html:
    lesson = element("p", element("a", "Read the lesson again", href=told.lesson), class_="soft")
    return element(
        "section", element("h2", told.title), lesson, *(_exercise(each) for each in told.exercises)
    )


def _exercise(told: Told) -> Html:
    kind = {"passed": "good", "wrong": "bad"}.get(told.status, "soft")
    points = element("span", f" · {told.score}", class_="soft")
    name = join(element("a", told.title, href=told.link), " (", element("code", told.name), ")")
    parts = [
        element("h3", name),
        element("p", element("strong", told.word, class_=kind), points),
        element("p", "The mistake: ", element("strong", told.mistake)) if told.mistake else Html(""),
        element("p", quoted(told.says)) if told.says else Html(""),
    ]
    if told.evidence:
        rows = [(name, element("code", value)) for name, value in told.evidence]
        parts.append(table((), rows, "What the check saw"))
    if told.hint:
        of = element("strong", f"Hint {told.hint.number} of {told.hint.of}")
        parts.append(element("div", of, prose(told.hint.markdown), class_="hint"))
    return element("article", *parts, _teacher(told.comment), class_=told.status.replace(" ", "-"))


def _teacher(comment: str) -> Html:
    if not comment:
        return Html("")
    return element("div", element("strong", "Your teacher says"), element("p", comment), class_="teacher")
