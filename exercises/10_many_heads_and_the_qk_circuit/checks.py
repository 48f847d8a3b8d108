"""Checks for lesson 10. Each runs in a notebook, in the page, under pytest and in a batch."""

import numpy as np

from ovlearn.exercises import compare, wrong
from ovlearn.exercises.comparing import judge_letters, letters
from ovlearn.exercises.deriving import derived
from ovlearn.exercises.drawing import cases
from ovlearn.exercises.values import Unknown
from ovlearn.numeric import Transformer
from ovlearn.symbolic import Derivation, Network, product, rules, symbol, transpose
from ovlearn.symbolic.course import given as course

BLOCKED = {
    "scores_of_tokens": ("derive",),
    "qk_table": ("circuits.full_qk",),
}
ROUNDING = 1e-9


def test_heads_apart(student):
    for case in (*cases(student), *cases(student, count=1, edge=False, d_head=3)):
        layer, n_heads = int(case.rng.integers(case.config.n_layers)), case.config.n_heads
        z, W_O = case.run.z[layer], case.model.W_O[layer]  # [head, pos, d_head], [head, d_head, d_model]
        side_by_side = np.concatenate(list(z), axis=1)  # [pos, head * d_head]
        tall = np.concatenate(list(W_O))  # [head * d_head, d_model]
        compare(
            student.heads_apart(side_by_side, tall, n_heads),
            case.run.head_out[layer],
            axes=("head", "pos", "d_model"),
            case=case.words,
            suspects=_other_parts(side_by_side, tall, z, W_O),
        )


def _other_parts(Z, tall, z, W_O):
    n_heads, size, d_head = z.shape
    together = Z @ tall  # [pos, d_model]
    combed = Z.reshape(size, d_head, n_heads).transpose(2, 0, 1)  # [head, pos, d_head]   every n-th column
    combed_rows = tall.reshape(d_head, n_heads, -1).transpose(1, 0, 2)  # [head, d_head, d_model]
    return {
        "together": (
            together,
            "This is what all heads write, added up. Asked is what each of them writes, along an axis of "
            "its own.",
        ),
        "the same for all": (
            np.array([together] * n_heads),
            "Every head is said to write what all of them write together.",
        ),
        "equal shares": (
            np.array([together / n_heads] * n_heads),
            "The sum over heads is right, but each gets an equal share. Which numbers of a row come from "
            "which head?",
        ),
        "every n-th": (
            combed @ combed_rows,
            "The sum over heads is right, but the parts are not: you gave every n-th number to a head. The "
            "numbers of one head stand next to each other.",
        ),
        "positions cut": (
            Z.reshape(n_heads, size, d_head) @ W_O,
            "`W_O` is cut in the right places, `Z` is not. To reshape to [head, pos, d_head] at once fills "
            "head 0 with numbers of all heads, of the first positions. A row of `Z` is one position: which "
            "axis must be cut?",
        ),
        "Z right, W_O every n-th": (
            z @ combed_rows,
            "`Z` is cut in the right places, `W_O` is not: each head gets every n-th of its rows. Which row "
            "of `W_O` meets the first number of head 1?",
        ),
        "W_O right, Z every n-th": (
            combed @ W_O,
            "`W_O` is cut in the right places, `Z` is not: each head gets every n-th of its columns. The "
            "numbers of one head stand next to each other.",
        ),
        "one part of W_O": (
            z @ W_O[0],
            "All heads write through the same part of `W_O`, that of head 0. Each has its own.",
        ),
        "the others": (
            together - z @ W_O,
            "This is what all the other heads write: everything but the head's own part.",
        ),
        "not written": (
            z,
            "`Z` is taken apart, and that is right. These are the mixtures, d_head wide. What brings each "
            "of them to the stream?",
        ),
        "head not first": (
            (z @ W_O).transpose(1, 0, 2),
            "The numbers are right, but the first axis should be the head, the second the position.",
        ),
    }


