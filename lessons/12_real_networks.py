# %% [markdown]
# # A real language model
#
# The boxed line is exact in a network of heads alone. SmolLM2 has 30 layers, with much else between the heads. Here
# you see what breaks the line, what of it stays exact, and how far it reaches.

# %% tags=["remove-cell"]
from dataclasses import replace

import numpy as np
from sympy import MatrixSymbol, OneMatrix

import ovlearn as ov
from ovlearn import circuits, plots, reading, zoo
from ovlearn.numeric.rotary import Rotary
from ovlearn.plots import kit
from ovlearn.symbolic import (
    Assumption,
    Network,
    Relation,
    add,
    d_h,
    product,
    rules,
    s,
)

real = zoo.load("smollm2-excerpt")
france = "The capital of France is"
paris = real.run(france).reach(23, 4, " Paris")
they = real.run("They said they would do it by").reach(
    25, 2, " themselves"
)
bracket = real.run("The house (which we bought last year").reach(
    26, 6, ")"
)
paris_chance = real.run(france).probabilities[-1, 0]

# %% [markdown]
# ## Where does “Paris” come from?
#
# “The capital of France is”, and SmolLM2 goes on with “Paris” ({{ f"{100 * paris_chance:.0f} %" }}). Head 23.4 looks
# at “France” and adds {{ f"{paris.gave:.1f}" }} to that logit. (It writes what goes with France: “French” gets more, and
# “Paris” with it. Silence it, and “Paris” falls to {{ f"{100 * real.run(france).without(23, 4):.0f} %" }}.) Only
# {{ f"{paris.boxed:.2f}" }} of it came along the boxed path, and the row of “France” in its circuit is silent. For head
# 25.2 little came along that path either, and yet its row told what the head writes. **When is the circuit a good
# map?** (The model is SmolLM2-135M-Instruct, from a file that keeps about four bits a number. We took
# {{ f"{len(real.words):,}" }} of its words along.)
#
# A word enters as its embedding, and each layer adds to it. Besides heads, a layer has an **MLP** (multi-layer
# perceptron): matrices with a bend between them, which act on each position by itself. So read the head's row for one
# word four times: from its embedding; from what the first MLP makes of that; from the stream after layer 0; and from
# the stream that the head met.

# %% tags=["hide-input"]
cases = {
    (23, 4): {
        france: " Paris",
        "The capital of Japan is": " Tokyo",
    },
    (25, 2): {
        "They said they would do it by": " themselves",
        "He wanted to do it by": " himself",
    },
    (27, 7): {"The house (which we bought last year": ")"},
    (26, 6): {"The house (which we bought last year": ")"},
}
places = ["embedding", "first MLP", "layer 0", "the stream"]


def raises(layer, head, run, at, k=3):
    """The words that a head's row raises most, read from four places."""
    word = run.words[at]
    read = [
        real.streams([word])[0],
        real.streams([word], "after first MLP")[0],
        run.stream(1)[at],
        run.stream(layer)[at],
    ]  # [d_model] each
    rows = reading.rows(
        real.network,
        0,
        real.place(layer, head),
        [real.id_of(word)] * len(read),
        4 * k,
        basis=np.array(read),
    )
    for row in rows.raised:
        once = {}
        for one in row:
            name = real.words[one].strip()
            if name:
                once.setdefault(name.lower(), name)
        yield list(once.values())[:k]


def left_at(part, x):
    """A part that begins at x."""
    return part.moved(x - part.left[0], 0)


