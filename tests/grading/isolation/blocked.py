"""Answers that call what they should have written, by a back door."""

# ruff: noqa: E501  the sheets are as long as they are

from tests.grading.isolation.sheets import BLOCKED, MISSING, RAISED, case

DERIVE = "def fold(start, given, W_V, W_O):\n    "
MODEL = (
    "ov.Transformer.random(ov.Config(n_layers=1, n_heads=1, d_model=4, d_head=2, d_vocab=5, n_ctx=5), seed=0)"
)

BACK_DOORS = (
    case("derive", BLOCKED, DERIVE + "return ov.derive('ov-fold')", exercise="fold"),
    case(
        "derive under another name",
        BLOCKED,
        "mine = ov.derive\n" + DERIVE + "return mine('ov-fold')",
        exercise="fold",
    ),
    case(
        "derive, tried twice",
        BLOCKED,
        DERIVE + "try: ov.derive('ov-fold')\n    except Exception: pass\n    return ov.derive('ov-fold')",
        exercise="fold",
    ),
    case(
        "derive in a thread",
        RAISED,
        "import threading\n"
        + DERIVE
        + "got = []\n    t = threading.Thread(target=lambda: got.append(ov.derive('ov-fold')))\n    t.start(); t.join()\n    return got[0]",
        exercise="fold",
    ),
    case(
        "derive without a profiler",
        RAISED,
        "import sys\n" + DERIVE + "sys.setprofile(None)\n    return ov.derive('ov-fold')",
        exercise="fold",
    ),
    case(
        "derive taken apart",
        RAISED,
        "import types\ncopy = types.FunctionType(ov.derive.__code__, ov.derive.__globals__)\n"
        + DERIVE
        + "return copy('ov-fold')",
        exercise="fold",
    ),
    case(
        "derive, imported afresh",
        RAISED,
        "import sys\nfor name in [n for n in sys.modules if n.startswith('ovlearn')]: del sys.modules[name]\nimport ovlearn\n"
        + DERIVE
        + "return ovlearn.derive('ov-fold')",
        exercise="fold",
    ),
    case(
        "derive from its source",
        MISSING,
        "import inspect, ovlearn.symbolic.course as c\nexec(inspect.getsource(c))\n"
        + DERIVE
        + "return derive('ov-fold')",
        exercise="fold",
    ),
    case(
        "derive beforehand",
        ("wrong", "other start"),
        "made = ov.derive('ov-fold')\n" + DERIVE + "return made",
        exercise="fold",
    ),
    case(
        "Transformer.run",
        BLOCKED,
        "def head_output(A, X, W_OV):\n    return " + MODEL + ".run([1, 2]).head_out[0, 0]",
        exercise="head_output",
    ),
    case(
        "the refusal replaced",
        RAISED,
        "import ovlearn.grading.blocking as s\ns.refuse = lambda name: 1 / 0\n"
        + DERIVE
        + "return ov.derive('ov-fold')",
        exercise="fold",
    ),
)
