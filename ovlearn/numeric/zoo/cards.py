"""What is measured on a model of the zoo, whenever its card is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np

from ovlearn.numeric import circuits, detect
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.config import weight_shapes
from ovlearn.numeric.zoo import saying
from ovlearn.numeric.zoo.excerpt import Excerpt
from ovlearn.numeric.zoo.zoomodel import ZooModel


@dataclass(frozen=True, eq=False)
class Figure:
    """One measurement: its name, and its values, one a head [layer, head] or one in all []."""

    name: str
    values: Array

    def __str__(self) -> str:
        """The values as a reader should see them, layers apart."""
        rows = np.atleast_2d(self.values)
        return " | ".join("  ".join(f"{value:.2f}" for value in row) for row in rows)


@dataclass(frozen=True, eq=False)
class Card:
    """What a model is and does: sizes, provenance, and figures that were measured just now."""

    name: str
    made: str
    shows: str
    sizes: str
    provenance: str
    figures: tuple[Figure, ...]

    def __str__(self) -> str:
        """All of it as lines of text."""
        width = max(len(figure.name) for figure in self.figures)
        lines = [f"{figure.name:<{width}}  {figure}" for figure in self.figures]
        head = (f"{self.name} ({self.made}): {self.shows}", self.sizes, self.provenance)
        return "\n".join((*head, *lines, *self.reasons))

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why a figure is no number, where one is none."""
        undefined = any(np.isnan(figure.values).any() for figure in self.figures)
        return ("nan: no eigenvalue, or no matrix, is other than 0; 0/0 is no score",) if undefined else ()

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{escape(figure.name)}</th><td>{escape(str(figure))}</td></tr>'
            for figure in self.figures
        )
        words = f"<b>{escape(self.name)}</b> ({self.made}): {escape(self.shows)}"
        caption = "<br/>".join((words, *map(escape, (self.sizes, self.provenance, *self.reasons))))
        return f'<table class="ov-table"><caption>{caption}</caption><tbody>{rows}</tbody></table>'


def measured(model: ZooModel | Excerpt) -> Card:
    """Return a model's card.

    Raises nothing of its own: every figure is defined for every model that gets it.
    """
    if isinstance(model, Excerpt):
        return _of_excerpt(model)
    figures = [Figure("copying score", circuits.copying_score(model))]
    figures += _of_repeats(model) if model.periods else []
    figures += _of_composition(model)
    figures += _OF_ONE[model.name](model) if model.name in _OF_ONE else []
    return Card(model.name, model.made, model.shows, sizes(model), model.provenance, tuple(figures))


def sizes(model: ZooModel) -> str:
    """Return the sizes in words.

    >>> from ovlearn.numeric.zoo import load
    >>> sizes(load("copying"))
    '1 layer × 1 head, d_model 8, d_head 5, vocabulary 10, context 8; 320 weights'
    """
    config = model.config
    weights = sum(int(np.prod(shape)) for shape in weight_shapes(config).values())
    layers, heads = (
        f"{n} {word}{'s' if n > 1 else ''}"
        for n, word in ((config.n_layers, "layer"), (config.n_heads, "head"))
    )
    return (
        f"{layers} × {heads}, d_model {config.d_model}, d_head {config.d_head}, "
        f"vocabulary {config.d_vocab}, context {config.n_ctx}; {weights:,} weights"
    )


def _of_excerpt(model: Excerpt) -> Card:
    """Copying scores between the excerpt's words, and the probability of each text's likeliest next word."""
    figures = [
        Figure(f"{layer}.{head}: copying score", np.array(model.copying_score(layer, head)))
        for layer, head in model.heads
    ]
    for text in model.texts:
        run = model.run(text)
        said = f"{text}: probability of {run.next_words[-1, 0]}"
        figures.append(Figure(said, run.probabilities[-1, 0]))
    made = f"{len(model.heads)} heads, {len(model.words):,} words of {model.d_vocab:,}"
    return Card(model.name, model.made, model.shows, made, model.provenance, tuple(figures))


