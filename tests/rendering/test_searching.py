"""The search's index holds words, and not the code between them."""

from __future__ import annotations

import json
from pathlib import Path

from rendering.searching import lighten


def test_code_goes_and_words_stay(tmp_path: Path) -> None:
    index = tmp_path / "search_index.json"
    text = "<p>Copying the pattern.</p> <pre><code>x = 1\n</code></pre> <p>And on.</p>\n<pre>y</pre>"
    index.write_text(
        json.dumps({"config": {"lang": ["en"]}, "docs": [{"location": "a/", "title": "t", "text": text}]})
    )
    lighten(index)
    data = json.loads(index.read_text())
    assert data["docs"][0]["text"].split() == ["<p>Copying", "the", "pattern.</p>", "<p>And", "on.</p>"]
    assert data["config"] == {"lang": ["en"]}
