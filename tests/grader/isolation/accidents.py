"""What goes wrong without malice, and what looks like it: loops, floods, too much memory, other processes."""

# ruff: noqa: E501  the sheets are as long as they are

from tests.grader.isolation.sheets import (
    MISSING,
    PASSED,
    RAISED,
    RIGHT,
    SHAPE,
    TYPE,
    case,
    does,
    returns,
)

FORK_EXEC = (
    "_posixsubprocess.fork_exec([b'/bin/true'], [b'/bin/true'], True, (), None, None, -1, -1, -1, -1, -1, -1,"
    " *os.pipe(), False, False, -1, None, None, None, -1, lambda: open('bred', 'w'), True)"
)

ACCIDENTS = (
    case("a loop without end", RAISED, does("while True: pass")),
    case("a loop in another cell", PASSED, "while True: pass", RIGHT),
    case(
        "a loop that swallows everything",
        RAISED,
        "def ov_matrix(*a):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass\n",
    ),
    case("a sleep", RAISED, does("time.sleep(1000)", "import time")),
    case("recursion without end", RAISED, returns("ov_matrix(W_V, W_O)")),
    case(
        "deep recursion with the limit lifted",
        RAISED,
        returns("ov_matrix(W_V, W_O)", "import sys", "sys.setrecursionlimit(10**9)"),
    ),
    case("10 GB at once", RAISED, returns("np.ones(10**10)")),
    case("10 GB bit by bit", RAISED, does("a = [bytearray(2**28) for _ in range(40)]")),
    case("a text of 10 GB", RAISED, returns("'x' * 10**10")),
    case("a large answer", SHAPE, returns("np.ones(10**6)")),
    case("too large an answer", ("wrong", "type"), returns("np.ones(10**6 + 1)")),
    case("a flood of output", PASSED, "print('x' * 10**7)\nfor i in range(10**4): print(i)", RIGHT),
    case(
        "a flood in the answer",
        PASSED,
        "def ov_matrix(W_V, W_O):\n    print('x' * 10**7)\n    return W_V @ W_O\n",
    ),
    case("a full disk", RAISED, does("open('big', 'wb').write(bytes(10**8))")),
    case("exits in a cell", PASSED, "import os\nos._exit(0)", RIGHT),
    case("exits in a cell, with manners", PASSED, "exit()", RIGHT),
    case("kills itself", PASSED, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", RIGHT),
    case(
        "breaks the process",
        PASSED,
        "import numpy as np\nfrom numpy.lib.stride_tricks import as_strided\nas_strided(np.zeros(1), (10**9,), (4096,)).sum()",
        RIGHT,
    ),
    case("os.fork", RAISED, does("os.fork()", "import os")),
    case("forks without end", PASSED, "import os\nwhile True: os.fork()", RIGHT),
    case("forks below Python", RAISED, does(FORK_EXEC, "import os, _posixsubprocess")),
    case(
        "multiprocessing",
        RAISED,
        does("multiprocessing.Process(target=print).start()", "import multiprocessing"),
    ),
    case("subprocess", RAISED, does("subprocess.run(['ls'])", "import subprocess")),
    case("os.system", RAISED, does("os.system('true')", "import os")),
    case("an orphan", RAISED, does("os.posix_spawn('/bin/sleep', ['sleep', '1000'], {})", "import os")),
    case("kills its parent", RAISED, does("os.kill(os.getppid(), 9)", "import os")),
    case(
        "kills its parent below Python",
        RAISED,
        does("signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9)", "import os, signal"),
    ),
    case(
        "lowers its parent's limits",
        RAISED,
        does("resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))", "import os, resource"),
    ),
    case(
        "raises its own limits",
        RAISED,
        does("resource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "import resource"),
    ),
    case(
        "ignores signals",
        RAISED,
        "import signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n"
        + does("while True: pass"),
    ),
    case("an alarm that never comes", PASSED, "import signal\nsignal.alarm(1000)", RIGHT),
    case("something at exit", PASSED, "import atexit\natexit.register(lambda: 1 / 0)", RIGHT),
    case(
        "threads that go on",
        PASSED,
        "import threading, time\nfor _ in range(3): threading.Thread(target=time.sleep, args=(1000,)).start()",
        RIGHT,
    ),
    case("a connection", RAISED, does("socket.create_connection(('127.0.0.1', 22))", "import socket")),
    case("a download", RAISED, does("urllib.request.urlopen('http://127.0.0.1/')", "import urllib.request")),
    case("machine code", RAISED, does("ctypes.CDLL(None)", "import ctypes")),
    case(
        "machine code of its own",
        RAISED,
        does(
            "importlib.machinery.ExtensionFileLoader('evil', 'evil.so').create_module(importlib.machinery.ModuleSpec('evil', None, origin=os.path.abspath('evil.so')))",
            "import importlib.machinery, os",
            "open('evil.so', 'w').write('x')",
        ),
    ),
    case("writes elsewhere", RAISED, does("open('/tmp/evil', 'w')")),
    case(
        "writes to its own folder",
        PASSED,
        "open('mine.txt', 'w').write('x')\nassert open('mine.txt').read() == 'x'",
        RIGHT,
    ),
    case("removes elsewhere", RAISED, does("os.remove('/tmp/evil')", "import os")),
    case("does not parse", MISSING, "def ov_matrix(W_V, W_O:\n    return W_V"),
    case("another cell does not parse", PASSED, "def (", RIGHT),
    case("a broken cell before", PASSED, "undefined", RIGHT),
    case("a broken cell after", PASSED, RIGHT, "1 / 0"),
    case("renamed", MISSING, RIGHT.replace("ov_matrix", "my_matrix")),
    case("one argument too few", RAISED, "def ov_matrix(W_V):\n    return W_V"),
    case("nothing returned", ("wrong", "nothing"), "def ov_matrix(W_V, W_O):\n    W_V @ W_O"),
    case("not attempted", ("not attempted", ""), returns("...")),
    case("an array instead of a function", TYPE, "ov_matrix = np.eye(3)"),
    case("NUL in a cell", PASSED, "x = '\0'", RIGHT),
)
