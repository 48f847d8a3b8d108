"""The kernel in which a lesson runs: this Python, no network port, nothing of the user's configuration."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager

# Run before a lesson's first cell: a warning in a lesson is an error. The kernel's own machinery goes free.
SETUP = r"""
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


class LessonKernel(AsyncKernelManager):
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
