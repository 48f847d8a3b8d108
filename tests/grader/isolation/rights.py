"""Right answers in odd company or odd clothes: none may be refused."""

# ruff: noqa: E501  the sheets are as long as they are

from tests.grader.isolation.sheets import PASSED, RIGHT, case, returns

FOLD = (
    "def fold(start, given, W_V, W_O):\n"
    "    d = ov.Derivation.start(start, given)\n"
    "    return d.apply(rules.ungroup).apply(rules.group, W_V, W_O).apply(rules.fold, given[0])\n"
)

RIGHTS = (
    case("plain", PASSED, RIGHT),
    case(
        "a harmless warning",
        PASSED,
        "import warnings\nwarnings.warn('mind the gap')\ns = '\\d'",
        "def ov_matrix(W_V, W_O):\n    import warnings; warnings.warn('again', DeprecationWarning)\n    np.float64(1) / 0\n    return W_V @ W_O\n",
    ),
    case("warnings as errors elsewhere", PASSED, "import warnings\nwarnings.simplefilter('error')", RIGHT),
    case("prints", PASSED, "def ov_matrix(W_V, W_O):\n    print(W_V)\n    return W_V @ W_O\n"),
    case("float32", PASSED, returns("(W_V.astype(np.float32) @ W_O.astype(np.float32))")),
    case("a nested list", PASSED, returns("(W_V @ W_O).tolist()")),
    case("Fortran order, big endian", PASSED, returns("np.asfortranarray(W_V @ W_O).astype('>f8')")),
    case("a matrix", PASSED, returns("ov.FactoredMatrix(W_V, W_O)")),
    case("a masked array", PASSED, returns("np.ma.array(W_V @ W_O)")),
    case("complex with nothing imaginary", PASSED, returns("(W_V @ W_O).astype(complex)")),
    case("a lambda", PASSED, "ov_matrix = lambda W_V, W_O: W_V @ W_O"),
    case(
        "a callable object", PASSED, "class F:\n    def __call__(self, a, b): return a @ b\nov_matrix = F()"
    ),
    case("np.matmul itself", PASSED, "ov_matrix = np.matmul"),
    case("a partial function", PASSED, "import functools\nov_matrix = functools.partial(np.matmul)"),
    case("a cell twice", PASSED, RIGHT, RIGHT),
    case("a wrong one, then a right one", PASSED, returns("W_O @ W_V"), RIGHT),
    case(
        "magics",
        PASSED,
        "%matplotlib inline\n!ls\nov.derive?\nfiles = !ls\n?ov\nimport numpy as np\n" + RIGHT,
    ),
    case("a timed cell", PASSED, "%%time\n" + RIGHT),
    case("a line that begins with a percent sign", PASSED, "a = 7\nb = (a\n  % 4)\nassert b == 3\n" + RIGHT),
    case("a shell cell", PASSED, "%%bash\nrm -rf /", RIGHT),
    case("display", PASSED, "display(ov.derive('ov-fold'))\n" + RIGHT),
    case("check in the sheet", PASSED, RIGHT, "check('ov_matrix')\nassert str(check('ov_rank'))"),
    case("help and source of its own", PASSED, "help(ov.derive)\nhelp(rules.group)\nhelp(print)\n" + RIGHT),
    case(
        "temporary files",
        PASSED,
        "import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'x')\n" + RIGHT,
    ),
    case(
        "dataclasses and pickle",
        PASSED,
        "import dataclasses, pickle\n@dataclasses.dataclass\nclass P:\n    x: int\nassert pickle.loads(pickle.dumps(P(3))).x == 3\n"
        + RIGHT,
    ),
    case(
        "a thread pool",
        PASSED,
        "from concurrent.futures import ThreadPoolExecutor\ndef ov_matrix(W_V, W_O):\n    with ThreadPoolExecutor(2) as pool: return np.array(list(pool.map(lambda row: row @ W_O, W_V)))\n",
    ),
    case("unicode names", PASSED, "ä = é = 1\nclass Größe: pass\n" + RIGHT),
    case("a half character", PASSED, "s = '\\ud800'\nprint(repr(s))\n" + RIGHT),
    case(
        "the course's own tools",
        PASSED,
        "model = ov.Transformer.random(ov.Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5), seed=0)\nrun = model.run([1, 2, 3])\nfrom ovlearn import plots\nov.verify(ov.derive('ov-fold'), seeds=range(2))\n"
        + RIGHT,
    ),
    case("a derivation", PASSED, FOLD, exercise="fold"),
    case(
        "derive elsewhere in the sheet",
        PASSED,
        "d = ov.derive('ov-fold')\nprint(d.text())",
        FOLD,
        "d = ov.derive('ov-circuit')",
        exercise="fold",
    ),
    case(
        "one's own Transformer.run elsewhere",
        PASSED,
        "ov.Transformer.random(ov.Config(n_layers=1, n_heads=1, d_model=4, d_head=2, d_vocab=5, n_ctx=5), seed=0).run([1, 2])\ndef head_output(A, X, W_OV):\n    return A @ (X @ W_OV)\n",
        exercise="head_output",
    ),
    case("a numpy integer", PASSED, "ov_rank = np.int8(64)", exercise="ov_rank"),
    case("a float", PASSED, "ov_rank = 64.0", exercise="ov_rank"),
    case(
        "a fraction", PASSED, "from fractions import Fraction\nov_rank = Fraction(128, 2)", exercise="ov_rank"
    ),
    case("a complex number", PASSED, "ov_rank = 64 + 0j", exercise="ov_rank"),
    case("a decimal", PASSED, "from decimal import Decimal\nov_rank = Decimal('64.0')", exercise="ov_rank"),
    case(
        "a named number", PASSED, "import enum\nov_rank = enum.IntEnum('R', {'A': 64}).A", exercise="ov_rank"
    ),
    case("a list of one's own kind", PASSED, returns("L((W_V @ W_O).tolist())", "class L(list): pass")),
    case(
        "a table of another library",
        PASSED,
        returns(
            "Table(W_V @ W_O)",
            "class Table:\n    def __init__(self, v): self.v = v\n    def __array__(self, dtype=None, copy=None): return self.v",
        ),
    ),
    case(
        "what check says is used",
        PASSED,
        "assert check('ov_rank').passed\nprint(check('fold').total.says)\n" + RIGHT,
    ),
    case(
        "after an exploration that is refused", PASSED, "d = ov.derive('ov-fold')\n" + FOLD, exercise="fold"
    ),
)