def test_scores_of_tokens(student):
    for rng in student.draws(3):
        net = Network(layers=2, heads=3)
        head = (0, int(rng.integers(3)))
        S, W_Q, W_K = (net.head(base, *head) for base in ("S", "W_Q", "W_K"))
        made = (course.scores, course.queries, course.keys, course.linear_embedding, course.qk_product)
        given = tuple(each(net) for each in made)
        E, W_E = symbol("E"), symbol("W_E")
        derived(
            student.scores_of_tokens(S, given, W_Q, W_K),
            start=S,
            end=course.scaled(E, W_E, net.head("W_QK", *head), transpose(W_E), transpose(E)),
            assumptions=given,
            suspects=_on_the_way(S, given, W_Q, W_K),
        )


def _on_the_way(S, given, W_Q, W_K):
    """Where a derivation may stand that has not come to its end."""
    E, W_E = symbol("E"), symbol("W_E")
    scores = Derivation.start(S, given).apply(rules.unfold, given[0])
    sides = scores.apply(rules.unfold, given[1]).apply(rules.unfold, given[2])
    tokens = sides.apply(rules.unfold, given[3])
    turned = tokens.apply(rules.transposes)
    flat = turned.apply(rules.ungroup)
    unturned = tokens.apply(rules.ungroup)
    pair = (W_Q, transpose(W_K))
    stream = sides.apply(rules.transposes).apply(rules.ungroup).apply(rules.group, *pair)
    grouped = flat.apply(rules.group, *pair)
    W_QK = grouped.apply(rules.fold, given[4]).here.args[3]
    embedded = product(E, W_E)
    return {
        "queries and keys left": (
            scores.here,
            "That is what scores are. And what are queries and keys made of? `given` says it.",
        ),
        "the stream left": (
            sides.here,
            "Queries and keys are gone, and that is right. There is the stream in it still: what does the "
            "first layer read?",
        ),
        "the stream left, folded": (
            stream.apply(rules.fold, given[4]).here,
            "Every step is right, and W_QK has its name. But the stream is in it still: what does the first "
            "layer read?",
        ),
        "keys still one product": (
            tokens.here,
            "Only tokens and weights are left. But the keys are one transposed product: what is the "
            "transpose of a product?",
        ),
        "keys still one product, no other bracket": (
            unturned.here,
            "The keys are still one transposed product, so there is nothing to put beside W_Q. What is the "
            "transpose of a product?",
        ),
        "brackets left": (
            turned.here,
            "The transposes are where they should be. Now there are brackets in the way: W_Q and the "
            "transpose of W_K stand in different ones.",
        ),
        "not named": (
            flat.here,
            "No bracket is left, and W_Q stands beside the transpose of W_K. Nothing says yet that the two "
            "are one matrix.",
        ),
        "grouped, not named": (
            grouped.here,
            "W_Q and the transpose of W_K stand in brackets of their own. What is missing is their name.",
        ),
        "named, brackets left": (
            course.scaled(embedded, W_QK, product(transpose(W_E), transpose(E))),
            "W_QK is there, and every step is right. But there are brackets left round the tokens.",
        ),
        "named, one transpose left": (
            course.scaled(embedded, W_QK, transpose(embedded)),
            "W_QK is there, and every step is right. On its right a product is transposed as a whole, and "
            "brackets are left.",
        ),
    }


def test_qk_table(student):
    sizes = {"n_layers": 1, "n_ctx": 14}
    # neither is the root of another size, nor its own root in another case
    for case in (*cases(student, d_head=5, **sizes), *cases(student, count=1, edge=False, d_head=6, **sizes)):
        head = int(case.rng.integers(case.config.n_heads))
        every = case.model.run(np.arange(case.config.d_vocab))  # a text of all tokens; no mask in its scores
        compare(
            student.qk_table(case.model.W_E, case.model.W_Q[0, head], case.model.W_K[0, head]),
            every.scores[0, head],
            axes=("destination", "source"),
            case=case.words,
            suspects=_other_tables(case.model.W_E, case.model.W_Q[0, head], case.model.W_K[0, head]),
        )


