"""Scripts as tools save notebooks: in cells, whatever the mark between them."""

from __future__ import annotations

import jupytext
import pytest

from ovlearn.exercises.scripts import script_cells

MARKS = (
    *("# %%", "#%%", "# %% A title", '# %% tags=["a"]', "#%%time is not a title"),
    *("# In[3]:", "# In[ ]:", "# In [3]:", "# In[*]:"),
    *("# +", '# + tags=["a"]', '# + {"tags": []}', "# <codecell>", "# COMMAND ----------"),
)
PROSE = ("# %% [markdown]", "#%% [md]", "# + [markdown]", "# <markdowncell>", "# %% [raw]")


def code(script: str) -> list[str]:
    return [cell.strip() for cell in script_cells(script)[0]]


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_stands_between_cells(mark: str) -> None:
    assert code(f"{mark}\nx = 1\n\n{mark}\nnowhere\n\n{mark}\ny = 2\n") == ["x = 1", "nowhere", "y = 2"]


@pytest.mark.parametrize("mark", PROSE)
def test_what_is_there_to_be_read_is_no_code(mark: str) -> None:
    cells, prose = script_cells(f"x = 1\n{mark}\n# ov_rank = 64\n# %%\ny = 2\n")
    assert [cell.strip() for cell in cells] == ["x = 1", "y = 2"]
    assert [cell.strip() for cell in prose] == ["ov_rank = 64"]


@pytest.mark.parametrize(
    "script",
    [
        "text = '''\n# %%\nnowhere\n# In[2]:\n'''\n",
        "def f():\n    return (1 +\n# + 2\n# -\n# %%\n        3)\n",
        "x = 1\n# + three more words\n# - a list\n# In brackets [1]\ny = 2\n",
        "if True:\n    # %%\n    x = 1\n",
        "x = 1  # %%\n",
    ],
)
def test_what_looks_like_a_mark_is_none(script: str) -> None:
    assert script_cells(script)[0] == [script]


def test_a_script_with_magics_is_in_cells_too() -> None:
    assert code("# %%\n%time x = 1\n# %%\n!ls\n") == ["%time x = 1", "!ls"]


@pytest.mark.parametrize("form", ["py:percent", "py:light", "py:hydrogen"])
def test_what_jupytext_writes_is_read(form: str) -> None:
    """The oracle is jupytext itself: what it makes of a notebook comes back in the same cells."""
    sources = [
        "import numpy as np",
        "nowhere + 1",
        "def f(x):\n    y = x\n\n    return y",
        "x = 1\n\ny = 2",
        "z = 3",
    ]
    notebook = jupytext.reads("\n\n# %%\n".join(["", *sources]), fmt="py:percent")
    notebook.cells = [cell for cell in notebook.cells if cell.source]
    notebook.metadata["jupytext"] = {"text_representation": {"extension": ".py", "format_name": form[3:]}}
    found = [cell for cell in code(jupytext.writes(notebook, fmt=form)) if not cell.startswith("# ---")]
    assert [cell.removesuffix("\n# -").strip() for cell in found] == sources
