"""Lessons for the tests, written where a test wants them."""

from __future__ import annotations

from pathlib import Path

from rendering import Lesson, Source
from rendering.execution import ExecutedCell

GOOD = """\
# %% [markdown]
# # One $W$ and its error
#
# The answer is {{ 6 * 7 }}, the label {{ f"{1e-12:.0e}" }}, and TeX keeps its braces: $W^{{2}}$.

# %%
import numpy as np

total = np.arange(4).sum()
print("first line")
print("second *line*")

# %% [markdown]
# Now it is {{ total }}, to two places {{ f"{float(total):.2f}" }}.

# %% tags=["hide-input"]
class Shows:
    def __init__(self, **forms):
        self.forms = forms

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": "Shows()", **{f"text/{kind}": text for kind, text in self.forms.items()}}


Shows(markdown="$$\\\\nY = X \\\\\\\\label{eq:y}\\\\n$$", latex="$never$")

# %% tags=["remove-input"]
Shows(html="<table><tr><td>1</td></tr>\\\\n\\\\n<tr><td>*2*</td></tr></table>")

# %% tags=["remove-cell"]
secret = 1

# %%
total
"""


def write(folder: Path, name: str, text: str) -> Source:
    """A lesson on disk."""
    path = folder / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return Source(path, f"lessons/{name}.md")


def cell(code: str) -> str:
    """A lesson of one code cell, the second of its cells."""
    return f"# %% [markdown]\n# # A lesson\n\n# %%\n{code}\n"


def lesson(*cells: tuple[str, str], name: str = "03_x") -> Lesson:
    """A lesson that was run, from kinds and sources."""
    numbered = (ExecutedCell(number, kind, source) for number, (kind, source) in enumerate(cells, start=1))
    return Lesson(Source(Path(f"lessons/{name}.py"), f"lessons/{name}.md"), tuple(numbered))
