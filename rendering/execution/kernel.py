"""One lesson through one kernel: this Python, no network port, nothing of the user's configuration."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from rendering.execution import reads
from rendering.execution.executed import ExecutedCell, Source
from rendering.execution.unrun import cells_of, expressions, replaced
from rendering.messages import RenderError
from rendering.outputs import PRINTED

# Run before a lesson's first cell: a warning in a lesson is an error. The kernel's own machinery goes free.
_SETUP = r"""
import warnings
warnings.simplefilter("error")
warnings.filterwarnings(
    "ignore", module=r"(ipykernel|IPython|jupyter_client|zmq|tornado|traitlets|asyncio|debugpy)(\.|$)"
)
del warnings
"""

_OPTIONS = ("--HistoryManager.enabled=False", "--InteractiveShell.colors=nocolor")
# One thread each, since lessons run side by side and a sum must not depend on how it was shared out.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
_SECONDS_A_CELL = 120
_LAST_LINES = 6
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")


async def run(source: Source, package: Path) -> tuple[list[ExecutedCell], list[str]]:
    """Return the lesson's cells with their outputs, and with values in the place of inline expressions.

    With them comes what it read of the package, as `reads.READ` tells it.

    Raises: RenderError that names lesson and cell, for an exception, a warning, anything written to stderr, a
    cell that takes too long, and an output that shows a memory address.
    """
    async with _Kernel(source, package) as kernel:
        cells = [await _run_cell(cell, kernel) for cell in cells_of(source)]
        return cells, (await kernel.evaluate(cells[-1], reads.READ)).split("\n") if cells else []


async def _run_cell(cell: ExecutedCell, kernel: _Kernel) -> ExecutedCell:
    if cell.kind == "code":
        return replace(cell, outputs=await kernel.execute(cell, cell.source))
    values = [await kernel.evaluate(cell, expression) for expression in expressions(cell.source)]
    return replace(cell, source=replaced(cell.source, values))


class _Manager(AsyncKernelManager):
    """A kernel over ipc. Its path must be absolute and its own, or kernels side by side hang."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.folder = tempfile.mkdtemp(prefix="ovlearn-")
        self.transport = "ipc"
        self.ip = f"{self.folder}/kernel"
        self.connection_file = f"{self.folder}/connection.json"

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """This Python, whatever kernels the user has registered."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", self.connection_file]
        return [*command, *_OPTIONS, *(extra_arguments or [])]

    def environment(self, package: Path) -> dict[str, str]:
        """The environment variables of a kernel that imports this package, whichever is installed."""
        paths = f"{package.resolve().parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}".rstrip(os.pathsep)
        return {**os.environ, **_ENVIRONMENT, "PYTHONPATH": paths, "IPYTHONDIR": f"{self.folder}/ipython"}

    def remove_folder(self) -> None:
        """Remove the files of a kernel that has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)


class _Kernel:
    """A kernel that runs the cells of one lesson, and says which one failed."""

    def __init__(self, source: Source, package: Path) -> None:
        self.source, self.package = source, package
        self.manager = _Manager(kernel_name="python3")
        self.client = NotebookClient(
            new_notebook(cells=[new_code_cell()]),
            km=self.manager,
            timeout=_SECONDS_A_CELL,
            resources={"metadata": {"path": str(source.path.parent)}},
        )

    async def __aenter__(self) -> _Kernel:
        try:
            await self.client.async_start_new_kernel(env=self.manager.environment(self.package))
            await self.client.async_start_new_kernel_client()
            setup = reads.setup(self.package) + _SETUP
            await self.client.async_execute_cell(new_code_cell(setup), 0, store_history=False)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *failure: Any) -> None:
        try:
            if self.client.kc is not None:
                self.client.kc.stop_channels()
            await self.manager.shutdown_kernel(now=True)
        finally:
            self.manager.remove_folder()

    async def execute(
        self, cell: ExecutedCell, code: str, *, hidden: bool = False
    ) -> tuple[dict[str, str], ...]:
        """Return what the code put out, as MIME types and text."""
        node = new_code_cell(code)
        try:
            await self.client.async_execute_cell(node, 0, store_history=not hidden)
        except CellExecutionError:
            raise self.failure(cell, "\n".join(node.outputs[-1].traceback)) from None
        except CellTimeoutError:
            raise self.failure(cell, f"it took more than {_SECONDS_A_CELL} seconds") from None
        except DeadKernelError:
            raise self.failure(cell, "it ended the kernel") from None
        return self._collected(cell, node.outputs)

    async def evaluate(self, cell: ExecutedCell, expression: str) -> str:
        """Return an inline expression's value as text."""
        outputs = await self.execute(cell, f"print(({expression}), end='')", hidden=True)
        value = "".join(output.get(PRINTED, "") for output in outputs)
        if not value.strip():
            raise self.failure(cell, f"{{{{ {expression} }}}} is empty")
        return value

    def failure(self, cell: ExecutedCell, error: str) -> RenderError:
        """The error that names lesson and cell and gives the last lines of what went wrong."""
        lines = [line.rstrip() for line in _COLOURS.sub("", error).splitlines() if line.strip()]
        told = "\n".join(f"    {line}" for line in lines[-_LAST_LINES:])
        return RenderError(f"{self.source.shown}, cell {cell.number} ({cell.first_line}):\n{told}")

    def _collected(self, cell: ExecutedCell, outputs: list[Any]) -> tuple[dict[str, str], ...]:
        collected: list[dict[str, str]] = []
        for output in outputs:
            if output.output_type == "stream":
                if output.name == "stderr":
                    raise self.failure(cell, f"it wrote to stderr: {output.text}")
                _append_printed(collected, output.text)
            else:
                collected.append({kind: _text(data) for kind, data in output.data.items()})
        for texts in collected:
            self._forbid_addresses(cell, texts)
        return tuple(collected)

    def _forbid_addresses(self, cell: ExecutedCell, texts: dict[str, str]) -> None:
        """A memory address differs from run to run."""
        for text in texts.values():
            if found := _ADDRESS.search(text):
                raise self.failure(
                    cell, f"its output shows a memory address ({found[0]}): give it a __repr__"
                )


def _append_printed(collected: list[dict[str, str]], text: str) -> None:
    """Add what a cell printed to what it printed just before: a kernel sends it in parts, by the clock."""
    if collected and PRINTED in collected[-1]:
        collected[-1][PRINTED] += text
    else:
        collected.append({PRINTED: text})


def _text(data: Any) -> str:
    """What a kernel sends of one kind: text, or data."""
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
