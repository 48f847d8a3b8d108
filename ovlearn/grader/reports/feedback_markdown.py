"""A learner's feedback as Markdown, for platforms that show that, and for terminals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ovlearn.exercises.starters import for_notebooks
from ovlearn.grader.reports.feedback import Feedback, Told

# What Markdown, GitHub's too, would take for more than text; some only at the beginning, or in an address.
_SIGNS = re.compile(r"([\\`*_\[\]<>#|~$&@]|^[-+=]|:(?=//)|(?<=www)\.)")
_NUMBERED = re.compile(r"^(\d+)([.)])")


def as_markdown(feedback: Feedback) -> str:
    """Return the text."""
    return "\n\n".join(_paragraphs(feedback)) + "\n"


def plainly(text: str) -> str:
    r"""Return text in which no sign is Markdown's or HTML's, in one line.

    >>> plainly("a *b*\n# <c>")
    'a \\*b\\* \\# \\<c\\>'
    """
    return _NUMBERED.sub(r"\1\\\2", _SIGNS.sub(r"\\\1", " ".join(text.split())))


def code(text: str) -> str:
    """Return text as code in a line, whatever backticks it holds.

    >>> code("a `b` c")
    '`` a `b` c ``'
    """
    line = " ".join(text.split())
    if not line:
        return ""
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if longest else f"`{line}`"


def _paragraphs(feedback: Feedback) -> Iterator[str]:
    yield f"# Feedback for {plainly(feedback.learner)}"
    yield feedback.total
    if feedback.note:
        yield plainly(feedback.note)
    if feedback.comment:
        yield f"**Your teacher says:** {plainly(feedback.comment)}"
    for each in feedback.sets:
        yield f"## {each.title}"
        yield f"[Read the lesson again]({each.lesson})"
        for told in each.exercises:
            yield from _exercise(told)


def _exercise(told: Told) -> Iterator[str]:
    yield f"### [{told.title}]({told.link})"
    yield f"**{told.word}** · {told.score}"
    if told.mistake:
        yield f"The mistake: **{plainly(told.mistake)}**"
    if told.says:
        parts = told.says.split("`")
        yield "".join(code(part) if place % 2 else plainly_within(part) for place, part in enumerate(parts))
    if told.evidence:
        yield "\n".join(f"- {plainly(name)}: {code(value)}" for name, value in told.evidence)
    if told.hint:
        quoted = for_notebooks(told.hint.markdown).replace("\n", "\n> ")
        yield f"> **Hint {told.hint.number} of {told.hint.of}.** {quoted}"
    if told.comment:
        yield f"**Your teacher says:** {plainly(told.comment)}"


def plainly_within(text: str) -> str:
    """Return a piece of a line, as `plainly` does, with the spaces at its ends."""
    first, last = text[:1].isspace(), text[-1:].isspace()
    return f"{' ' if first else ''}{plainly(text)}{' ' if last and text.strip() else ''}"