def _other_tables(W_E, W_Q, W_K):
    T = W_E @ W_Q @ W_K.T @ W_E.T  # [destination, source]
    d_vocab, d_model, d_head = *W_E.shape, W_Q.shape[1]
    return {
        "not scaled": (
            T,
            "This is the QK circuit, and it is right so far. A score, as the softmax gets it, is not yet the "
            "product of a query and a key.",
        ),
        "divided by d_head": (
            T / d_head,
            "The products are divided by d_head itself. How does the size of a sum of d_head random terms "
            "grow with d_head?",
        ),
        "multiplied by the root": (
            T * np.sqrt(d_head),
            "The products have become larger by the root. It should make up for the length of the sum.",
        ),
        "root of d_model": (
            T / np.sqrt(d_model),
            "The products are divided by the root of d_model. How many terms has the sum of a query times a "
            "key?",
        ),
        "root of d_vocab": (
            T / np.sqrt(d_vocab),
            "The products are divided by the root of d_vocab. How many terms has the sum of a query times a "
            "key?",
        ),
        "roles exchanged": (
            T.T / np.sqrt(d_head),
            "Here the token in a column looks, and the one in a row is looked at. Whose query stands in row "
            "b?",
        ),
        "roles exchanged, not scaled": (
            T.T,
            "Here the token in a column looks, and the one in a row is looked at. And the products are not "
            "scaled. Begin with the first: whose query stands in row b?",
        ),
        "asks with its own key": (
            W_E @ W_Q @ W_Q.T @ W_E.T / np.sqrt(d_head),
            "W_Q stands on both sides: queries meet queries. With what does a source answer?",
        ),
        "keys on both sides": (
            W_E @ W_K @ W_K.T @ W_E.T / np.sqrt(d_head),
            "W_K stands on both sides: keys meet keys. With what does a destination look?",
        ),
        "no embedding": (
            W_Q @ W_K.T / np.sqrt(d_head),
            "This compares directions of the stream, [d_model, d_model]. Asked are tokens: what makes a row "
            "of the stream of a token?",
        ),
        "softmax too": (
            _softmax(T / np.sqrt(d_head)),
            "Your rows sum to 1, so a softmax was taken already. It cannot be taken here: over which tokens "
            "depends on the text.",
        ),
        "masked": (
            np.tril(T) / np.sqrt(d_head),
            "Everything above the diagonal is zero. A mask is for positions, and rows here are tokens: any "
            "of them may come after any other.",
        ),
    }


def test_same_pattern(student):
    chosen = letters(student.same_pattern, "abcdefgh")
    truth = {letter for letter, gap in _gaps(next(cases(student, n_layers=1))).items() if gap < ROUNDING}
    judge_letters(
        chosen,
        truth,
        none=(
            "There are changes that a softmax does not see. What are the weights for the scores 1 and 3, and "
            "what for 11 and 13?"
        ),
        included=_INCLUDED,
        left_out=_LEFT_OUT,
    )


_INCLUDED = {
    "b": (
        "columns",
        "One of your cases adds numbers to columns. Then a destination finds one source raised more than "
        "another. What do its weights do?",
    ),
    "c": (
        "doubled",
        "One of your cases makes all scores larger by a factor. What becomes of the difference of two "
        "scores, and what of the ratio of their weights?",
    ),
    "e": (
        "means of columns",
        "One of your cases takes off means over destinations. Each source has its own. Is what a single "
        "destination loses the same for all sources?",
    ),
    "g": (
        "queries moved",
        "One of your cases adds a vector to every query. Write the new score out: one term is new. Is it "
        "the same for all sources that a destination may look at?",
    ),
}

_LEFT_OUT = {
    "a": (
        "rows left out",
        "Look at the rows again. All scores of one destination rise by the same number. What becomes of "
        "the ratio of two of its weights?",
    ),
    "d": (
        "means of rows left out",
        "Look at the means over sources again. A mean is some number: does it matter which, if the whole "
        "row loses the same?",
    ),
    "f": (
        "M left out",
        "Look at the change of both weights again. What becomes of their product, W_QK?",
    ),
    "h": (
        "keys left out",
        "Look at the vector that is added to every key again. Write the new score out: one term is new. On "
        "which of the two tokens does it depend?",
    ),
}


