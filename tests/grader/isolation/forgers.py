"""Answers that reach for the channel, and send what no worker sends."""

# ruff: noqa: E501  the sheets are as long as they are

from tests.grader.isolation.sheets import NOT_JUDGED, RAISED, SHAPE, TYPE, case, does

# The channel, from the frames that called the answer.
CHANNEL = (
    "import json, os, struct, sys, threading, time\n"
    "def channel():\n"
    "    frame = sys._getframe()\n"
    "    while 'channel' not in frame.f_locals: frame = frame.f_back\n"
    "    return frame.f_locals['channel']\n"
    "def number():\n"
    "    frame = sys._getframe()\n"
    "    while 'message' not in frame.f_locals: frame = frame.f_back\n"
    "    return frame.f_locals['message'][0]\n"
)
RAW = "channel().connection.sendall"


def sends(expression: str) -> str:
    """An answer that sends this in the place of its value."""
    return CHANNEL + does(f"channel().send({expression})")


def encodes(data: str) -> str:
    """An answer that is encoded as these data, whatever it is."""
    return (
        "import ovlearn.exercises.answers as s\n"
        "plain = s.encode\n"
        f"s.encode = lambda value, depth=0: {data} if value == 'forged' else plain(value, depth)\n"
        "def ov_matrix(W_V, W_O):\n    return 'forged'\n"
    )


def derives(data: str) -> str:
    """A derivation that is encoded as it should be, with these data as its one step."""
    return (
        "import ovlearn.exercises.answers as s\n"
        "plain = s.encode\n"
        "class Forged: pass\n"
        "def fold(start, given, W_V, W_O):\n"
        "    Forged.data = plain(ov.Derivation.start(start, given))\n"
        f"    Forged.data[3] = {data}\n"
        "    return Forged\n"
        "s.encode = lambda value, depth=0: Forged.data if value is Forged else plain(value, depth)\n"
    )


SYMBOL = "['node', 'MatrixSymbol', [['name', 'Q'], ['symbol', 's', []], ['symbol', 'd', []]]]"
HUGE = "['rational', '0x' + '1234567' * 10**6, '0x' + '7654321' * 10**6]"