def panel(state):
    """One head on one text: how well its row agrees with what it wrote."""
    layer, head = list(cases)[state["head"]]
    texts = cases[layer, head]
    text = list(texts)[state.get(f"text{state['head']}", 0)]
    run = real.run(text)
    found = run.reach(layer, head, texts[text])
    at, toward = found.looked_at, texts[text].strip()
    agrees = [*found.cosine.values(), 1.0]
    luck = [
        run.by_chance(layer, head, at, basis)
        for basis in ("embedding", "after first MLP")
    ]
    said = list(raises(layer, head, run, at))
    shown = ["begin", *(word.strip() for word in run.words[1:])]
    sentence = kit.words(shown, (0, 0), gap=4)
    sentence = [
        part.moved(-sentence[0].left[0], 0) for part in sentence
    ]
    looks = kit.arc(
        sentence[-1].top, sentence[at].top, found.attention, "pattern"
    )
    share = kit.text(
        f"{100 * found.attention:.0f} %",
        (sentence[at].bottom[0], sentence[at].bottom[1] + 14),
        "pattern",
    )
    bars = kit.bars(
        agrees, places, (0, 92), "ov", length=200, pointed=False
    )
    words_at = max(350, bars.right[0] + 24)
    heads_of_columns = [
        left_at(
            kit.text(f"row of “{shown[at]}”, from", (0, 78), bold=True),
            0,
        ),
        left_at(
            kit.text("raises most", (0, 78), "ov", bold=True), words_at
        ),
    ]
    rows = [
        left_at(
            kit.text(" · ".join(names), (0, 104 + 24 * place), "ov"),
            words_at,
        )
        for place, names in enumerate(said)
    ]
    says = (
        f"Head {layer}.{head} gives “{toward}” {found.gave:+.2f}, and {found.boxed:+.2f} of it came along the box. "
        f"Its row for “{shown[at]}” agrees with what it writes to {agrees[0]:.2f} from the embedding, "
        f"{agrees[1]:.2f} after the first MLP, {agrees[2]:.2f} after layer 0. (1: the same direction. "
        f"95 of 100 other words' rows stay below {luck[0]:.2f} from the embedding, {luck[1]:.2f} after the MLP.)"
    ).replace("-", "−")
    return kit.draw(
        *sentence,
        looks,
        share,
        bars,
        *heads_of_columns,
        *rows,
        title=f"How far the row of head {layer}.{head} agrees, on “{text}”",
        says=says,
        caption=says,
        numbers=[
            ["row read from", "cosine", "raises most"],
            *(
                [place, f"{agree:.2f}", ", ".join(names)]
                for place, agree, names in zip(
                    places, agrees, said, strict=True
                )
            ),
        ],
    )


plots.switches(
    [
        plots.Control(
            "head",
            "Head",
            tuple(f"{layer}.{head}" for layer, head in cases),
        ),
        *(
            plots.Control(
                f"text{place}",
                "Text",
                tuple(f"{text} …" for text in texts),
                when={"head": [place]},
            )
            for place, texts in enumerate(cases.values())
        ),
    ],
    panel,
    title="The same row, read from four places",
    caption="Bars: how well a row agrees with what the head made of that word, as a cosine. Beside them: which of the excerpt's words that row raises most.",
)

# %% [markdown]
# - **23.4**: from the embedding of “France” the row agrees no more than rows of other words do. After the first MLP it
#   does, and names Paris.
# - **25.2**: from the embedding of “they” the row already points where the head writes.
#
# ## What SmolLM2 has besides heads
#
# | part | what it does | what becomes of the line |
# | --- | --- | --- |
# | **RMSNorm** | divides each position by its size (root mean square) before it is read, and multiplies by fixed gains | held, it leaves one positive number a position |
# | **MLP** | acts on each position by itself, through a bend | there is no matrix for it; what it wrote can be held |
# | **rotary positions** (RoPE) | turn pairs of a query's and a key's numbers, each pair at a speed of its own, by angles that grow with the position | OV stays; QK is one table for each distance |
# | **shared keys and values** (grouped-query attention) | three heads have one $W_K$ and one $W_V$ | nothing; their $W_{OV}$ have a factor in common |
#
# An MLP of SmolLM2 reads the stream behind its norm, $N$, and adds $(f(N W_{gate}) \odot N W_{in})\, W_{out}$, where
# $\odot$ multiplies entry by entry. The bend is SiLU, $f(u) = u / (1 + e^{-u})$: nearly 0 far below zero, nearly $u$
# far above.
#
# ## The box behind norms, derived
#
# Let $G$ be the diagonal matrix of a norm's gains, and $D$ that of 1 over the size of each position. Then the heads
# read $N = D X G$. $D$ depends on the stream, so it bends. But it acts from the left, as $A$ does. Hold both at what
# one run recorded, and all is linear again. For one layer of one head:

# %%
box = ov.derive("rms-norm", layers=1, heads=1)
ov.show(box, label="eq:rms-norm")