def _gaps(case):
    """How far each change moves the pattern of a head."""
    model, rng = case.model, case.rng
    head = int(rng.integers(case.config.n_heads))
    d_head = case.config.d_head
    Q, K, S = (each[0, head] for each in (case.run.q, case.run.k, case.run.scores))
    rows, vector = rng.normal(size=len(S)), rng.normal(size=d_head)
    # [d_head, d_head]   far from singular
    M = np.linalg.qr(rng.normal(size=(d_head, d_head))).Q * rng.uniform(0.5, 2, size=d_head)
    W_Q, W_K = model.W_Q[0, head] @ M, model.W_K[0, head] @ np.linalg.inv(M).T
    X = case.run.resid_pre[0]  # [pos, d_model]

    def met(queries, keys):
        return queries @ keys.T / np.sqrt(d_head)  # [query, key]

    changed = {
        "a": S + rows[:, None],
        "b": S + rows,
        "c": 2 * S,
        "d": S - S.mean(axis=1, keepdims=True),
        "e": S - S.mean(axis=0),
        "f": met(X @ W_Q, X @ W_K),
        "g": met(Q + vector, K),
        "h": met(Q, K + vector),
    }
    recorded = case.run.pattern[0, head]  # [query, key]
    return {letter: np.abs(_pattern(scores) - recorded).max() for letter, scores in changed.items()}


def _pattern(scores):
    return _softmax(np.where(np.tri(len(scores), dtype=bool), scores, -np.inf))  # [query, key]


def _softmax(scores):
    """Softmax over the last axis."""
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def test_source_table(student):
    for case in cases(student, n_layers=1, n_ctx=7):
        head, source = (int(case.rng.integers(size)) for size in (case.config.n_heads, case.config.d_vocab))
        compare(
            student.source_table(case.model, head, source),
            _from_source(case.model, head, source),
            axes=("destination", "output"),
            case=f"head {head}, source {source}; {case.words}",
            suspects=_other_source_tables(case.model, head, source),
        )


def _from_source(model, head, source):
    """What a head adds after `source b`, for every b, if b itself holds nothing [destination, output].

    By an intervention: the patterns stay, and only the source's row of the stream is not zero.
    """
    every = np.arange(model.config.d_vocab)
    run = model.run(np.stack([np.full_like(every, source), every], axis=1))  # [text, 2]
    stream = run.embedding.copy()  # [text, 2, d_model]
    stream[:, 1] = 0
    return run.frozen().run(resid=stream, heads={(0, head)}).logits[:, 1]


