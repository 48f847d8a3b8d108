"""Checks for lesson 12. Each runs in a notebook, in the page, under pytest and in a batch."""

from dataclasses import fields, replace
from itertools import permutations

import numpy as np

from ovlearn import GPT, Config
from ovlearn.exercises import compare, wrong
from ovlearn.exercises.comparing import as_numbers, close, judge_letters, letters

BLOCKED = {
    "value_biases": ("numeric.GPT.folded", "numeric.folding.folded", "numeric.folding._values_out"),
    "fold_norm": ("numeric.GPT.folded", "numeric.folding.folded", "numeric.folding._gains_in"),
}

UNNOTICED = 1e-9  # of a probability; what rounding leaves is smaller, and what is noticed much larger


def test_split_heads(student):
    widths = ((2, 5), (4, 3), (5, 4), (1, 3))  # n_heads, d_head
    for (n_heads, d_head), rng in zip(widths, student.draws(4), strict=True):
        model = _network(rng, n_layers=1, n_heads=n_heads, d_head=d_head, d_model=n_heads * d_head)
        three = np.stack([model.W_Q[0], model.W_K[0], model.W_V[0]])  # [3, head, d_model, d_head]
        c_attn = _side_by_side(three)  # [d_model, 3 · d_model]
        got = as_numbers(student.split_heads(c_attn, n_heads))
        compare(
            got,
            three,
            axes=("Q, K or V", "head", "d_model", "d_head"),
            case=f"{n_heads} heads, d_model={n_heads * d_head}",
            suspects=_other_cuts(got, three, c_attn),
        )


def _side_by_side(three):
    """GPT-2's one array [d_model, 3 · d_model] of three weights [3, head, d_model, d_head], by columns."""
    columns = [column for weight in three for head in weight for column in head.T]
    return np.array(columns).T


def _other_cuts(got, three, c_attn):
    """What usual mistakes cut out of c_attn; the three weights are [3, head, d_model, d_head]."""
    _, n_heads, d_model, d_head = three.shape
    squares = np.stack(np.split(c_attn, 3, axis=1))  # [3, d_model, d_model]
    orders = (order for order in permutations(range(3)) if close(got, three[list(order)]))
    return {
        "another order": (
            three[list(next(orders, (0, 1, 2)))],
            "Each weight is cut out well, but they come in another order. Which of the three makes the first "
            "columns of `c_attn`, and which of them is asked for first?",
        ),
        "head by head": (
            c_attn.reshape(d_model, n_heads, 3, d_head).transpose(2, 1, 0, 3),
            "You take query, key and value of head 0 to stand together, then those of head 1. Some networks "
            "keep them so. Here the queries of all heads come first.",
        ),
        "heads take turns": (
            c_attn.reshape(d_model, 3, d_head, n_heads).transpose(1, 3, 0, 2),
            "The three kinds are right. But your head takes every so manyth of the columns, as if the heads "
            "took turns. The columns of a head stand next to each other.",
        ),
        "a reshape for a swap": (
            squares.reshape(three.shape),
            "The three kinds are right, and so is the shape. But a reshape keeps the numbers in the order in "
            "which they lie, row after row: your head 0 has the first rows, not its own columns. Split the "
            "last axis first, then move the axis of the heads.",
        ),
        "one reshape for all": (
            c_attn.reshape(three.shape),
            "The shape is right, but the numbers are shuffled: a reshape takes them in the order in which "
            "they lie, row after row of `c_attn`. Split the last axis first, then move axes.",
        ),
        "rows for outputs": (
            squares.reshape(3, n_heads, d_head, d_model).swapaxes(2, 3),
            "The three kinds are right, but you share out the rows of each among the heads. That is how one "
            "reads a weight that is stored [out, in]. This one is stored [in, out].",
        ),
        "rows for heads": (
            squares.reshape(3, n_heads, d_head, d_model),
            "The three kinds are right, but you share out the rows of each among the heads. A row of "
            "`c_attn` belongs to an entry of the stream, and each head reads all of these.",
        ),
        "transposed": (
            three.swapaxes(2, 3),
            "The right numbers, but each head's weight stands transposed. A row of the stream should meet it "
            "from the left: `x @ W_Q[head]`.",
        ),
        "head axis behind": (
            three.swapaxes(1, 2),
            "The columns are cut well, but the axis of the heads is still behind d_model. `W_Q[0]` should be "
            "the whole weight of head 0.",
        ),
        "not cut into heads": (
            squares,
            "These are the three kinds, and they are right. In each of them the heads still stand side by "
            "side.",
        ),
    }


