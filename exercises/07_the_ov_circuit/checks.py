"""Checks for lesson 07. Each runs in a notebook, in the page, under pytest and in a batch."""

import numpy as np

from ovlearn import Config, paths
from ovlearn.exercises import compare, equal
from ovlearn.exercises.deriving import derived
from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import Derivation, Network, add, definition, product, rules, symbol
from ovlearn.symbolic.course import theorems

BLOCKED = {
    "direct_contribution": ("paths.contribution",),
    "most_raised": ("circuits.top_outputs",),
    "boxed": ("derive",),
}
SIZES = {"n_layers": 3, "n_heads": 2}


def test_direct_contribution(student):
    for case in cases(student, **SIZES):
        for layer in (1, 2, 0):
            head = (layer, int(case.rng.integers(2)))
            compare(
                student.direct_contribution(case.run, *head),
                _alone(case.run, head),
                axes=("pos", "d_vocab"),
                case=f"layer {head[0]}, head {head[1]}; {case.words}",
                suspects=_other_contributions(case.run, head),
            )


def _alone(run, head):
    """What a head adds to the logits [pos, d_vocab] if no other writes, less what is there without it."""
    frozen = run.frozen()
    return frozen.run(heads={head}).logits - frozen.run(heads=set()).logits


def _other_contributions(run, head):
    model, A = run.model, run.pattern[head]
    W_E, W_U, W_OV = model.W_E, model.W_U, model.W_V[head] @ model.W_O[head]
    X = W_E[run.tokens]  # [pos, d_model]
    others = {(layer, each) for layer in range(3) for each in range(2)} - {head}
    return {
        "reads the whole stream": (
            run.head_out[head] @ W_U,
            "This is all that the head writes. In the first layer that is the box; later the head also "
            "reads what earlier heads wrote. What does it read on the path asked for?",
        ),
        "every path through it": (
            run.logits - run.frozen().run(heads=others).logits,
            "This is all that the head is worth to the frozen logits: every path that passes it, also those "
            "that pass another head as well. The box holds one of them.",
        ),
        "pattern transposed": (
            A.T @ X @ W_OV @ W_U,
            "The pattern is the wrong way round. Row i of it belongs to position i, and says from where "
            "position i takes something.",
        ),
        "no pattern": (
            X @ W_OV @ W_U,
            "Every position gets its own token back through the circuit. Where has the head looked?",
        ),
        "scores": (
            run.scores[head] @ X @ W_OV @ W_U,
            "Here the scores mix the positions. What comes of them after the mask and the softmax?",
        ),
        "another head's pattern": (
            run.pattern[head[0], 1 - head[1]] @ X @ W_OV @ W_U,
            "The pattern is that of the other head of this layer, the weights are those of this one. A head "
            "looks with its own pattern.",
        ),
        "OV transposed": (
            A @ X @ W_OV.T @ W_U,
            "The OV matrix stands transposed: it reads where the head writes, and writes where it reads.",
        ),
        "with the direct path": (
            A @ X @ W_OV @ W_U + X @ W_U,
            "The direct path is in here as well. It passes no head, so it is no contribution of this one.",
        ),
        "no unembedding": (
            A @ X @ W_OV,
            "This is what the head adds to the stream on that path, and it is right so far. The logits are "
            "one matrix further on.",
        ),
        "the circuit": (
            W_E @ W_OV @ W_U,
            "This is the circuit. It belongs to the weights, and it answers for any token. Which tokens are "
            "there in this input, and where does the head look?",
        ),
    }


def test_most_raised(student):
    for case in cases(student):
        layer = int(case.rng.integers(case.config.n_layers))
        head = (layer, int(case.rng.integers(case.config.n_heads)))
        count = min(3, case.config.d_vocab - 2)
        for token in _telling_tokens(case, head, count)[:2]:
            # a text of this token alone: there the head looks at it with all its attention
            added = _alone(case.model.run([token]), head)[0]  # [d_vocab]
            equal(
                student.most_raised(case.model, *head, token, count),
                _top(added, count),
                says=f"These are not the {count} tokens that are raised most, the most raised one first.",
                suspects=_other_tokens(case.model, head, token, count),
            )


def _top(changes, count):
    """The places of the largest numbers, the largest first."""
    return tuple(sorted(range(len(changes)), key=lambda place: -changes[place])[:count])


def _telling_tokens(case, head, count):
    """All tokens, first those for which the usual mistakes give answers of their own."""

    def confused(token):
        values = [value for value, _ in _other_tokens(case.model, head, token, count).values()]
        right = _top(_circuit(case.model, head)[token], count)
        return 1 + len(values) - len({right, *values})

    return sorted((int(token) for token in case.rng.permutation(case.config.d_vocab)), key=confused)


def _circuit(model, head):
    return model.W_E @ model.W_V[head] @ model.W_O[head] @ model.W_U  # [d_vocab, d_vocab]


def _other_tokens(model, head, token, count):
    C, W_OV = _circuit(model, head), model.W_V[head] @ model.W_O[head]
    changes = C[token]  # [d_vocab]
    return {
        "a column": (
            _top(C[:, token], count),
            "This is read from a column of the circuit. A column says which tokens raise this one. Where "
            "does the token that is looked at stand?",
        ),
        "least first": (
            _top(changes, count)[::-1],
            "The tokens are right, their order is not: the most raised one should come first. From which "
            "end does your sorting begin?",
        ),
        "most lowered": (
            _top(-changes, count),
            "These are the tokens that this head lowers most. From which end does your sorting begin?",
        ),
        "by size alone": (
            _top(np.abs(changes), count),
            "These are the largest changes, whatever their sign. Some of these logits fall.",
        ),
        "numbers, not tokens": (
            tuple(float(changes[place]) for place in _top(changes, count)),
            "These are the changes of the logits. Asked is to which tokens they belong.",
        ),
        "without the head": (
            _top((model.W_E @ model.W_U)[token], count),
            "This is what the direct path raises, from the embedding straight to the unembedding. The head "
            "is not in it.",
        ),
        "OV transposed": (
            _top((model.W_E @ W_OV.T @ model.W_U)[token], count),
            "The OV matrix stands transposed: it reads where the head writes, and writes where it reads.",
        ),
    }