def _other_source_tables(model, head, source):
    W_E, W_U, W_OV = model.W_E, model.W_U, model.W_V[0, head] @ model.W_O[0, head]
    products = W_E @ model.W_Q[0, head] @ model.W_K[0, head].T @ W_E.T  # [destination, source]
    root = np.sqrt(model.config.d_head)
    S, C = products / root, W_E @ W_OV @ W_U  # [destination, source], [source, output]
    row = C[source]  # [output]

    def of_two(table):
        return 1 / (1 + np.exp(np.diag(table) - table[:, source]))  # [destination]

    weight = of_two(S)
    right = np.outer(weight, row)
    return {
        "transposed": (
            right.T,
            "This is the table with rows and columns exchanged. A row should belong to a destination.",
        ),
        "scores": (
            np.outer(S[:, source], row),
            "The row is multiplied by scores. A head multiplies by attention weights: what makes weights of "
            "scores, and which scores go into it?",
        ),
        "itself without a score": (
            np.outer(1 / (1 + np.exp(-S[:, source])), row),
            "One score has gone into the softmax, and 0 for the other token. The destination looks at "
            "itself, too, and has a score for that: where does it stand?",
        ),
        "exponentials": (
            np.outer(np.exp(S[:, source]), row),
            "These are exponentials of scores. Weights of one destination sum to 1: over which tokens, in "
            "this text?",
        ),
        "not scaled": (
            np.outer(of_two(products), row),
            "The attention is too sure of itself. The QK circuit went into the softmax as it is; scores are "
            "a little less.",
        ),
        "over all tokens": (
            np.outer(_softmax(S)[:, source], row),
            "The softmax was taken over all tokens that there are. A destination looks only at those that "
            "stand in the text. Which are they?",
        ),
        "over all destinations": (
            np.outer(_softmax(S.T)[source], row),
            "The softmax was taken over destinations, so they compete for the source. A destination shares "
            "its own attention out: among what?",
        ),
        "roles exchanged": (
            np.outer(of_two(S.T), row),
            "Here the source looks at the destination. Which axis of the QK circuit is the token that looks?",
        ),
        "attention of the source": (
            np.outer(1 / (1 + np.exp(S[source, source] - S[source])), row),
            "These are weights with which the source would look at the destination. Which axis of the QK "
            "circuit is the token that looks?",
        ),
        "all its attention": (
            np.outer(np.ones(len(S)), row),
            "This is added if the head looks at the source with all its attention. From some destinations "
            "it looks less: by what weight?",
        ),
        "attention on itself": (
            np.outer(1 - weight, row),
            "This is the weight with which a destination looks at itself. Asked is the other one.",
        ),
        "both tokens": (
            right + (1 - weight)[:, None] * C,
            "This is all that the head adds there. It looks at the destination, too, and adds something for "
            "that. Asked is the part for looking at the source.",
        ),
        "the destination's value": (
            weight[:, None] * C,
            "The weight is that of the source. What it multiplies is what the destination would bring. "
            "Which row of the OV circuit belongs to the token that is looked at?",
        ),
        "a column of OV": (
            np.outer(weight, C[:, source]),
            "The weights are right. But this is a column of the OV circuit: what raises the source. Asked is "
            "what the source raises.",
        ),
        "OV transposed": (
            np.outer(weight, (W_E @ W_OV.T @ W_U)[source]),
            "The weights are right. The OV matrix stands transposed: it reads where the head writes.",
        ),
        "no unembedding": (
            np.outer(weight, W_E[source] @ W_OV),
            "This is what the head adds to the stream, and it is right so far. The logits are one matrix "
            "further on.",
        ),
        "with the direct path": (
            right + W_E @ W_U,
            "The direct path of the destination is in here as well. It passes no head.",
        ),
    }


SURE, UNSURE = 0.9, 0.5  # what the prompt promises: with the source at least, without it at most
LONGEST = 8
RISES = 0.1  # a probability that changes by more than this is said to rise


def test_without_the_bug(student):
    for number, rng in enumerate(student.draws(3)):
        count, d_vocab = 2 + number % 2, int(rng.integers(10, 14))
        source, *rest = (int(token) for token in rng.permutation(d_vocab))
        destinations, outputs, others = rest[:count], rest[count : 2 * count], rest[2 * count :]
        model = _one_layer(student.without_the_bug(d_vocab, source, destinations, outputs), d_vocab)
        found = [_read(model, *_texts(rng, source, b, others), outputs) for b in destinations]
        trigrams = ", ".join(f"{source} … {b} → {c}" for b, c in zip(destinations, outputs, strict=True))
        _judge(*map(np.array, zip(*found, strict=True)), (("skip-trigrams", trigrams),))


def _one_layer(got, d_vocab):
    """The network, if it is one that can be asked. Raises: Wrong."""
    if not isinstance(got, Transformer):
        what = got.kind if isinstance(got, Unknown) else type(got).__name__
        wrong("type", f"An ov.Transformer was expected, and this is a {what}.")
    config = got.config
    rows = (("your config", str(config)),)
    if config.n_layers != 1:
        wrong("another depth", f"Its n_layers is {config.n_layers}. Asked is a network of one layer.", *rows)
    if config.d_vocab != d_vocab:
        wrong("another vocabulary", f"Its d_vocab is {config.d_vocab}, and {d_vocab} was given.", *rows)
    if config.n_ctx < LONGEST:
        wrong("texts too long", f"It reads {config.n_ctx} tokens at most; texts have up to {LONGEST}.", *rows)
    return got


def _texts(rng, source, destination, others):
    """Texts that end with the destination, by size; where the source stands in each; and a token for it."""
    texts, places = {}, {}
    for size in range(2, LONGEST + 1):
        places[size] = np.array([0, size - 2, int(rng.integers(size - 1))])  # [text]
        texts[size] = rng.choice(others, size=(3, size))  # [text, pos]
        texts[size][:, -1] = destination
        texts[size][np.arange(3), places[size]] = source
    return texts, places, int(rng.choice(others))


