"""Lighthouse, with the Chromium that is here: how it scores a page, and what cost the page points."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.site.browser.wanting import needed
from tests.site.built import ADDRESS, ROOT

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")

_NODE = Path(sys.executable).with_name("node")
_LIGHTHOUSE = ROOT / "build" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"


@dataclass(frozen=True)
class Score:
    """A category's points of 100. `lacking`: the audits that cost some, and what each of them saw."""

    points: int
    lacking: str


def best(page: str, port: int, *, desktop: bool, runs: int = 3) -> dict[str, Score]:
    """The best score of several runs in each category: whatever else the machine does takes points away."""
    scores = [audit(page, port, desktop=desktop) for _ in range(runs)]
    return {name: max((each[name] for each in scores), key=lambda score: score.points) for name in CATEGORIES}


def audit(page: str, port: int, *, desktop: bool) -> dict[str, Score]:
    """The score of a page in each category, on a desktop or on a telephone."""
    host = ADDRESS.removeprefix("http://").rstrip("/")
    rule = f"MAP {host}:80 127.0.0.1:{port}"
    chromium = needed()
    run = subprocess.run(
        [
            str(_NODE),
            str(_LIGHTHOUSE),
            ADDRESS + page,
            "--quiet",
            "--output=json",
            "--no-enable-error-reporting",
            f"--only-categories={','.join(CATEGORIES)}",
            f'--chrome-flags=--headless=new --no-sandbox --host-resolver-rules="{rule}"',
            *(["--preset=desktop"] if desktop else []),
        ],
        env={**chromium.environment, "CHROME_PATH": chromium.path},
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise SystemExit(f"Lighthouse failed:\n{run.stderr}")
    report = json.loads(run.stdout)
    return {name: _score(report["categories"][name], report["audits"]) for name in CATEGORIES}


def _score(category: dict[str, Any], audits: dict[str, Any]) -> Score:
    weighty = [audits[each["id"]] for each in category["auditRefs"] if each["weight"]]
    lacking = [_told(each) for each in weighty if each["score"] is not None and each["score"] < 0.9]
    return Score(round(100 * category["score"]), ", ".join(lacking))


def _told(audit: dict[str, Any]) -> str:
    return f"{audit['id']} {audit.get('displayValue', '')}".replace("\xa0", " ").strip()