def test_boxed(student):
    for (layer, heads), rng in zip(((1, 1), (1, 2), (0, 2)), student.draws(3), strict=True):
        net, head = Network(layers=2, heads=heads), (layer, int(rng.integers(heads)))
        E, W_E, W_U, Y = (symbol(base) for base in ("E", "W_E", "W_U", "Y"))
        last = add(product(E, W_E), net.layer("Delta", 0), net.layer("Delta", 1))
        logits = definition("logits", "the unembedding of the last stream", (Y, product(last, W_U)))
        given = (logits, theorems.frozen_layers(net))
        derived(
            student.boxed(Y, given, head, symbol("Y", *head)),
            start=Y,
            end=product(net.head("A", *head), E, W_E, net.head("W_OV", *head), W_U),
            assumptions=given,
            name=symbol("Y", *head),
            suspects=_elsewhere(net, Y, given, head),
        )


def _elsewhere(net, start, given, head):
    """Where a derivation may stand that has not come to its end."""
    named = Derivation.start(start, given).apply(rules.unfold, given[0])
    once = named.apply(rules.unfold, given[1])
    twice = once.apply(rules.unfold, given[1])
    expanded = twice.apply(rules.distribute)
    term = dict(zip(expanded.paths, expanded.here.args, strict=True))
    across = (1 - head[0], 0)
    neighbour = (head[0], 1 - head[1]) if net.heads > 1 else across
    return {
        "no Δ replaced": (
            named.here,
            "That is what Y is made of, and it is right. But each Δ is itself made of tokens and weights, as "
            "`given[1]` says.",
        ),
        "a Δ left": (
            once.here,
            "There is a Δ in it still: what the later layer adds is made of what the earlier one added. "
            "What can be done with that Δ?",
        ),
        "a Δ left in a term": (
            once.apply(rules.distribute).here,
            "It is multiplied out, but one of the terms has a Δ in it still. So the paths are not all there "
            "yet.",
        ),
        "a layer left whole": (
            product(net.layer("Delta", head[0]), symbol("W_U")),
            "What is kept is all that a layer adds. In that may be more paths than the one asked for. What "
            "must happen before a path can be selected?",
        ),
        "not multiplied out": (
            twice.here,
            "Only tokens, patterns and weights are left, and that is right. But the paths are not terms of "
            "their own yet: they stand inside brackets.",
        ),
        "nothing selected": (
            expanded.here,
            "This is the sum of all paths, and every step is right. One of them passes this head and no "
            "other: which?",
        ),
        "no head": (term[()], "The direct path has been kept. It passes no head at all."),
        "a longer path": (
            term[tuple(sorted([head, across]))],
            "A path through this head has been kept, but it passes another head, too.",
        ),
        "another head": (
            term[neighbour,],
            "The path through another head has been kept. Whose pattern must stand in it?",
        ),
    }


def test_longer_paths(student):
    sizes = [(6, 2, 2), (4, 3, 1), (3, 2, 2), (2, 4, 0), (1, 3, 0)]
    sizes += [(5, int(rng.integers(2, 4)), int(rng.integers(5))) for rng in student.draws(2)]
    for n_layers, n_heads, layer in sizes:
        config = Config(n_layers=n_layers, n_heads=n_heads, d_model=1, d_head=1, d_vocab=1, n_ctx=1)
        every = list(paths.enumerate(config))
        through = [path for path in every if (layer, n_heads - 1) in path]
        before, after = (1 + n_heads) ** layer, (1 + n_heads) ** (n_layers - 1 - layer)
        words = f"{n_layers} layers of {n_heads} heads, a head in layer {layer}"
        equal(
            student.longer_paths(n_layers, n_heads, layer),
            len(through) - 1,
            says=f"That is not the number for {words}.",
            suspects={
                "with the box": (
                    len(through),
                    f"For {words} this is the number of all paths that pass the head. One of them is in the "
                    "box.",
                ),
                "every other path": (
                    len(every) - 1,
                    f"For {words} this counts all paths but the one in the box. Most of them do not pass "
                    "this head.",
                ),
                "those that miss it": (
                    len(every) - len(through),
                    f"For {words} these are the paths that do not pass this head.",
                ),
                "one more head": (
                    (n_layers - 1) * n_heads,
                    f"For {words} this counts the paths through the head and one other. A path may pass "
                    "more than two.",
                ),
                "only before it": (
                    before - 1,
                    f"For {words} this counts what earlier heads may have written for it to read. Later "
                    "heads may read what it writes, too.",
                ),
                "only after it": (
                    after - 1,
                    f"For {words} this counts the later heads that may read what it writes. The head itself "
                    "may read what earlier ones wrote, too.",
                ),
                "not both sides at once": (
                    before - 1 + after - 1,
                    f"For {words} this adds the paths with heads before this one and those with heads after "
                    "it. Some paths have both.",
                ),
                "no layer skipped": (
                    n_heads ** (n_layers - 1),
                    f"For {words} this lets a path pass a head in every layer. In each other layer there is "
                    "one more way to go.",
                ),
            },
        )
