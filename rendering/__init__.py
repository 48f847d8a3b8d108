"""Lessons, executed and written as Markdown and as notebooks; equations, as HTML; assets from npm.

It knows nothing of MkDocs: `docs/hooks.py` calls it. `execution` runs the lessons and remembers what came
out, `equations` brings TeX to HTML, `pages` writes the pages that come from the package's data.
"""

from rendering.assets import assets
from rendering.download import notebook
from rendering.execution import Source
from rendering.generated import filled, generated
from rendering.lesson import Lesson, render
from rendering.messages import RenderError

__all__ = ["Lesson", "RenderError", "Source", "assets", "filled", "generated", "notebook", "render"]