def _of_repeats(model: ZooModel) -> list[Figure]:
    """Attention and loss on fresh sequences, exactly two copies of a block each."""
    figures, losses = [], []
    for period in model.periods:
        tokens = detect.repeated_tokens(model.config, period, batch=64, seed=period)  # [batch, pos]
        run = model.run(tokens, record=["pattern"])
        figures.append(Figure(f"induction, period {period}", detect.induction(run, period)))
        losses.append(detect.repeat_loss(run, period))
    figures.append(Figure(f"previous token, period {period}", detect.previous_token(run)))
    figures.append(Figure(f"duplicate token, period {period}", detect.duplicate_token(run, period)))
    by_period = ", ".join(map(str, model.periods))
    return [*figures, Figure(f"loss on the second copy, in nats, by period {by_period}", np.array(losses))]


def _of_composition(model: ZooModel) -> list[Figure]:
    """How each head of layer 0 (down) composes with each of layer 1 (across), and what chance gives."""
    if model.config.n_layers < 2:
        return []
    scores = [
        Figure(f"{kind}-composition, layer 0 with 1", circuits.composition_scores(model, kind)[0, :, 1])
        for kind in ("Q", "K", "V")
    ]
    return [
        *scores,
        Figure("composition of random heads (RMS)", np.array(circuits.composition_baseline(model))),
    ]


def _of_text(model: ZooModel) -> list[Figure]:
    """Loss on words that it never saw, and that of a guess by frequency alone."""
    return [
        Figure(
            "loss on held-out text, in nats, half the context read", np.array(saying.held_out_loss(model))
        ),
        Figure("the same of word frequencies alone", np.array(saying.frequency_loss(model))),
    ]


def _of_two_layers_of_text(model: ZooModel) -> list[Figure]:
    """The same, what its heads attend to, and one text after which one can read why it says what it says."""
    text, word, period = "silver and", "gold", 12
    passed = ", ".join(map(str, range(model.config.n_layers + 1)))
    return [
        *_of_text(model),
        Figure("previous token, held-out text", saying.previous_word(model)),
        Figure(f"induction, random words, period {period}", saying.repeated_words(model, period)),
        Figure(f"{text}: probability of {word}", np.array(saying.probability(model, text, word))),
        Figure(f"{text}: share of the logits through {passed} heads", saying.shares(model, text)),
        Figure(f"{text}: logit of {word} by A E W_E W_OV W_U", saying.boxed(model, text, word)),
    ]


def _of_trigrams(model: ZooModel) -> list[Figure]:
    """The logits after both of its skip-trigrams: the word that belongs there, and the one that does not."""
    mind, bay = model.encode("mind bay")
    figures = []
    for word, right, wrong in (("in", mind, bay), ("at", bay, mind)):
        logits = model.run(model.encode(f"keep the {word}")).logits[-1]  # [d_vocab]
        names = model.words([right, wrong])
        figures.append(Figure(f"keep the {word}: logits of {names[0]}, {names[1]}", logits[[right, wrong]]))
    return figures


def _of_copies(model: ZooModel) -> list[Figure]:
    """For how many tokens the path through one head of each layer raises that token itself most."""
    last = [(layer, 0) for layer in range(model.config.n_layers)]
    whole = model.W_E @ circuits.virtual_head(model, last) @ model.W_U  # [d_vocab, d_vocab], factored
    own = (whole.AB.argmax(axis=1) == np.arange(model.config.d_vocab)).mean()
    return [Figure("share of tokens raised most by themselves, along all layers", np.array(own))]


_OF_ONE = {
    "copying": _of_copies,
    "two-back": _of_copies,
    "skip-trigrams": _of_trigrams,
    "king-james": _of_text,
    "king-james-two-layers": _of_two_layers_of_text,
}