def test_value_biases(student):
    sizes = ({"n_heads": 3, "d_head": 4}, {"n_heads": 2, "d_head": 5}, {"n_heads": 1, "d_head": 2})
    for size, rng in zip(sizes, student.draws(3), strict=True):
        model = _network(rng, n_layers=1, d_model=int(rng.integers(8, 11)), **size)
        b_V, W_O, b_O = model.b_V[0], model.W_O[0], model.b_O[0]
        compare(
            student.value_biases(b_V, W_O, b_O),
            b_O + _missed(model),
            axes=("d_model",),
            case=f"{size['n_heads']} heads of width {size['d_head']}, d_model={len(b_O)}",
            suspects=_other_biases(b_V, W_O, b_O),
        )


def _missed(model):
    """What a layer's stream lacks once its value biases are zero [d_model]: the same at each position."""
    tokens = np.arange(5)
    without = replace(model, b_V=0 * model.b_V)
    return (model.run(tokens).resid_mid - without.run(tokens).resid_mid)[0].mean(axis=0)


def _other_biases(b_V, W_O, b_O):
    each = np.array([bias @ weight for bias, weight in zip(b_V, W_O, strict=True)])  # [head, d_model]
    total = each.sum(axis=0)  # [d_model]
    return {
        "old bias lost": (
            total,
            "This is what the value biases add, and it is right. The layer had a bias of its own already: "
            "where is it now?",
        ),
        "taken away": (
            b_O - total,
            "The right amount, with the wrong sign. The value biases are gone: must the new bias take away "
            "what they added, or add it in their place?",
        ),
        "old bias once a head": (
            len(each) * b_O + total,
            "The old bias is in here once for each head. The layer adds it once.",
        ),
        "mean over heads": (
            b_O + each.mean(axis=0),
            "You take the mean over the heads. What the heads write is added up in the stream.",
        ),
        "first head only": (
            b_O + each[0],
            "Only head 0 is in this. Every head of the layer had a value bias.",
        ),
        "last head only": (
            b_O + each[-1],
            "Only the last head is in this. In a loop over heads: does each turn add to what the earlier "
            "ones found, or replace it?",
        ),
        "through every head": (
            b_O + b_V.sum(axis=0) @ W_O.sum(axis=0),
            "The bias of each head goes through the output weights of all heads here. Each has a way of its "
            "own to the stream.",
        ),
        "all in one batch": (
            b_O + b_V @ W_O,
            "There are too many axes: numpy took the first axis of W_O as a batch, and sent the biases of "
            "all heads through each of its matrices. Each head's bias belongs to one of them.",
        ),
        "all in one batch, summed once": (
            b_O + (b_V @ W_O).sum(axis=0),
            "There is an axis too many, and summing it away will not help: in `b_V @ W_O` numpy sends the "
            "biases of all heads through the output weight of each. Each head's bias belongs to one of them.",
        ),
        "columns mixed": (
            b_O + b_V.ravel() @ W_O.swapaxes(0, 1).reshape(b_V.size, -1),
            "The biases are laid out head after head, the rows of the output weights are not. Both need the "
            "same order before they are multiplied.",
        ),
        "a row a head": (
            b_O + each,
            "This has a row for each head. All heads of a layer write to one stream: what becomes of them?",
        ),
        "a row a head, without the old bias": (
            each,
            "These are the rows that the heads' biases write, one for each head. The layer needs one row, "
            "and it had a bias already.",
        ),
        "left as it was": (
            b_O,
            "This is the old bias. What the value biases wrote is missing now: where did it go?",
        ),
    }


