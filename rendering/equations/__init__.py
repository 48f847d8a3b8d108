"""Equations of pages, from TeX to HTML: KaTeX while building, numbers, and references from page to page."""

from rendering.equations.katex import TexError, Typesetter
from rendering.equations.plain import plain
from rendering.equations.site import Equations, UnknownLabel

__all__ = ["Equations", "TexError", "Typesetter", "UnknownLabel", "plain"]
