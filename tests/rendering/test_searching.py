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


def test_of_what_is_looked_up_the_first_paragraph_stays(tmp_path: Path) -> None:
    index = tmp_path / "search_index.json"
    text = "<pre>x</pre><p>What it is.</p><p>More.</p>"
    places = ("api/paths/#count", "exercises/01_x/", "lessons/01_x/", "api/")
    docs = [{"location": place, "title": "t", "text": text} for place in places[:3]]
    docs.append({"location": places[3], "title": "t", "text": "no paragraph"})
    index.write_text(json.dumps({"docs": docs}))
    lighten(index)
    texts = [each["text"] for each in json.loads(index.read_text())["docs"]]
    assert texts == [*["<p>What it is.</p>"] * 2, "<p>What it is.</p><p>More.</p>", ""]
