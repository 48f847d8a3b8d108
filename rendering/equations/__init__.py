"""Equations of pages, from TeX to HTML: KaTeX while building, numbers, and references from page to page."""

from rendering.equations.katex import Render, TexError, Typesetter
from rendering.equations.site import Equations, UnknownLabel
from rendering.equations.words import plain

__all__ = ["Equations", "Render", "TexError", "Typesetter", "UnknownLabel", "plain"]