FORGERS = (
    case("sends a verdict", RAISED, sends("[number(), ['passed', True], False]")),
    case("sends a verdict as the grader does", RAISED, sends("['passed', '', '', 0.0]")),
    case("sends another's number", RAISED, sends("[number() + 1, ['value', 1, 2], False]")),
    case(
        "sends too much",
        SHAPE,
        sends("[number(), ['value', 1.0.__class__ and ['float', '0x1p0'], None], False]"),
    ),
    case("sends one value more", RAISED, sends("[number(), ['value', 1, 2, 3], False]")),
    case("sends what is no JSON", RAISED, CHANNEL + does(RAW + "(struct.pack('>I', 3) + b'}}}')")),
    case("sends a length of 4 GB", RAISED, CHANNEL + does(RAW + "(bytes([255] * 4))")),
    case(
        "sends half a message",
        RAISED,
        CHANNEL + does(RAW + "(struct.pack('>I', 100) + b'x'); time.sleep(1000)"),
    ),
    case("sends very deep JSON", RAISED, CHANNEL + does(RAW + "(struct.pack('>I', 10**6) + b'[' * 10**6)")),
    case("closes the channel", RAISED, CHANNEL + does("channel().connection.close()")),
    case("closes all files", RAISED, does("os.closerange(0, 1000)", "import os")),
    case(
        "writes to every file",
        RAISED,
        does(
            "[os.write(fd, b'{\"passed\": true}') for fd in range(3, 20) if not _fails(fd)]",
            "import os",
            "def _fails(fd):\n    try: os.fstat(fd)\n    except OSError: return True",
        ),
    ),
    case(
        "does not read",
        ("wrong", "input changed"),
        CHANNEL
        + does(
            "threading.Thread(target=channel().send, args=([number(), ['value', 1, 2], False],)).start(); time.sleep(1000)"
        ),
    ),
    case("an unknown kind", NOT_JUDGED, encodes("['verdict', 'passed']")),
    case("data without end", NOT_JUDGED, encodes("['tuple', [['tuple', [['tuple', 7]]]]]")),
    case("an array of objects as data", NOT_JUDGED, encodes("['array', '|O', [1], '0' * 10]")),
    case("an array with false sizes", NOT_JUDGED, encodes("['array', '<f8', [10**12], '']")),
    case("an array with sizes below zero", NOT_JUDGED, encodes("['array', '<f8', [-1, -1], '']")),
    case("a key that has no hash", NOT_JUDGED, encodes("['dict', [[['list', []], 1]]]")),
    case("a number of 10 MB", TYPE, encodes("['int', '0x' + 'f' * 10**7]")),
    case("a fraction of 10 MB", NOT_JUDGED, encodes(HUGE)),
    case(
        "a sum of a thousand million terms",
        NOT_JUDGED,
        encodes(
            "['node', 'SumBelow', [['symbol', 'X', []], 10**9, ['symbol', 's', []], ['symbol', 'd', []]]]"
        ),
    ),
    case(
        "a tower of powers",
        NOT_JUDGED,
        encodes("['node', 'Pow', [2, ['node', 'Pow', [9, ['node', 'Pow', [9, 9]]]]]]"),
    ),
    case(
        "a network of a thousand million weights",
        NOT_JUDGED,
        encodes(
            "['run', ['transformer', ['config', [['n_layers', 1], ['n_heads', 1], ['d_model', 10**9], ['d_head', 1], ['d_vocab', 10**9], ['n_ctx', 10**9], ['causal', True], ['positional', False], ['dtype', 'float64']]], [None] * 7], ['list', [0]]]"
        ),
    ),
    case("code as a name", NOT_JUDGED, encodes("['node', '__import__(\"os\").system', []]")),
    case("code as a symbol's assumption", TYPE, encodes("['symbol', '__import__(\"os\")', []]")),
    case(
        "a rule of its own",
        ("wrong", "own rule"),
        "from ovlearn.symbolic import rule\n@rule('be right', 'X = Y')\ndef be_right(expr, to): return to\n"
        "def fold(start, given, W_V, W_O):\n"
        "    from ovlearn.symbolic import product\n"
        "    A, (X, _) = start.args[0].args[0], start.args[0].args[1].args\n"
        "    return ov.Derivation.start(start, given).apply(be_right, product(A, X, given[0].equations[0].lhs))\n",
        exercise="fold",
    ),
    case(
        "a rule of its own under a good name",
        ("wrong", "own rule"),
        "from ovlearn.symbolic import rule\n@rule('ungroup', '(AB)C = ABC')\ndef mine(expr, to): return to\n"
        "def fold(start, given, W_V, W_O):\n    return ov.Derivation.start(start, given).apply(mine, W_V)\n",
        exercise="fold",
    ),
    case(
        "an assumption that is the answer",
        ("wrong", "assumes more"),
        "def fold(start, given, W_V, W_O):\n"
        "    from ovlearn.symbolic import definition, product\n"
        "    A, (X, _) = start.args[0].args[0], start.args[0].args[1].args\n"
        "    end = product(A, X, given[0].equations[0].lhs)\n"
        "    return ov.Derivation.start(start, (*given, definition('start', 'it is so', (end, start))))\n",
        exercise="fold",
    ),
    case(
        "an assumption with the right name",
        ("wrong", "assumes more"),
        "import dataclasses\n"
        "def fold(start, given, W_V, W_O):\n"
        "    false = dataclasses.replace(given[0], equations=())\n"
        "    return ov.Derivation.start(start, (false,)).apply(rules.ungroup)\n",
        exercise="fold",
    ),
    case(
        "another beginning",
        ("wrong", "other start"),
        "def fold(start, given, W_V, W_O):\n    return ov.Derivation.start(given[0].equations[0].rhs, given).apply(rules.fold, given[0])\n",
        exercise="fold",
    ),
    case(
        "a step that was altered",
        ("wrong", "only ungrouped"),
        "def fold(start, given, W_V, W_O):\n"
        "    d = ov.Derivation.start(start, given).apply(rules.ungroup)\n"
        "    object.__setattr__(d.steps[0], 'after', given[0].equations[0].lhs)\n"
        "    return d\n",
        exercise="fold",
    ),
    case("a thousand steps", NOT_JUDGED, derives("[['ungroup', []]] * 1000"), exercise="fold"),
    case("a step that takes itself apart", NOT_JUDGED, derives(f"[['group', [{HUGE}]]]"), exercise="fold"),
    case("a rule that is no rule", ("wrong", "own rule"), derives("[['__class__', []]]"), exercise="fold"),
    case(
        "a step with too many arguments",
        ("wrong", "a step fails"),
        derives(f"[['ungroup', [{SYMBOL}]]]"),
        exercise="fold",
    ),
)