# %% [markdown]
# So behind norms the circuit is $C_0 = W_E G_0 W_{OV_0} G_1 W_U$: gains are weights, and **fold** into their
# neighbours. $D$ only multiplies a row by a positive number. *Which* words a row raises, and in which order, stays: norms
# do not spoil the map. (They do weigh the rows of different positions against each other.)
#
# Rotary positions are rotations $R_i$ in the score of position $i$ with position $j$:

# %%
turned = ov.derive("rotary", layers=1, heads=1)
ov.show(turned, label="eq:rotary")

# %% [markdown]
# Only the distance $i - j$ is left. Of two heads that share their keys and values:

# %%
shared = ov.derive("shared-keys-and-values", layers=1, heads=1)
ov.show(
    shared.lemma("Their W_OV share the left factor"),
    label="eq:shared-values",
)

# %% [markdown]
# They read the same of a word, and write it differently.
#
# ## In code: the map and the account

# %% try=["Japan: \"France\", \"Paris\" -> \"Japan\", \"Tokyo\""]
country, capital = "France", "Paris"
run = real.run(f"The capital of {country} is")
reach = run.reach(23, 4, f" {capital}")
print(f"gave {reach.gave:.2f}, boxed {reach.boxed:.2f}")
for basis in ("embedding", "after first MLP"):
    row = real.rows(23, 4, [f" {country}"], k=4, basis=basis)
    print(f"\n{basis}: cosine {reach.cosine[basis]:.2f}")
    loud = row.spread[0] / row.noise[0]
    print(f"  {loud:.1f} times as wide as a random head's")
    print(" ", *(real.words[one] for one in row.raised[0]))

# %% tags=["remove-cell"]
silent, found = (
    real.rows(23, 4, [" France"], basis=basis)
    for basis in ("embedding", "after first MLP")
)
loud_before, loud_after = (
    float(each.spread[0] / each.noise[0]) for each in (silent, found)
)
assert loud_before < 1 < 1.4 < loud_after


def size(x):
    """The root mean square of a row."""
    return float(np.sqrt((x**2).mean()))


of_word = size(real.streams([" they"])[0])
of_stream = size(
    real.run("They said they would do it by").stream(25)[3]
)
assert they.cosine["embedding"] > they.cosine["after first MLP"]
assert they.share == max(
    real.run(text).reach(*head, texts[text]).share
    for head, texts in cases.items()
    for text in texts
)

# %% [markdown]
# From the embedding, the row of “France” is no wider than that of a random head as strong: it is silent. After the
# first MLP it speaks. Here that MLP reads the word alone. So this map, too, is read off the weights, from another
# beginning (the field calls it the *effective embedding*). No beginning is best for all heads: the row of 25.2 agrees
# well from the embedding ({{ f"{they.cosine['embedding']:.2f}" }}), and after the MLP no more than chance
# ({{ f"{they.cosine['after first MLP']:.2f}" }}).
#
# Why is so little boxed? The embedding of “they” has size {{ f"{of_word:.2f}" }}. The stream that 25.2 reads
# there has {{ f"{of_stream:.0f}" }}, and the norm divides by that.
#
# ## Two claims
#
# This is where the course's argument ends. **The circuit is a map of directions.** It can be right where little
# flows, and silent where much does. **The box is an account of one path.** It is exact. On “silver and” it carries
# nearly all of what head 1.6 of the small model gives; of the heads above, {{ f"{they.share:.0%}" }} or less. And what
# depends on a head is a third question: only silencing it tells ([lesson 07](07_the_ov_circuit.py)).
#
# ## Where attention rests
#
# Before each text SmolLM2 reads a token that means “begin”. What do heads get from there?

# %%
rested = real.run("They said they would do it by")
for head in [(18, 6), (23, 4), (26, 2), (27, 5)]:
    attention = rested.attention(*head)[-1, 0]
    # [pos]
    gave = rested.gives(*head)[:, real.id_of(" themselves")]
    print(
        f"{head}: attention {attention:.2f}, "
        f"gives {gave[0]:z.1f} of {gave.sum():z.1f}"
    )

