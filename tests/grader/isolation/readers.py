"""Answers that try to read the solutions. Each defines `text`; the last cell makes an answer of it."""

# ruff: noqa: E501  the sheets are as long as they are

from tests.grader.isolation.sheets import MISSING, Case

WHERE = (
    "import os, sys, ovlearn, ovlearn.exercises.sets\n"
    "package = os.path.dirname(ovlearn.__file__)\n"
    "folder = str(ovlearn.exercises.sets.home())\n"
    "name = '04_values_and_outputs_fold'\n"
    "path = os.path.join(folder, name + '.py')\n"
)
USE = "part = text.split('solution=\"ov_matrix\"')[1].split('# %%')[0].split(chr(10), 1)[1]\nexec(part)\n"

# What each does to get at the text.
READING = {
    "open": "with open(path) as f: text = f.read()",
    "pathlib": "import pathlib\ntext = pathlib.Path(path).read_text()",
    "os.open": "text = os.read(os.open(path, os.O_RDONLY), 10**6).decode()",
    "os.open below a folder": "fd = os.open(os.path.dirname(folder), os.O_RDONLY)\n"
    "text = os.read(os.open(os.path.relpath(path, os.path.dirname(folder)), os.O_RDONLY, dir_fd=fd), 10**6).decode()",
    "os.open below /": "fd = os.open('/', os.O_RDONLY)\n"
    "text = os.read(os.open(os.path.realpath(path)[1:], os.O_RDONLY, dir_fd=fd), 10**6).decode()",
    "os.open beside a folder": "fd = os.open('/usr', os.O_RDONLY)\n"
    "text = os.read(os.open('..' + os.path.realpath(path), os.O_RDONLY, dir_fd=fd), 10**6).decode()",
    "chdir first": "os.chdir(folder)\ntext = open(name + '.py').read()",
    "a path with detours": "text = open(os.path.join(folder, '..', os.path.basename(folder), name + '.py')).read()",
    "/proc/self/root": "text = open('/proc/self/root' + os.path.realpath(path)).read()",
    "/proc/self/cwd": "text = open('/proc/self/cwd/' + os.path.relpath(path)).read()",
    "a symlink to it": "os.symlink(path, 'here')\ntext = open('here').read()",
    "a symlink to its folder": "os.symlink(folder, 'there')\nwith open('there/' + name + '.py') as f: text = f.read()",
    "np.fromfile": "import numpy as np\ntext = np.fromfile(path, dtype=np.uint8).tobytes().decode()",
    "np.memmap": "import numpy as np\ntext = bytes(np.memmap(path, mode='r')).decode()",
    "np.loadtxt": "import numpy as np\ntext = chr(10).join(np.loadtxt(path, dtype=str, delimiter='\\0', comments=None, encoding='utf-8'))",
    "mmap": "import mmap\nwith open(path, 'rb') as f: text = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)[:].decode()",
    "linecache": "import linecache\ntext = ''.join(linecache.getlines(path))",
    "fileinput": "import fileinput\ntext = ''.join(fileinput.input(path))",
    "importlib": "import importlib.machinery\ntext = importlib.machinery.SourceFileLoader('n', path).get_data(path).decode()",
    "runpy": "import runpy\nov_matrix = runpy.run_path(path)['ov_matrix']\ntext = None",
    "sys.path": "sys.path.insert(0, folder)\nimport importlib\nov_matrix = importlib.import_module(name).ov_matrix\ntext = None",
    "shutil.copy": "import shutil\nshutil.copy(path, 'copy')\ntext = open('copy').read()",
    "tokenize": "import tokenize\nwith tokenize.open(path) as f: text = f.read()",
    "inspect": "import ovlearn.exercises.catalogue as c\nexec(c.declared('ov_matrix').solution)\ntext = None",
    "the sources of ovlearn": "from ovlearn.exercises import sources\nexec(sources.exercise('ov_matrix').solution)\ntext = None",
    "zipimport": "import zipfile\nwith zipfile.ZipFile('z.zip', 'w') as z: z.write(path, 'n.py')\ntext = zipfile.ZipFile('z.zip').read('n.py').decode()",
    "sqlite3": "import sqlite3\ntext = sqlite3.connect(f'file:{path}?mode=ro', uri=True).execute('select 1').fetchone()[0]",
    "the memory of the grader": "text = open(f'/proc/{os.getppid()}/mem', 'rb').read(10).decode()",
}

READERS = tuple(
    Case(
        f"reads by {name}", MISSING, (WHERE + how, "if text is not None:\n    " + USE.replace("\n", "\n    "))
    )
    for name, how in READING.items()
)
