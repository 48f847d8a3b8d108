"""The network once more, number by number: an oracle that shares no line with the package.

It handles one sequence, and folds W_V W_O, which the package's forward pass must not do.
"""

import math
from typing import Any

import numpy as np

FAULTS = (
    "no square root",
    "no mask",
    "softmax over queries",
    "keys for queries",
    "heads in series",
    "no residual",
)


def forward(model: Any, tokens: Any, fault: str = "") -> dict[str, Any]:
    """Return every activation of one sequence; `fault` plants a mistake."""
    config = model.config
    x = np.array([[float(e) for e in model.W_E[token]] for token in tokens])
    if config.positional:
        x = np.array(
            [[x[i, d] + float(model.W_pos[i, d]) for d in range(config.d_model)] for i in range(len(x))]
        )
    layers = []
    for layer in range(config.n_layers):
        before, heads = x, []
        for head in range(config.n_heads):
            heads.append(attend(model, x if fault == "heads in series" else before, layer, head, fault))
            x = x + heads[-1]["head_out"]
        if fault == "no residual":
            x = x - before
        layers.append({name: np.array([h[name] for h in heads]) for name in heads[0]})
        layers[-1] |= {"resid_pre": before, "resid_post": x}
    found = {name: np.array([layer[name] for layer in layers]) for name in (layers[0] if layers else ())}
    logits = np.einsum("pd,dv->pv", x, np.asarray(model.W_U, float))
    return found | {"resid_final": x, "logits": logits}


def attend(model: Any, x: Any, layer: int, head: int, fault: str) -> dict[str, Any]:
    W_Q, W_K, W_V, W_O = (
        np.asarray(W[layer, head], float) for W in (model.W_Q, model.W_K, model.W_V, model.W_O)
    )
    q, k, v = (np.einsum("pd,dh->ph", x, W) for W in (W_Q, W_K, W_V))
    if fault == "keys for queries":
        q, k = k, q
    scale = 1.0 if fault == "no square root" else model.config.d_head**-0.5
    scores = np.array([[scale * sum(a * b for a, b in zip(row, key, strict=True)) for key in k] for row in q])
    causal = model.config.causal and fault != "no mask"
    pattern = softmax(scores.T, False).T if fault == "softmax over queries" else softmax(scores, causal)
    return {
        "q": q,
        "k": k,
        "v": v,
        "scores": scores,
        "pattern": pattern,
        "z": np.einsum("ij,jh->ih", pattern, v),
        "head_out": np.einsum("ij,jd,de->ie", pattern, x, W_V @ W_O),
    }


def softmax(scores: Any, causal: bool) -> Any:
    pattern = np.zeros_like(scores)
    for i, row in enumerate(scores):
        keys = range(i + 1 if causal else len(row))
        for j in keys:
            pattern[i, j] = 1 / sum(math.exp(row[other] - row[j]) for other in keys)
    return pattern