# %% tags=["remove-cell"]
of_begin = size(rested.stream(25)[0])
resting = [
    abs(float(rested.gives(*head)[0, real.id_of(" themselves")]))
    for head in real.heads
]
assert max(resting) < 0.15
japan = real.run("The capital of Japan is")
of_29 = float(japan.gives(29, 2)[0, real.id_of(" Tokyo")])

# %% [markdown]
# Much of their attention rests. The rows of a pattern must sum to 1, so a head with nothing to do has to look somewhere. “Begin” is such
# a **sink**: its stream has size {{ f"{of_begin:.0f}" }}, and yet next to nothing comes from it. Not always: in “The
# capital of Japan is”, 29.2 lowers “Tokyo” by {{ f"{-of_29:.1f}" }} from there. Without that token the first *word*
# becomes the sink. So put it first, and judge by attention *times* row.
#
# ## A check that could have failed
#
# What stays exact? Hold the patterns, the norms' factors, and *what each MLP wrote*. Then the logits should be a sum
# over paths again. Each path begins at the words or at an MLP, and goes on through heads. The weights do not matter, so
# take random ones, in a small network with norms, MLPs, rotary positions and shared keys and values.

# %% tags=["hide-input"]
config = ov.Config(
    n_layers=3, n_heads=4, d_model=16, d_head=6, d_vocab=12, n_ctx=8
)
drawn = ov.GPT.random(config, seed=0, d_mlp=24)
rng = np.random.default_rng(1)
small = ov.GPT(
    config,
    **{
        name: getattr(drawn, name)
        for name in ("W_E", "W_Q", "W_O", "W_U", "W_in", "W_out")
    },
    W_K=drawn.W_K[:, :2],
    W_V=drawn.W_V[:, :2],
    W_gate=rng.normal(0, 0.5, (3, 16, 24)),
    n_key_value_heads=2,
    rotary=Rotary(6),
    normalization="RMSPre",
    activation="silu",
)
tokens = [3, 1, 4, 1, 5, 9]


