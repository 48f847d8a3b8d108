"""Equations of pages, from TeX to HTML: KaTeX while building, numbers, and references from page to page."""

from rendering.equations.katex import Typesetter
from rendering.equations.plain import plain
from rendering.equations.site import Equations

__all__ = ["Equations", "Typesetter", "plain"]
