"""The head on the home page: texts of two models, in each a few heads to choose, and words to touch."""

from __future__ import annotations

from ovlearn import plots, zoo
from ovlearn.numeric.zoo.headontext import head_on_text

# The first says most by the boxed path, and so it opens the page; the last is what that path leaves out.
TEXTS = {
    ("king-james-two-layers", "a small one, trained on the King James Bible"): {
        "silver and": [(1, 6), (1, 3)],
        "the sun and the": [(1, 6), (1, 3)],
        "milk and": [(1, 1), (1, 3)],
    },
    ("smollm2-excerpt", "SmolLM2"): {
        "They said they would do it by": [(25, 2), (26, 2)],
        "The house (which we bought last year": [(27, 7), (26, 6)],
        "The capital of France is": [(23, 4)],
    },
}


def hero() -> str:
    """Return the figure as HTML."""
    models = {
        seen: {
            f"{text} …": [head_on_text(zoo.load(name), text, *head) for head in heads]
            for text, heads in texts.items()
        }
        for (name, seen), texts in TEXTS.items()
    }
    caption = (
        "On these texts of the small model, the equation below says nearly all that the heads do; on those "
        "of SmolLM2, a real language model, a small part. Arcs are as thick as what came from there."
    )
    return plots.heads_on_texts(models, "Heads at work", caption)._repr_html_()


def still() -> str:
    """Return the first head of the page as an SVG file of its own, on white, for the README."""
    (name, _), texts = next(iter(TEXTS.items()))
    text, (head, *_) = next(iter(texts.items()))
    only = {name: {text: [head_on_text(zoo.load(name), text, *head)]}}
    body = plots.heads_on_texts(only).body
    svg = body[body.index("<svg") : body.index("</svg>") + len("</svg>")]
    paper = '<rect width="100%" height="100%" rx="6" fill="#fff"/>'
    opening, content = svg.split(">", 1)
    return f'{opening} xmlns="http://www.w3.org/2000/svg">{paper}{content}\n'