def _read(model, texts, places, another, outputs):
    """Probabilities of the outputs after each text [text, output], with the source and without it.

    And how sharply the last position looks at the source [text]: the largest weight of all heads, against
    that of a head that looks everywhere alike. The texts of two tokens come first.
    """
    said, unasked, looks = [], [], []
    for size, those in texts.items():
        here = np.arange(len(those)), places[size]
        blank = those.copy()
        blank[here] = another
        with np.errstate(all="ignore"):  # weights may be as large as they like
            run, silent = model.run(those), model.run(blank)
            said.append(_softmax(run.logits[:, -1])[:, outputs])
            unasked.append(_softmax(silent.logits[:, -1])[:, outputs])
        looks.append(run.pattern[0][here[0], :, -1, here[1]].max(axis=1) * size)
    return np.concatenate(said), np.concatenate(unasked), np.concatenate(looks)


def _judge(said, unasked, looks, rows):
    """See what a network says: said, unasked [destination, text, output], looks [destination, text].

    Raises: Wrong, naming the mistake.
    """
    if not (np.isfinite(said).all() and np.isfinite(unasked).all()):
        wrong("not finite", "Its logits are no finite numbers. Are some weights far too large?", *rows)
    each = np.arange(len(said))
    own, alone = said[each, :, each], unasked[each, :, each]  # [destination, text] each
    other = np.array([np.delete(said[i], i, axis=1).max(axis=1) for i in each])  # [destination, text]
    good = (own >= SURE).all(axis=1)  # [destination]
    if good.all() and (alone <= UNSURE).all():
        return
    rows += tuple(
        (f"outputs[{i}]", f"{own[i].min():.2f} or more with the source, up to {alone[i].max():.2f} without")
        for i in each
    )
    changes = np.abs(said - unasked)  # [destination, text, output]
    alike = (np.abs(own - other) < RISES) & (own > alone + RISES)  # [destination, text]
    idle = (looks < 1.5).all(axis=1)  # [destination]   no head looks from there at the source
    low = (np.maximum(own, other) < UNSURE).all(axis=1)  # [destination]
    signs = {
        "without the source": (alone > UNSURE).any(),
        "no difference": (changes < RISES / 10).all(),
        "lowered": (own < alone / 2).all() and low.all(),
        "nobody asks": idle.all(),
        "some missing": idle.any() or (good.any() and low[~good].all()),
        "another's output": (other > np.maximum(own, UNSURE)).all(axis=1).any(),
        "the bug": alike.all(axis=1).any(),
        "fades in longer texts": (own[:, :3] >= SURE).all(),
        "too quiet": (own > 1.5 * other).all() and (own > alone).all(),
    }
    for mistake, seen in signs.items():
        if seen:
            wrong(mistake, _SAYS[mistake], *rows)
    wrong("values", "That is not what it should say. Look at the texts of two tokens first.", *rows)


_SAYS = {
    "without the source": "It says an output also where the source is not in the text. What leads there "
    "without any look back at the source: the direct path, or a head's look at the destination itself?",
    "no difference": "The source makes no difference to what it says. Does a head read something there that "
    "it does not find elsewhere, and does what it writes meet W_U?",
    "lowered": "The source makes its outputs less probable. Which sign has what a head reads, and which has "
    "what it writes?",
    "nobody asks": "At the last position no head looks at the source more than at any other token. Which of "
    "the two tokens asks, so that it needs a query, and which answers?",
    "some missing": "Work is done for one of the skip-trigrams, and for another it is not. The lists may "
    "have two entries or three: which head looks from each destination, and what does it raise?",
    "another's output": "After one of the destinations it says the output of another. Follow one head: from "
    "which token does it look, and which output does it raise?",
    "the bug": "That is the bug: after one of the destinations another's output rises as much as its own. A "
    "head that looks at the source from both destinations finds the same thing there. How could the work be "
    "divided? Or what could take the wrong output back?",
    "fades in longer texts": "In a text of the source and the destination alone it works. With more tokens "
    "it does not. How much attention do the others take, and how large is the score of the source?",
    "too quiet": "The right output leads, but its probability is too low. How far must its logit be above "
    "the others?",
}
