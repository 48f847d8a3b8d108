"""Answers that call what they should have written, by a back door."""

# ruff: noqa: E501  the sheets are as long as they are

from tests.grader.isolation.sheets import BLOCKED, MISSING, RAISED, case

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
        RAISED,
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
        "import ovlearn.exercises.blocking as s\ns.refuse = lambda name: 1 / 0\n"
        + DERIVE
        + "return ov.derive('ov-fold')",
        exercise="fold",
    ),
    # Ways that once led to the first body of a function whose body had been exchanged for the time of a call.
    case(
        "blocking replaced",
        BLOCKED,
        "import contextlib, ovlearn.exercises.answers as s\ns.blocking = lambda names: contextlib.nullcontext()\n"
        + DERIVE
        + "return ov.derive('ov-fold')",
        exercise="fold",
    ),
    case(
        "its code by getmembers",
        BLOCKED,
        "import inspect, types\n" + DERIVE + "code = dict(inspect.getmembers(ov.derive))['__code__']\n    "
        "return types.FunctionType(code, ov.derive.__globals__, 'd', ('ov-fold', 3, 1, None, 0))()",
        exercise="fold",
    ),
    case(
        "its code in another module's names",
        RAISED,
        "import ovlearn.exercises.blocking as b\nkept = {}\n"
        "exec('import ovlearn\\nkept = ovlearn.derive.__code__', vars(b))\n" + DERIVE + "return b.kept",
        exercise="fold",
    ),
    case(
        "its code after renaming its module",
        BLOCKED,
        "import types\nov.derive.__module__ = 'mine'\ncode = ov.derive.__code__\n"
        + DERIVE
        + "return types.FunctionType(code, ov.derive.__globals__)('ov-fold')",
        exercise="fold",
    ),
    case(
        "its code from a traceback",
        RAISED,
        "import types\ntry: ov.derive(3)\nexcept BaseException as error:\n    at = error.__traceback__\n"
        "    while at.tb_next: at = at.tb_next\n    code = at.tb_frame.f_code\n"
        + DERIVE
        + "return types.FunctionType(code, ov.derive.__globals__)('ov-fold', 3, 1, None, 0)",
        exercise="fold",
    ),
    case(
        "made in an earlier cell",
        RAISED,
        "made = ov.derive('ov-fold')",
        DERIVE + "return made",
        exercise="fold",
    ),
    case(
        "by the function of its module",
        BLOCKED,
        "from ovlearn.symbolic.course import ov_fold\nfrom ovlearn.symbolic.course.parameters import checked\n"
        + DERIVE
        + "return ov_fold.derive(checked(3, 1, None, 0, least_layers=1))",
        exercise="fold",
    ),
    case(
        "by a part of the method",
        BLOCKED,
        "from ovlearn.numeric.model import attention\ndef head_output(A, X, W_OV):\n    model = "
        + MODEL
        + "\n    return attention(model, X, 0, 0)['head_out']",
        exercise="head_output",
    ),
    case(
        "by an instance's own method",
        BLOCKED,
        "from ovlearn.numeric import transformer\nkept = transformer.Transformer.run\n"
        "def head_output(A, X, W_OV):\n    return kept(" + MODEL + ", [1, 2]).head_out[0, 0]",
        exercise="head_output",
    ),
    case(
        "a thread parked inside",
        RAISED,
        "import threading, time, types\ncodes = []\n"
        "class Slow(str):\n    def __hash__(self):\n        time.sleep(0.2)\n        return super().__hash__()\n"
        "t = threading.Thread(target=lambda: ov.derive(Slow('ov-fold')), daemon=True)\nt.start()\n"
        "import sys\nfor frame in sys._current_frames().values():\n"
        "    while frame: codes.append(frame.f_code) if frame.f_code.co_name == 'derive' else None; frame = frame.f_back\n"
        + DERIVE
        + "return types.FunctionType(codes[0], ov.derive.__globals__)('ov-fold', 3, 1, None, 0)",
        exercise="fold",
    ),
    case(
        "a copy of the function",
        BLOCKED,
        "import copy, functools\nmine = functools.partial(copy.copy(ov.derive), 'ov-fold')\n"
        + DERIVE
        + "return mine()",
        exercise="fold",
    ),
    case(
        "by the referents of the function",
        RAISED,
        "import gc, types\n"
        + DERIVE
        + "codes = [o for o in gc.get_referents(ov.derive) if isinstance(o, types.CodeType)]\n    "
        "return types.FunctionType(codes[0], ov.derive.__globals__)('ov-fold')",
        exercise="fold",
    ),
)