def apart(a, b):
    """How far a is from b, relative to the size of b."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


# %%
run = small.run(tokens)  # 3 layers of 4 heads, with MLPs
W_OV = small.W_V @ small.W_O  # [layer, head, d_model, d_model]
streams = *run.resid_pre, run.resid_final  # [pos, d_model] each
# [pos, 1] each: the diagonals of D
held = [1 / small.norm_scale(stream) for stream in streams]


def through(x, mlps, hold=True):
    """Logits [pos, d_vocab] of a beginning x [pos, d_model]."""
    for layer in range(3):
        D = held[layer] if hold else 1 / small.norm_scale(x)
        read = D * x  # [pos, d_model]
        x = x + mlps * run.mlp_out[layer]
        for head in range(4):
            x = x + run.pattern[layer, head] @ read @ W_OV[layer, head]
    D = held[-1] if hold else 1 / small.norm_scale(x)
    return D * x @ small.W_U


nothing = 0 * run.embedding  # [pos, d_model]
words = through(run.embedding, mlps=0)  # [pos, d_vocab]
of_mlps = through(nothing, mlps=1)  # [pos, d_vocab]
assert apart(words + of_mlps, run.logits) < 1e-12

anew = through(run.embedding, 0, False) + through(nothing, 1, False)
wrong = [words, anew]
assert min(apart(each, run.logits) for each in wrong) > 0.1

# %% [markdown]
# The paths sum to the logits. Without those that begin at MLPs they miss by {{ f"{apart(words, run.logits):.0%}" }};
# with norms computed anew for each part, by {{ f"{apart(anew, run.logits):.0%}" }}. The box of $\eqref{eq:rms-norm}$
# is one of these paths. But what an MLP wrote is a record of one text: it helps the account, and is no map.
#
# ## Older models: GPT-2
#
# GPT-2 has biases, positions that are added to the stream, and **layer norm**, which also takes off each row's mean
# and adds a shift. Its bend is GELU, close to SiLU. Most of this goes into the weights. A value bias leaves its head,
# as the rows of a pattern [sum to 1](03_one_attention_head.py):

# %% tags=["hide-input"]
net = Network(layers=1)
X, A, W_V, W_O = (
    net.stream(0),
    *(net.head(name, 0, 0) for name in ("A", "W_V", "W_O")),
)
one, b_V = OneMatrix(s, 1), MatrixSymbol("b_V", 1, d_h)
rows_of_A = Assumption(
    "rows of A sum to 1",
    "by its softmax",
    (Relation(product(A, one), one),),
    kind="theorem",
    derived_in="attention-head",
)
with_bias = product(
    product(A, add(product(X, W_V), product(one, b_V))), W_O
)
value_bias = (
    ov.Derivation.start(with_bias, [rows_of_A], network=net)
    .apply(rules.distribute)
    .apply(rules.group, A, one)
    .apply(rules.unfold, rows_of_A)
)
some_bias = {
    "b_V": lambda run: np.arange(1.0, 1 + run.model.config.d_head)[None]
}
ov.show(value_bias, label="eq:value-bias", bindings=some_bias)

# %% [markdown]
# | part of GPT-2 | what becomes of it |
# | --- | --- |
# | added positions, output biases | paths begin there, too |
# | value bias | $b_V W_O$ joins the output bias, whole, by $\eqref{eq:value-bias}$ |
# | key bias | nothing: it adds one number to all scores of a query, and the softmax forgets it |
# | query bias | stays: it favours some keys, whatever the query |
# | layer norm | the mean is a fixed matrix, the gain scales rows of the weights that read, the shift becomes a bias; the division is held |
#
# `folded()` does all that, and the probabilities stay:

# %%
gpt = ov.GPT.random(config, seed=0)


def chances(model):
    """The probabilities of next words [pos, d_vocab]."""
    odds = np.exp(model.run(tokens).logits)  # [pos, d_vocab]
    return odds / odds.sum(axis=-1, keepdims=True)


assert apart(chances(gpt.folded()), chances(gpt)) < 1e-12
forgot = replace(gpt.folded(), b_O=gpt.b_O)  # b_V left behind
assert apart(chances(forgot), chances(gpt)) > 0.01

# %% tags=["remove-cell"]
moved = np.abs(
    circuits.copying_score(gpt.folded()) - circuits.copying_score(gpt)
).max()
assert moved > 0.1

# %% [markdown]
# ## All heads, and your own weights
#
# [The atlas](../atlas.md) has a page for each head of SmolLM2: its strongest rows, what it did on some texts, how
# well the two agree, and how much was boxed. Read your own in the same way, from a Hugging Face folder or a `.gguf`
# file:
#
# ```sh
# ovlearn read my-model --head 25.2 --word " they"
# ovlearn read my-model --out atlas
# ```
#
# In Python, `checkpoints.load(folder).folded()` opens it;
# [How to use](../how-to-use.md#a-language-model-and-your-own-weights) says more.
#
# ## The usual mistakes
#
# **Trusting a beautiful row.** Any row has a largest entry. Is it wider than a random head's?
#
# **Taking the cosine for the share.** A row can agree to {{ f"{they.cosine['embedding']:.2f}" }}, and the box carry
# {{ f"{they.share:.0%}" }}.
#
# **Calling a silent head idle.** Its row may speak after the first MLP, or on what other heads wrote.
#
# **Reading an unfolded model.** There is no error message. Folding the random GPT above moves a copying score by up to
# {{ f"{moved:.2f}" }}.
#
# ## Recap
#
# - Held norms multiply rows by positive numbers. Rotary positions and shared values leave the OV circuit what it was.
# - With patterns, norms and the MLPs' writings held, the logits are exactly a sum over paths.
# - In these heads of SmolLM2 hardly anything flows along the box. The circuit can still be a good map.
# - Where it is silent, begin after the first MLP. Judge by attention times row, and against chance.
#
# ## What to practise
#
# 1. Find 26.6 in the picture. What does its row of “(” raise from the embedding, and what does it write?
# 2. Put $A D$ in the place of the pattern. Do its rows sum to 1? May a value bias go through it?
# 3. One doubles the gains of the norm before a layer's heads, and halves $W_Q$, $W_K$ and $W_V$. What changes?
#
# ??? success "Answers"
#
#     1. “[” and “(”, but it writes “)”. After the first MLP the row says so.
#     2. No, and no. A bias is added behind the norm, so $D$ does not meet it: $A (D X G W_V + \mathbf 1 b_V)$.
#     3. Nothing. The gains meet just these three matrices, and only the products count.
#
# Next: [what you can do now](../after.md), and what to read after this.