def test_fold_norm(student):
    # The first weight is square: there a gain on the wrong axis raises no error, and its effect tells it.
    sizes = ((6, 6), (9, 4), (7, 1))  # d_model, d_head
    for (d_model, d_head), rng in zip(sizes, student.draws(3), strict=True):
        model = _network(rng, n_layers=1, n_heads=1, d_model=d_model, d_head=d_head, d_vocab=d_model + 3)
        gain, shift, W, b = model.ln1_w[0], model.ln1_b[0], model.W_Q[0, 0], model.b_Q[0, 0]
        weight, bias = _weight_and_bias(student.fold_norm(gain, shift, W, b), W.shape)
        others = _other_folds(gain, shift, W, b).items()
        # Queries are compared, as many weights are right: n has no mean, so a column may have any.
        compare(
            _queries(model, weight, bias),
            model.run(np.arange(d_model + 3)).q[0, 0],
            axes=("pos", "d_head"),
            case=f"d_model={d_model}, d_head={d_head}; shown are the queries that your pair makes",
            suspects={name: (_queries(model, *pair), says) for name, (pair, says) in others},
        )


def _weight_and_bias(got, shape):
    """The weight [d_model, d_head] and the bias [d_head] of an answer.

    Raises: Wrong where it is no such pair.
    """
    if not isinstance(got, tuple | list) or len(got) != 2:
        wrong("not a pair", "A weight and a bias are asked for: return them as a pair, `weight, bias`.")
    weight, bias = (as_numbers(each) for each in got)
    seen = ("your shapes", f"{list(weight.shape)} and {list(bias.shape)}")
    if (bias.shape, weight.shape) == (shape, shape[1:]):
        wrong("bias first", "The pair is the other way round: first the weight, then the bias.", seen)
    if weight.shape == shape[::-1] != shape:
        wrong("transposed", "The weight stands transposed: a row should meet it from the left.", seen)
    if (weight.shape, bias.shape) != (shape, shape[1:]):
        wrong("shape", f"The weight should be {list(shape)}, the bias {list(shape[1:])}.", seen)
    for each in (weight, bias):
        if each.dtype.kind == "c":
            wrong("type", "Weights are real numbers, and these are complex.")
        if not np.isfinite(each).all():
            wrong("not finite", "There are entries that are no finite numbers (NaN or infinity).", seen)
    return weight, bias


def _queries(model, weight, bias):
    """The queries [pos, d_head] of a network whose layer norm has neither gain nor shift, for each token."""
    bare = replace(_bare(model), W_Q=weight[None, None], b_Q=bias[None, None])
    with np.errstate(all="ignore"):  # a weight may be as large as a learner likes
        return bare.run(np.arange(model.config.d_vocab)).q[0, 0]


def _other_folds(gain, shift, W, b):
    """The pairs that usual mistakes give."""
    scaled = (W.T * gain).T  # [d_model, d_head]
    others = {
        "shift forgotten": (
            (scaled, b),
            "The weight is right, but the shift is gone. It is the same for every row: what does W make of "
            "it, and which of the two that you return is the same for every row?",
        ),
        "shift through the gain": (
            (scaled, b + shift @ scaled),
            "The weight is right. But your bias takes the shift through the scaled weight, so through the "
            "gain. In layer norm, which comes first?",
        ),
        "gain divided": (
            (W / gain[:, None], b + shift @ W),
            "The bias is right, but your weight is divided by the gain. Layer norm multiplies by it, and the "
            "weight has to do so in its place.",
        ),
        "gain forgotten": (
            (W, b + shift @ W),
            "The bias is right. But the gain is gone: layer norm will not multiply by it any more.",
        ),
        "old bias lost": (
            (scaled, shift @ W),
            "The weight is right, and this is what the shift adds. The head had a bias already: where is it?",
        ),
        "shift taken away": (
            (scaled, b - shift @ W),
            "The weight is right, and the shift has met the right weight. But it comes with the wrong sign.",
        ),
        "shift in the weight": (
            (scaled + shift[:, None], b),
            "You added the shift to the weight. There it is multiplied by n, and it should be the same for "
            "every row.",
        ),
        "left as it was": (
            (W, b),
            "This is the weight and the bias as they were. Gain and shift are gone, and nobody makes up for "
            "them.",
        ),
    }
    return others if len(W) != len(b) else others | _square_folds(gain, shift, W, b, scaled)


