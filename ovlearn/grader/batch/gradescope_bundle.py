"""Pack an autograder for Gradescope: a zip with `setup.sh`, `run_autograder` and the plan."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from ovlearn import __version__
from ovlearn.grader.batch.planning import Plan

_SETUP = """\
#!/bin/sh
# Installs ovlearn in an environment of its own. It needs Python 3.11 or newer: choose Ubuntu 24.04.
set -e
cd "$(dirname "$0")"
apt-get update && apt-get install -y python3 python3-venv
python3 -m venv venv
venv/bin/python -m pip install {what}
"""

# The zero comes first: whatever happens after it, there is a result.
_RUN = """\
#!/bin/sh
here=${OVLEARN_SOURCE:-/autograder/source}
results=${OVLEARN_RESULTS:-/autograder/results}
mkdir -p "$results"
printf '{"score": 0, "stdout_visibility": "hidden", "output": "The autograder failed.", "tests": []}' \\
    > "$results/results.json"
exec "${OVLEARN_PYTHON:-$here/venv/bin/python}" -I -m ovlearn.grader.batch.autograder \\
    "$here/plan.json" "${OVLEARN_SUBMISSION:-/autograder/submission}" "$results/results.json"
"""


def bundle(plan: Plan, out: Path, wheel: Path | None = None) -> None:
    """Write the zip. `wheel`: a wheel of ovlearn to pack; else the index gives the same version as this one.

    Raises: ValueError where the file exists, or its folder does not.
    """
    if out.exists() or not out.parent.is_dir():
        raise ValueError(f"out: expected a new file in a folder that exists, got {out}")
    what = f"'ovlearn[course]=={__version__}'" if wheel is None else f"'./{wheel.name}[course]'"
    asked = {"exercises": dict(plan.exercises), "seed": plan.seed, "limits": plan.limits}
    with zipfile.ZipFile(out, "x", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "setup.sh", _SETUP.format(what=what), executable=True)
        _add(archive, "run_autograder", _RUN, executable=True)
        _add(archive, "plan.json", json.dumps(asked, indent=1) + "\n")
        if wheel is not None:
            archive.write(wheel, wheel.name)


def _add(archive: zipfile.ZipFile, name: str, text: str, *, executable: bool = False) -> None:
    member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    member.external_attr = (0o100755 if executable else 0o100644) << 16
    archive.writestr(member, text)
