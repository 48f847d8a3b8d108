"""Answers that would rather not be judged."""

# ruff: noqa: E501  the sheets are as long as they are

from tests.grader.isolation.sheets import (
    MISSING,
    NOT_FINITE,
    RAISED,
    RIGHT,
    SHAPE,
    TYPE,
    VALUES,
    case,
    does,
    returns,
)

CHEATS = (
    case("pytest.skip", RAISED, does("pytest.skip('no')", "import pytest")),
    case("pytest.exit", RAISED, does("pytest.exit('no', returncode=0)", "import pytest")),
    case("os._exit(0) in a call", RAISED, does("os._exit(0)", "import os")),
    case("sys.exit() in a call", RAISED, does("sys.exit()", "import sys")),
    case("KeyboardInterrupt", RAISED, does("raise KeyboardInterrupt")),
    case("equal to everything", TYPE, returns("E()", "class E:\n    __eq__ = lambda self, other: True")),
    case(
        "an array that answers for numpy",
        SHAPE,
        "class Yes(np.ndarray):\n"
        "    def __array_function__(self, *a, **k): return True\n"
        "    def __array_ufunc__(self, *a, **k): return np.True_\n"
        "    __eq__ = lambda self, other: True\n" + returns("np.zeros(3).view(Yes)"),
    ),
    case(
        "says that it is an ndarray",
        TYPE,
        "class Lie:\n    __class__ = np.ndarray\n    shape = dtype = size = ndim = 0\n" + returns("Lie()"),
    ),
    case(
        "hostile __array__ and __len__",
        TYPE,
        "class Odd:\n"
        "    def __array__(self, *a, **k): raise SystemExit\n"
        "    def __len__(self): return -1\n"
        "    def __reduce__(self): return (exit, ())\n"
        "    def __getattr__(self, name): raise KeyboardInterrupt\n" + returns("Odd()"),
    ),
    case(
        "its type has a hostile name",
        RAISED,
        "class Meta(type):\n    __name__ = property(lambda cls: exit())\nclass Odd(metaclass=Meta): pass\n"
        + returns("Odd()"),
    ),
    case(
        "a hostile sort key in a set",
        TYPE,
        "class Odd:\n    def __hash__(self): return 0\n    def __eq__(self, o): raise SystemExit\n"
        + returns("{Odd(), 1}"),
    ),
    case("a list that holds itself", TYPE, does("a = []; a.append(a); return a")),
    case(
        "patched np.testing and np.allclose",
        SHAPE,
        "np.allclose = np.testing.assert_allclose = np.array_equal = lambda *a, **k: True\n" + returns("W_V"),
    ),
    case(
        "patched numpy arithmetic",
        VALUES,
        "np.abs = np.isfinite = lambda *a, **k: np.zeros(1)\n" + returns("np.zeros((len(W_V), len(W_V)))"),
    ),
    case(
        "patched comparisons and runner",
        SHAPE,
        "import ovlearn.exercises.comparing as c, ovlearn.exercises.judging as r\n"
        "c.close = c.compare = lambda *a, **k: True\n"
        "r.run_check = lambda e, check, s: r.Outcome(e, 'x', 'passed')\n" + returns("W_V"),
    ),
    case(
        "patched outcomes",
        SHAPE,
        "import ovlearn.exercises.outcomes as o\no.Outcome.passed = o.Outcome.status = 'passed'\n"
        + returns("W_V"),
    ),
    case(
        "tampered sys.modules",
        RAISED,
        "import sys\n"
        "for name in list(sys.modules):\n"
        "    if name.startswith('ovlearn.exercises'): sys.modules[name] = None\n" + returns("W_V"),
    ),
    case(
        "tampered builtins",
        MISSING,
        "import builtins\nbuiltins.isinstance = builtins.bool = lambda *a: True\n" + returns("W_V"),
    ),
    case(
        "drops asserts on import",
        SHAPE,
        "import sys, importlib.abc\n"
        "class Finder(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, *a): return None\n"
        "sys.meta_path.insert(0, Finder())\n" + returns("W_V"),
    ),
    case(
        "what is expected, from the caller's frame",
        RAISED,
        "import sys\n"
        "def ov_matrix(W_V, W_O):\n"
        "    frame = sys._getframe()\n"
        "    while frame:\n"
        "        for name in ('want', 'exact', 'expected'):\n"
        "            if name in frame.f_locals: return frame.f_locals[name]\n"
        "        frame = frame.f_back\n"
        "    raise LookupError\n",
    ),
    case(
        "a conftest.py, a pytest.ini, a numpy.py",
        SHAPE,
        "for name in ('conftest.py', 'pytest.ini', 'numpy.py', 'ovlearn.py', 'sitecustomize.py'):\n"
        "    open(name, 'w').write('raise SystemExit(0)')\n"
        "import sys; sys.path.insert(0, '.')\n" + returns("W_V"),
    ),
    case("a constant", SHAPE, returns("np.zeros((8, 8))")),
    case("a constant of the right shape", VALUES, returns("np.zeros((len(W_V), len(W_V)))")),
    case("NaN", NOT_FINITE, returns("W_V @ W_O * np.nan")),
    case("one NaN", NOT_FINITE, does("r = W_V @ W_O; r[0, 0] = np.nan; return r")),
    case("an infinity", NOT_FINITE, does("r = W_V @ W_O; r[0, 0] = np.inf; return r")),
    case("an empty array", SHAPE, returns("np.zeros((0, 0))")),
    case("a scalar that broadcasts", SHAPE, returns("0.0")),
    case("an extra axis that broadcasts", SHAPE, returns("(W_V @ W_O)[None]")),
    case("an array of objects", TYPE, returns("np.array([[object()]])")),
    case("text", TYPE, returns("'passed'")),
    case("a generator", TYPE, returns("(row for row in W_V @ W_O)")),
    case("a coroutine", TYPE, "async def ov_matrix(W_V, W_O):\n    return W_V @ W_O\n"),
    case("a lambda that returns a function", TYPE, returns("lambda: W_V @ W_O")),
    case(
        "a forged report",
        SHAPE,
        does("print('1 passed'); import sys; sys.__stdout__.write('{\"passed\": true}')"),
    ),
    case(
        "right only the first time",
        VALUES,
        "calls = []\n"
        "def ov_matrix(W_V, W_O):\n"
        "    calls.append(1)\n"
        "    return W_V @ W_O * (len(calls) < 2)\n",
    ),
    case(
        "the input, changed to fit",
        ("wrong", "input changed"),
        "def ov_matrix(W_V, W_O):\n    r = W_V @ W_O\n    W_V[:] = 0\n    W_O[:] = 0\n    return r\n",
    ),
    case(
        "swallows every exception",
        VALUES,
        "def ov_matrix(W_V, W_O):\n"
        "    try: raise ValueError\n"
        "    except BaseException: return np.ones((len(W_V), len(W_V)))\n",
    ),
    case(
        "tampered check",
        SHAPE,
        "import ovlearn.exercises\novlearn.exercises.check = lambda *a: '✓'\n" + returns("W_V"),
        "check('ov_matrix')",
    ),
    case("the number as text", TYPE, "ov_rank = '64'", exercise="ov_rank", spares=False),
    case(
        "the number as a truth value", ("wrong", "values"), "ov_rank = True", exercise="ov_rank", spares=False
    ),
    case(
        "a number that equals all",
        ("wrong", "values"),
        "class N(int):\n    __eq__ = lambda s, o: True\n    __sub__ = __rsub__ = lambda s, o: 0\nov_rank = N(3)",
        exercise="ov_rank",
        spares=False,
    ),
    case(
        "many numbers at once",
        ("wrong", "values"),
        "ov_rank = set(range(100))",
        exercise="ov_rank",
        spares=False,
    ),
    case(
        "the answer under another's name",
        ("wrong", "missing"),
        "del ov_rank\n" + RIGHT,
        exercise="ov_rank",
        spares=False,
    ),
)
