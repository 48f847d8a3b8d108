"""What the docs tell a teacher to write does what they say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.grader.batch.making import GOOD, notebook

DOCS = Path(__file__).parents[3] / "docs" / "teaching.md"


def test_the_classroom_script_puts_the_result_where_the_runner_reads_it(tmp_path: Path) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    install = '"-m", "pip", "install", "--quiet", "ovlearn[course]"'
    assert install in script  # it is installed here already
    (tmp_path / "autograder.txt").write_text(script.replace(install, '"-c", ""'))
    (tmp_path / "ovlearn.py").write_text("raise SystemExit('a learner’s module was run')")
    command = [sys.executable, "-P", "autograder.txt"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0
    assert not (tmp_path / "result.json").exists()  # there is no notebook: an error, and no zero
    (tmp_path / "04_values_and_outputs_fold.ipynb").write_text(notebook(GOOD))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["schema"], result["score"], result["max-score"]) == ("classroom50/result/v1", 2, 7)