def _square_folds(gain, shift, W, b, scaled):
    """What can go wrong without an error where d_head is d_model."""
    wrong_axis = (
        "You scaled the columns of W. The gain belongs to the entries of the row that W reads: which axis of "
        "W do they meet? (Here both have one size. Mostly they have not, and numpy would complain.)"
    )
    return {
        "gain on the columns": ((W * gain, b + shift @ W), wrong_axis),
        "gain on the columns, shift too": ((W * gain, b + shift @ (W * gain)), wrong_axis),
        "gain on the columns, no shift": ((W * gain, b), wrong_axis),
        "shift as it is": (
            (scaled, b + shift),
            "The weight is right. But the shift was added to the bias as it is: it belongs to the stream, "
            "and the bias to the queries. What lies between?",
        ),
        "transposed": (
            (scaled.T, b + shift @ W),
            "The bias is right, but the weight stands transposed: a row should meet it from the left.",
        ),
        "shift from the other side": (
            (scaled, b + W @ shift),
            "The weight is right. But the shift is multiplied from the wrong side: it is a row, as those of "
            "the stream are, so it stands to the left of W.",
        ),
    }


def test_unnoticed(student):
    chosen = letters(student.unnoticed, "abcdefg")
    truth = {letter for letter, gap in _gaps(next(student.draws(1))).items() if gap < UNNOTICED}
    judge_letters(
        chosen,
        truth,
        none=("Such a network has more numbers than it needs. What does layer norm take away from each row?"),
        included=_INCLUDED,
        left_out=_LEFT_OUT,
    )


_INCLUDED = {
    "b": (
        "one row for all",
        "One of your cases adds the same row to all embeddings. It is the same for all tokens, but is it the "
        "same for all entries of a row? It is a mean over entries that layer norm takes away.",
    ),
    "c": (
        "doubled embeddings",
        "One of your cases doubles the embeddings. The first layer hardly notices, as layer norm divides. "
        "But what do its heads write, and to what is it added?",
    ),
    "e": (
        "no query biases",
        "One of your cases takes the query biases away. Multiply a score out: the bias of the query meets "
        "the key, and the keys differ.",
    ),
}

_LEFT_OUT = {
    "a": (
        "raised row left out",
        "Look again at the case with one number in one row of the embedding. What does it do to the mean of "
        "the stream there, and who reads the stream with its mean?",
    ),
    "d": (
        "key biases left out",
        "Look again at the case without key biases. What does such a bias add to the scores of one query: "
        "does it depend on the key?",
    ),
    "f": (
        "raised logits left out",
        "Look again at the case with the same column in all of W_U. By how much does each logit of a "
        "position rise, and what does the last softmax make of that?",
    ),
    "g": (
        "doubled and halved left out",
        "Look again at the case that doubles and halves. Gain and shift are both doubled, so all that layer "
        "norm hands on is. What do queries, keys and values come to?",
    ),
}


def _gaps(rng):
    """By how much a probability differs at most, after each change of a random network."""
    model = _network(rng, n_layers=2, n_heads=2, d_head=4, d_model=8, d_vocab=9, positional=True, d_mlp=16)
    token, layer = int(rng.integers(9)), int(rng.integers(2))
    row, column = rng.normal(size=8), rng.normal(size=(8, 1))  # [d_model], [d_model, 1]
    raised = 1.0 * (np.arange(9) == token)[:, None]  # [d_vocab, 1]
    twice = 1.0 + (np.arange(2) == layer)  # [layer]
    halved = {name: getattr(model, name) / twice[:, None, None, None] for name in ("W_Q", "W_K", "W_V")}
    changes = {
        "a": {"W_E": model.W_E + raised},
        "b": {"W_E": model.W_E + row},
        "c": {"W_E": 2 * model.W_E, "W_pos": 2 * model.W_pos},
        "d": {"b_K": 0 * model.b_K},
        "e": {"b_Q": 0 * model.b_Q},
        "f": {"W_U": model.W_U + column},
        "g": {"ln1_w": twice[:, None] * model.ln1_w, "ln1_b": twice[:, None] * model.ln1_b, **halved},
    }
    tokens = rng.permutation(9)
    before = _probabilities(model, tokens)  # [pos, d_vocab]
    return {
        letter: np.abs(_probabilities(replace(model, **change), tokens) - before).max()
        for letter, change in changes.items()
    }


