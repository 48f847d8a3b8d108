"""Numbers of equations: one for each label, counted page by page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

_LABEL = re.compile(r"\\label\{([^}]*)\}")
_REFERENCE = re.compile(r"\\eqref\{([^}]*)\}")


@dataclass(frozen=True)
class Numbered:
    """An equation that others can refer to: its label, the page it stands on, and its number."""

    label: str
    page: str
    number: str

    @property
    def anchor(self) -> str:
        """Its id in the page."""
        return anchor(self.label)


@dataclass
class Labels:
    """The labels of the pages that were read so far."""

    numbered: dict[str, Numbered] = field(default_factory=dict)

    def add(self, page: str, label: str) -> str:
        """Number one more equation of a page; return what is wrong with its label, or nothing."""
        if label in self.numbered:
            return f"the label {label} is taken by {self.numbered[label].page}"
        count = 1 + sum(1 for other in self.numbered.values() if other.page == page)
        self.numbered[label] = Numbered(label, page, f"{prefix(page)}.{count}")
        return ""


def prefix(page: str) -> str:
    """Return what the numbers of a page begin with: a lesson's number, or the page's initial.

    >>> prefix("lessons/07_the_ov_circuit.md"), prefix("errata.md")
    ('7', 'E')
    """
    name = PurePosixPath(page).stem
    number = re.match(r"\d+", name)
    return str(int(number[0])) if number else name[0].upper()


def anchor(label: str) -> str:
    """Return the id of a labelled equation in its page: `eq:box` is at `#eq-box`."""
    return re.sub(r"[^\w-]", "-", label)


def split_label(tex: str) -> tuple[str, list[str]]:
    r"""Return TeX without its labels, and the labels.

    >>> split_label(r"Y = X W_U \label{eq:unembed}")
    ('Y = X W_U', ['eq:unembed'])
    """
    return _LABEL.sub("", tex).strip(), _LABEL.findall(tex)


def references(text: str) -> Iterator[re.Match[str]]:
    r"""Yield each `\eqref{…}` of a text; its group 1 is the label."""
    return _REFERENCE.finditer(text)
