"""The search's index, made light: every page loads it, so it holds words, not code, outputs or pictures."""

from __future__ import annotations

import json
import re
from pathlib import Path

_CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)


def lighten(index: Path) -> None:
    """Take the code out of an index that MkDocs wrote.

    Its sections stay, and the names in their prose; what the API documents has sections of its own.
    """
    data = json.loads(index.read_text(encoding="utf-8"))
    for section in data["docs"]:
        section["text"] = _CODE.sub("", section["text"])
    index.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
