"""Equations of pages, from TeX to HTML: KaTeX while building, numbers, and references from page to page."""

from rendering.equations.katex import Render, TexError, Typesetter
from rendering.equations.plain import plain
from rendering.equations.site import Equations, UnknownLabel

__all__ = ["Equations", "Render", "TexError", "Typesetter", "UnknownLabel", "plain"]
