"""A Run: shapes, names and what cannot be changed."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given

from ovlearn.numeric import FrozenNetwork, Run

from .cases import TOKENS, make_model, make_run, quick, runs


def arrays(run: Run) -> dict[str, np.ndarray]:
    fields = (field.name for field in dataclasses.fields(run) if field.name != "model")
    return {name: getattr(run, name) for name in fields if getattr(run, name) is not None}


@pytest.mark.parametrize("n_layers", [0, 2])
@pytest.mark.parametrize("batch", [(), (9,)])
def test_shapes(n_layers: int, batch: tuple[int, ...]) -> None:
    tokens = np.zeros((*batch, 4), int)
    run = make_model(n_layers=n_layers).run(tokens)
    of_stream, of_head = (n_layers, *batch, 4, 8), (n_layers, *batch, 3, 4)
    assert {name: array.shape for name, array in arrays(run).items()} == {
        "tokens": tokens.shape,
        "resid_pre": of_stream,
        "resid_post": of_stream,
        "resid_final": of_stream[1:],
        "embedding": of_stream[1:],
        "logits": (*batch, 4, 7),
        "q": (*of_head, 5),
        "k": (*of_head, 5),
        "v": (*of_head, 5),
        "z": (*of_head, 5),
        "scores": (*of_head, 4),
        "pattern": (*of_head, 4),
        "head_out": (*of_head, 8),
    }


@quick
@given(runs())
def test_what_holds_in_every_run(run: Run) -> None:
    later = np.triu(np.ones(run.pattern.shape[-2:], bool), 1)  # keys after their query
    assert run.scores is not None
    assert np.isfinite(run.scores).all()
    assert np.allclose(run.pattern.sum(axis=-1), 1, atol=1e-6)
    assert (run.pattern >= 0).all()
    assert not (run.model.config.causal and run.pattern[..., later].any())
    assert np.array_equal(run.resid_pre[1:], run.resid_post[:-1])
    assert np.allclose(run.resid_post, run.resid_pre + run.head_out.sum(axis=-3), atol=1e-5)
    assert np.array_equal(run.resid_final, run.resid_post[-1] if len(run.resid_post) else run.embedding)


@pytest.mark.parametrize("n_layers", [0, 1, 2])
def test_arrays_are_read_only(n_layers: int) -> None:
    run = make_run(n_layers=n_layers)
    for array in (*arrays(run).values(), *arrays(run.frozen().run()).values(), run.embedding):
        assert not array.flags.writeable


@pytest.mark.parametrize("n_layers", [0, 1, 2])
def test_embedding_is_the_stream_before_the_first_layer(n_layers: int) -> None:
    run = make_run(n_layers=n_layers, positional=True)
    assert run.model.W_pos is not None
    assert np.array_equal(run.embedding, run.model.W_E[TOKENS] + run.model.W_pos[:4])


def test_tokens_and_model_are_kept() -> None:
    model = make_model()
    run = model.run(TOKENS)
    assert run.model is model
    assert run.tokens is not None
    assert run.tokens.tolist() == TOKENS


def test_frozen_repr_and_identity() -> None:
    run = make_run()
    assert repr(run) == f"Run({run.model!r}, logits=(4, 7))"
    assert isinstance(run.frozen(), FrozenNetwork)
    assert run.frozen().recorded is run
    assert run.frozen() == run.frozen()
    assert run.frozen() != make_run().frozen()
    assert repr(run.frozen()) == f"FrozenNetwork({run!r})"
    assert len({run, make_run()}) == 2
    for frozen, name in ((run, "logits"), (run.frozen(), "recorded")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(frozen, name, None)