def _probabilities(model, tokens):
    logits = model.run(tokens).logits  # [pos, d_vocab]
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))  # [pos, d_vocab]
    return weights / weights.sum(axis=1, keepdims=True)


def test_held_scale(student):
    for parts, model, words in _written(student):
        compare(
            student.held_scale(parts, model.W_U, model.eps),
            _contributions(parts, model),
            axes=("part", "pos", "d_vocab"),
            case=words,
            suspects=_other_contributions(parts, model.W_U, model.eps),
        )


def test_held_scale__sum(student):
    for parts, model, words in _written(student):
        got = as_numbers(student.held_scale(parts, model.W_U, model.eps))
        compare(
            got.sum(axis=0) if got.ndim == 3 else got,
            model.run(np.arange(parts.shape[1])).logits,
            axes=("pos", "d_vocab"),
            case=f"{words}; shown is the sum of your parts",
        )


def _written(student):
    """What each part wrote to the last stream [part, pos, d_model], the network, and the sizes in words."""
    sizes = (
        {"n_heads": 2, "d_head": 4},
        {"n_heads": 3, "d_head": 2},
        {"n_layers": 0, "n_heads": 1, "d_head": 1},
    )
    for size, rng in zip(sizes, student.draws(3), strict=True):
        n_layers, d_model = size.get("n_layers", 1), int(rng.integers(8, 11))
        positions = 5 if n_layers else 1
        drawn = _network(
            rng, **{"n_layers": 1, **size}, d_model=d_model, d_vocab=12, positional=n_layers > 0, d_mlp=14
        )
        model = replace(_bare(drawn), b_U=0 * drawn.b_U, eps=float(rng.uniform(0.1, 0.3)))
        run = model.run(np.arange(positions))
        parts = [run.embedding]
        if n_layers:
            b_O = np.tile(model.b_O[0], (positions, 1))  # [pos, d_model]
            tokens = model.W_E[:positions]  # [pos, d_model]
            parts = [tokens, run.embedding - tokens, *run.head_out[0], b_O, run.mlp_out[0]]
        words = (
            f"{len(parts)} parts, {positions} positions, d_model={d_model}, d_vocab=12, eps={model.eps:.3g}"
        )
        yield np.array(parts), model, words


def _contributions(parts, model):
    """What each part is worth to the logits [part, pos, d_vocab], from networks that read it alone.

    Such a network divides by the part's own scale. Its logits are then put on the scale of the stream.
    """
    own = np.array([_read_alone(part, model) for part in parts])  # [part, pos, d_vocab]
    return own * model.norm_scale(parts) / model.norm_scale(parts.sum(axis=0))


def _read_alone(rows, model):
    """The logits of a network without layers that has these rows [pos, d_model] for embeddings."""
    config = replace(model.config, n_layers=0, positional=False)
    spare = np.zeros((config.d_vocab - len(rows), config.d_model))  # embeddings of tokens that are not there
    weights = {name: getattr(model, name)[:0] for name in ("W_Q", "W_K", "W_V", "W_O")}
    alone = GPT(
        config,
        W_E=np.concatenate([rows, spare]),
        W_U=model.W_U,
        normalization="LNPre",
        eps=model.eps,
        **weights,
    )
    return alone.run(np.arange(len(rows))).logits


