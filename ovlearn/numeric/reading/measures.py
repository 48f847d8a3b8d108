"""What each head does, in one number a head by each measure: where a reader of a model begins to look."""

from __future__ import annotations

from ovlearn.arguments import instance_of
from ovlearn.numeric import detect
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.circuits.copying import copying_score
from ovlearn.numeric.reading.streams import folded
from ovlearn.numeric.run import Run
from ovlearn.numeric.transformer import Transformer

_PERIOD = 24  # of the repeated tokens on which attention is measured
_BATCH = 4


def measured(model: Transformer) -> dict[str, Array]:
    """Return every head's number by each of four measures, [layer, head] each.

    copying: Σλ/Σ|λ| of the full OV circuit, of the folded model. induction, previous token and duplicate
    token: attention to what followed the same token before, to the token just before, and to the same token
    before, on random tokens that are said twice. A begin token stands before them where the model has one.

    Raises TypeError for what is no model, ValueError for one with no room for tokens that repeat.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=2, n_heads=3, d_model=8, d_head=4, d_vocab=7, n_ctx=6))
    >>> list(measured(model))
    ['copying', 'induction', 'previous token', 'duplicate token']
    """
    run, period = repeated(instance_of("model", model, Transformer))
    return {
        "copying": copying_score(folded(model)),
        "induction": detect.induction(run, period),
        "previous token": detect.previous_token(run),
        "duplicate token": detect.duplicate_token(run, period),
    }


def repeated(model: Transformer) -> tuple[Run, int]:
    """Return a run of random tokens that are said twice, its patterns recorded, and their period."""
    begin = None if model.tokenizer is None else model.tokenizer.begin
    room = (model.config.n_ctx - (begin is not None)) // 2
    period = max(2, min(_PERIOD, room, model.config.d_vocab - (begin is not None)))
    tokens = detect.repeated_tokens(model.config, period, _BATCH, begin=begin)
    return model.run(tokens, record=["pattern"]), period
