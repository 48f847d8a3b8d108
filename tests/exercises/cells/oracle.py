"""What IPython itself makes of cells, in a process of its own: `python oracle.py`, JSON in and out.

It imports nothing of the project. `names_of` is used on both sides, so that the same is compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_OF_NOTEBOOKS = ("In", "Out", "get_ipython", "exit", "quit", "display", "open", "input")
_PLAIN = (int, float, str, bool, list, tuple, dict, type(None))


def names_of(names: dict[str, Any]) -> dict[str, str]:
    """The names that cells defined, each with its value where that is plain, else with nothing."""
    own = {name: names[name] for name in names if not name.startswith("_") and name not in _OF_NOTEBOOKS}
    return {name: repr(value) if type(value) in _PLAIN else "" for name, value in own.items()}


def asked(cells: list[list[str]], folder: Path) -> list[dict[str, Any]]:
    """What IPython says of lists of cells: names and values, and the cells as its transformer writes them."""
    command = [sys.executable, __file__]
    settings = {**os.environ, "IPYTHONDIR": str(folder / "ipython"), "PYTHONWARNINGS": "ignore"}
    text = json.dumps(cells)
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, cwd=folder, env=settings, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout.rpartition("ANSWER")[2]))


def main() -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"autocall": 0}})
    answers = []
    sys.path[0] = ""  # as in a kernel: the folder in which it runs
    shell = InteractiveShell.instance(config=config)
    shell.system = shell.system_raw  # the same without a terminal, in a tenth of the time
    shell.register_magic_function(lambda line: None, "line", "matplotlib")  # it may not be installed
    sys.modules["__main__"] = shell.user_module
    for cells in json.load(sys.stdin):
        shell.reset(new_session=True)
        shell.compile.reset_compiler_flags()
        for cell in cells:
            shell.run_cell(cell, store_history=True)
        written = [shell.input_transformer_manager.transform_cell(cell) for cell in cells]
        answers.append({"names": names_of(shell.user_ns), "written": written})
    print("ANSWER", json.dumps(answers), sep="")


if __name__ == "__main__":
    main()