def _other_contributions(parts, W_U, eps):
    """What usual mistakes make of parts [part, pos, d_model]."""
    stream = parts.sum(axis=0)  # [pos, d_model]
    centred = parts - parts.mean(axis=-1, keepdims=True)  # [part, pos, d_model]
    variance = stream.var(axis=-1, keepdims=True)  # [pos, 1]
    scale = np.sqrt(variance + eps)  # [pos, 1]
    own = parts.var(axis=-1, keepdims=True)  # [part, pos, 1]
    return {
        "own scale": (
            centred / np.sqrt(own + eps) @ W_U,
            "Each part is divided by its own scale, so that a small one counts as much as a large one, and "
            "the sum is not the logits. What does the network divide by?",
        ),
        "not centred": (
            parts / scale @ W_U,
            "The scale is right. But the parts go in with their means, and layer norm takes the mean away "
            "before it divides.",
        ),
        "own scale, not centred": (
            parts / np.sqrt(own + eps) @ W_U,
            "Each part is divided by its own scale, and its mean is still in it. What does the network "
            "divide by, and what does it take away before?",
        ),
        "not scaled": (
            centred @ W_U,
            "The means are gone, as they should be. But nothing was divided: these numbers do not sum to the "
            "logits.",
        ),
        "no layer norm": (
            parts @ W_U,
            "The parts are read as they are. Between the stream and W_U stands layer norm.",
        ),
        "mean of the stream": (
            (parts - stream.mean(axis=-1, keepdims=True)) / scale @ W_U,
            "You take the mean of the whole stream away from each part: so it is taken away as often as "
            "there are parts. What has a part to lose?",
        ),
        "mean over positions": (
            (parts - parts.mean(axis=1, keepdims=True)) / scale @ W_U,
            "The scale is right. But the mean was taken over positions. Layer norm looks at one position at "
            "a time: over which axis does its mean go?",
        ),
        "mean over parts": (
            (parts - parts.mean(axis=0)) / scale @ W_U,
            "The scale is right. But the mean was taken over the parts. Layer norm takes it over the entries "
            "of a row.",
        ),
        "root mean square": (
            centred / np.sqrt((stream**2).mean(axis=-1, keepdims=True) + eps) @ W_U,
            "You divide by the root of the mean square, with the stream's mean still in it. The variance is "
            "that of what is left without the mean.",
        ),
        "root mean square, not centred": (
            parts / np.sqrt((stream**2).mean(axis=-1, keepdims=True) + eps) @ W_U,
            "No mean is taken away, neither from the parts nor in the scale. Some networks do so; layer norm "
            "takes the mean away first.",
        ),
        "scale not held": (
            _normed(stream, eps) @ W_U - _normed(stream - parts, eps) @ W_U,
            "This is what the logits lose if a part is taken out of the stream. But then the scale changes, "
            "too, and so these numbers do not sum to the logits. Which of the two scales is to be held?",
        ),
        "variance without its root": (
            centred / (variance + eps) @ W_U,
            "You divide by the variance. What belongs between it and the division?",
        ),
        "one less": (
            centred / np.sqrt(stream.var(axis=-1, ddof=1, keepdims=True) + eps) @ W_U,
            "Your variance divides by one less than there are entries, as one does for a sample. Layer norm "
            "divides by d_model.",
        ),
        "no epsilon": (
            centred / np.sqrt(variance) @ W_U,
            "That is nearly right. Look at the denominator once more: is all of it there?",
        ),
        "epsilon outside": (
            centred / (np.sqrt(variance) + eps) @ W_U,
            "That is nearly right. Where does ε stand, under the root or behind it?",
        ),
        "one scale for all": (
            centred / np.sqrt(stream.var() + eps) @ W_U,
            "All positions are divided by the same number. Layer norm looks at one position at a time.",
        ),
        "variances added": (
            centred / np.sqrt(own.sum(axis=0) + eps) @ W_U,
            "You add up the variances of the parts. The variance of a sum is more than that, or less: parts "
            "may agree with each other, or cancel.",
        ),
        "summed up": (
            (centred / scale @ W_U).sum(axis=0),
            "These are the logits, and they are right. Asked is the contribution of each part to them.",
        ),
        "no unembedding": (
            centred / scale,
            "This is what each part is in what W_U reads, and it is right so far. The logits are one matrix "
            "further on.",
        ),
    }


def _normed(x, eps):
    """Layer norm of x [..., d_model], without gain and shift."""
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + eps)


def _network(rng, *, d_mlp=0, **sizes):
    """A random network as GPT-2 is one: layer norm with gains and shifts, and biases."""
    config = Config(**{"d_vocab": 11, "n_ctx": sizes.get("d_vocab", 11), **sizes})
    return GPT.random(config, seed=int(rng.integers(2**31)), d_mlp=d_mlp)


def _bare(model):
    """The same network with a layer norm that has neither gains nor shifts."""
    norms = [field.name for field in fields(GPT) if field.name.startswith("ln")]
    return replace(model, normalization="LNPre", **dict.fromkeys(norms))
