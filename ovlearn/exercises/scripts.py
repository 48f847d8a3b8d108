"""The cells of a script: tools that save notebooks as scripts each have a mark of their own between cells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ovlearn.exercises.cells.forms import tree_of

# Jupytext, Spyder and VS Code: `# %%`, `#%%`. nbconvert: `# In[3]:`. jupytext's light form: `# +` to `# -`.
# Databricks: `# COMMAND ----------`. Old IPython: `# <codecell>`.
_MARK = re.compile(
    r"^#[ \t]*(?:%%.*|In ?\[[ \d*]*\]:?[ \t]*|<(?:code|markdown|raw)cell>.*|COMMAND -{3,}[ \t]*)$"
    r"|^# \+(?: (?:\{|\[|[\w.-]+=).*)?[ \t]*$|^# -[ \t]*$",
    re.MULTILINE,
)
_PROSE = re.compile(r"\[(?:markdown|md|raw)\]|<(?:markdown|raw)cell>")
_LIGHT = re.compile(r"\A(?:#.*\n)*?#[ \t]+format_name: light\b")  # in the head that jupytext writes
_LONGEST = 200_000  # characters that are read as Python here: this is the process that grades everybody
_HASH = re.compile(r"^# ?", re.MULTILINE)


def script_cells(text: str) -> tuple[list[str], list[str]]:
    """Return the code cells of a script, and those that are there to be read, without their comment signs.

    >>> script_cells("x = 1\\n# In[2]:\\ny = 2\\n# %% [markdown]\\n# z = 3\\n")
    (['x = 1\\n', '\\ny = 2\\n'], ['\\nz = 3\\n'])
    """
    light = _LIGHT.match(text) is not None
    code: list[str] = []
    prose: list[str] = []
    for mark, part in _parts(text):
        if _PROSE.search(mark):
            prose.append(_HASH.sub("", part))
        elif light and mark.strip() in ("", "# -"):  # there, a cell without a mark ends at a blank line
            code += _paragraphs(part)
        else:
            code.append(part)
    return [part for part in code if part.strip()], [part for part in prose if part.strip()]


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Each mark with what follows it; before the first there is none."""
    mark, end = "", 0
    for found in _marks(text):
        yield mark, text[end : found.start()]
        mark, end = found[0], found.end()
    yield mark, text[end:]


def _marks(text: str) -> Iterator[re.Match[str]]:
    """Marks between statements: in a string, or in the midst of a function, such a line is no mark."""
    tree = tree_of(text) if len(text) <= _LONGEST else None
    inside = {
        line
        for node in (tree.body if tree else ())
        for line in range(node.lineno + 1, (node.end_lineno or 0) + 1)
    }
    line, seen = 1, 0
    for found in _MARK.finditer(text):
        line, seen = line + text.count("\n", seen, found.start()), found.start()
        if line not in inside:
            yield found


def _paragraphs(text: str) -> Iterator[str]:
    """Cells of jupytext's light form: a blank line ends one, unless what is before it is no whole code."""
    waiting = ""
    for part in re.split(r"(?<=\n)(?=\n+\S)", text):
        waiting += part
        if len(waiting) <= _LONGEST // 10 and tree_of(waiting) is not None:
            yield waiting
            waiting = ""
    if waiting.strip():
        yield waiting
