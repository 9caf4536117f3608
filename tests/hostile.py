"""Hand-ins that forge, break or flood, for assignment 1: what each does, and what it may get at most.

`CODE` holds attacks in code: (name, whether the answers are right, code in a cell behind the second answer, points,
what stops it). With right answers an honest hand-in gets all 18 automatic points; 3 of them belong to the task before.
Points of None: the attack may hurt whoever hands it in, and may gain nothing.
`FILES` holds files that are no proper notebooks. `FORGED` holds notebooks with changed metadata or outputs.
"""

import json
import os

ALL, BEFORE = 18, 3
RIGHT, BLANK = True, False
SANDBOX, SEALED, REBUILT, BUDGET = "sandbox", "sealed verdict", "rebuilt from the release", "budget"

CODE = [
    # Finding the solution or the judge.
    (
        "runs every notebook and judge it can find",
        BLANK,
        """
import glob, json
for path in glob.glob("/**/*.ipynb", recursive=True) + glob.glob("/**/judges/*.py", recursive=True):
    try:
        for cell in json.load(open(path))["cells"]:
            exec("".join(cell["source"]))
    except BaseException:
        pass
""",
        0,
        SANDBOX,
    ),
    (
        "reads the command lines and environments of other processes",
        BLANK,
        """
import glob
for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
    try:
        print(open(path).read()[:200])
    except OSError:
        pass
""",
        0,
        SANDBOX,
    ),
    (
        "lists the instructor's home",
        BLANK,
        """
import os
for folder in ("/root", "/home", "/work", "/etc/shadow"):
    try:
        print(folder, os.listdir(folder))
    except OSError as error:
        print(folder, error)
""",
        0,
        SANDBOX,
    ),
    (
        "keeps the source of hidden cells and runs the reference that stands in later ones",
        BLANK,
        """
kept = []
def watch(info):
    kept.append(info.raw_cell)
    for source in kept:
        try:
            exec(source.split("emit(")[0], globals())
        except BaseException:
            pass
get_ipython().events.register("pre_run_cell", watch)
""",
        0,
        SEALED,
    ),
    # Patching what might give the verdict.
    (
        "makes torch.allclose and torch.equal say yes",
        BLANK,
        "torch.allclose = torch.equal = lambda *a, **k: True",
        0,
        SEALED,
    ),
    (
        "strips assert statements with an AST transformer",
        BLANK,
        """
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Strip())
""",
        0,
        SEALED,
    ),
    (
        "turns all later cells into pass",
        BLANK,
        "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])",
        0,
        SEALED,
    ),
    (
        "puts a torch.py beside the notebook",
        BLANK,
        """
open("torch.py", "w").write("allclose = equal = lambda *a, **k: True")
import sys
sys.path.insert(0, ".")
del sys.modules["torch"]
import torch
""",
        0,
        SEALED,
    ),
    ("makes emit do nothing", BLANK, "import handin\nhandin.emit = lambda *cases: None", 0, SEALED),
    (
        "makes emit say that all is right",
        BLANK,
        """
import handin
handin.plain = lambda value: {"kind": "bool", "value": True}
""",
        0,
        SEALED,
    ),
    (
        "shows values of the private type itself",
        BLANK,
        """
from IPython.display import display
display({"application/vnd.handin+json": "[true, true, true, true, true]", "text/plain": "5"}, raw=True)
""",
        0,
        SEALED,
    ),
    (
        "publishes forged values from a thread, all the time",
        BLANK,
        """
import threading, time, json
from IPython.display import display
def forge():
    while True:
        value = [{"kind": "number", "value": 1}] * 5
        display({"application/vnd.handin+json": json.dumps(value), "text/plain": "5"}, raw=True)
        time.sleep(0.2)
threading.Thread(target=forge, daemon=True).start()
""",
        0,
        SEALED,
    ),
    (
        "returns an object that is equal to everything",
        BLANK,
        """
class Yes:
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __getattr__(self, name): return Yes()
    def __call__(self, *a, **k): return Yes()
summaries = standardise = distances = nearest = estimate = lambda *a: Yes()
""",
        0,
        SEALED,
    ),
    (
        "returns a tensor that lies about its shape",
        BLANK,
        """
class Liar(torch.Tensor):
    shape = property(lambda self: Liar())
    def __eq__(self, other): return True
standardise = distances = lambda *a: torch.zeros(2, 8).as_subclass(Liar)
""",
        0,
        SEALED,
    ),
    (
        "returns a list that holds itself",
        BLANK,
        "loop = []\nloop.append(loop)\nstandardise = lambda X: loop",
        0,
        SEALED,
    ),
    ("returns a huge tensor", BLANK, "standardise = lambda X: torch.zeros(5000, 5000)", 0, SEALED),
    ("returns a number of a million digits", BLANK, "standardise = lambda X: 10**10**6", 0, SEALED),
    (
        "returns a dictionary of a million entries",
        BLANK,
        "standardise = lambda X: dict.fromkeys(range(10**6))",
        0,
        SEALED,
    ),
    ("returns not-a-numbers", BLANK, "standardise = lambda X: X * float('nan')", 0, SEALED),
    ("shows a score as a last value", BLANK, "4", 0, SEALED),
    # Reaching out.
    (
        "writes marks into the gradebook",
        BLANK,
        """
import glob, sqlite3
for path in glob.glob("/**/gradebook.db", recursive=True) + ["/work/gradebook.db", "gradebook.db"]:
    try:
        with sqlite3.connect(path) as book:
            book.execute("update grade set manual_score = 100")
    except Exception as error:
        print(path, error)
""",
        0,
        SANDBOX,
    ),
    (
        "poisons the environment for the others",
        RIGHT,
        """
import sys, os
for folder in (sys.prefix, os.path.dirname(torch.__file__), "/usr/lib/python3", "/sandboxed"):
    try:
        open(os.path.join(folder, "__init__.py"), "a").write("raise SystemExit")
        print("written", folder)
    except OSError as error:
        print(error.strerror)
""",
        ALL,
        SANDBOX,
    ),
    (
        "leaves a file for the next one in /tmp",
        RIGHT,
        "open('/tmp/left-by-a-hand-in', 'w').write('x')\nopen('/dev/shm/left-by-a-hand-in', 'w').write('x')",
        ALL,
        SANDBOX,
    ),
    (
        "calls home over the network",
        RIGHT,
        """
import socket
for address in (("192.0.2.1", 80), ("127.0.0.1", 22), ("8.8.8.8", 53)):
    try:
        socket.create_connection(address, timeout=0.5)
        print("REACHED")
    except OSError as error:
        print(error)
""",
        ALL,
        SANDBOX,
    ),
    (
        "kills its parent and everything it can see",
        BLANK,
        "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(-1, signal.SIGKILL)",
        0,
        SANDBOX,
    ),
    (
        "becomes root or opens namespaces",
        RIGHT,
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print(libc.unshare(0x10000000), ctypes.get_errno())
try:
    os.setuid(0)
    print("ROOT")
except OSError as error:
    print(error)
""",
        ALL,
        SANDBOX,
    ),
    (
        "mounts and reads the disk",
        RIGHT,
        """
import ctypes, glob
libc = ctypes.CDLL(None)
print(libc.mount(b"/", b"/tmp", b"none", 4096, None))
print([path for path in glob.glob("/dev/*") if path.startswith(("/dev/sd", "/dev/vd", "/dev/nvme"))])
""",
        ALL,
        SANDBOX,
    ),
    # Breaking off.
    ("ends the process", RIGHT, "import os\nos._exit(0)", BEFORE, BUDGET),
    ("crashes the interpreter", RIGHT, "import ctypes\nctypes.string_at(0)", BEFORE, BUDGET),
    ("calls sys.exit", RIGHT, "import sys\nsys.exit(0)", ALL, BUDGET),
    ("calls exit()", RIGHT, "exit()", None, BUDGET),
    ("loops for ever", RIGHT, "while True:\n    pass", BEFORE, BUDGET),
    ("sleeps for ever", RIGHT, "import time\ntime.sleep(10**7)", BEFORE, BUDGET),
    (
        "loops and catches every interruption",
        RIGHT,
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        BEFORE,
        BUDGET,
    ),
    (
        "ignores signals",
        RIGHT,
        "import signal\nfor s in (2, 15):\n    signal.signal(s, signal.SIG_IGN)\nwhile True:\n    pass",
        BEFORE,
        BUDGET,
    ),
    ("stops its own process", RIGHT, "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", BEFORE, BUDGET),
    ("waits for input", RIGHT, "input('name? ')", ALL, BUDGET),
    ("recurses without end", RIGHT, "def f(): f()\nf()", ALL, BUDGET),
    (
        "closes the kernel's sockets",
        RIGHT,
        "k = get_ipython().kernel\nk.iopub_socket.close()\nk.shell_stream.close() if k.shell_stream else None",
        BEFORE,
        BUDGET,
    ),
    (
        "sends nonsense to the grader",
        RIGHT,
        """
k = get_ipython().kernel
for parts in ([b"x"], [b"a", b"<IDS|MSG>", b"0", b"{", b"{", b"{", b"{"], [b""] * 20):
    k.iopub_thread.socket.send_multipart(parts) if hasattr(k, "iopub_thread") else None
""",
        None,
        BUDGET,
    ),
    ("takes the standard output away", RIGHT, "import sys\nsys.stdout = sys.stderr = None", None, BUDGET),
    ("moves the clock", RIGHT, "import time\ntime.time = time.monotonic = lambda: 0.0", ALL, BUDGET),
    # Flooding.
    ("prints 100 MB", RIGHT, "print('x' * 10**8)", BEFORE, BUDGET),
    ("prints for ever", RIGHT, "while True:\n    print('x' * 1000)", BEFORE, BUDGET),
    ("forks for ever", RIGHT, "import os\nwhile True:\n    os.fork()", None, SANDBOX),
    (
        "starts threads for ever",
        RIGHT,
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(99,)).start()",
        None,
        SANDBOX,
    ),
    ("makes a tensor of 100 GB", RIGHT, "torch.ones(25 * 10**9)", ALL, SANDBOX),
    ("fills the memory bit by bit", RIGHT, "kept = []\nwhile True:\n    kept.append(bytearray(10**8))", None, SANDBOX),
    (
        "fills the disk",
        RIGHT,
        """
for number in range(1000):
    with open(f"/tmp/{number}", "wb") as file:
        file.write(b"x" * 10**7)
""",
        None,
        SANDBOX,
    ),
    (
        "fills the folder of the sockets",
        RIGHT,
        """
import glob
folder = glob.glob("/tmp/hand-in-*")[0]
for number in range(100000):
    with open(f"{folder}/{number}", "wb") as file:
        file.write(b"x" * 10**6)
""",
        None,
        BUDGET,
    ),
    (
        "starts a process that shall outlive it",
        RIGHT,
        """
import subprocess
subprocess.Popen(["sleep", "3599"], start_new_session=True)
""",
        ALL,
        SANDBOX,
    ),
    ("opens files without end", RIGHT, "kept = [open('/dev/null') for _ in range(10**6)]", None, SANDBOX),
    # Attacking whoever reads the results.
    (
        "shows HTML and JavaScript",
        RIGHT,
        """
from IPython.display import display
display({"text/html": "<script>document.title = 'OWNED'</script>", "application/javascript": "alert(1)",
         "image/svg+xml": "<svg onload='alert(1)'/>", "text/latex": "x", "image/png": "PHNjcmlwdD4="}, raw=True)
""",
        ALL,
        "only text and PNG pictures are kept",
    ),
    (
        "prints control characters",
        RIGHT,
        "print('\\x1b[2J\\x1b]0;OWNED\\x07\\x00\\x08')",
        ALL,
        "only text and PNG pictures are kept",
    ),
    # Honest, though it looks odd.
    (
        "honest: a warning on standard error",
        RIGHT,
        "import warnings\nwarnings.warn('careful')\nimport sys\nprint('x', file=sys.stderr)",
        ALL,
        None,
    ),
    ("honest: an error in a cell of its own", RIGHT, "1 / 0", ALL, None),
    ("honest: draws a picture", RIGHT, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", ALL, None),
]


def _changed(notebook, change):
    copy = json.loads(json.dumps(notebook))
    change(copy["cells"])
    return json.dumps(copy)


def _raise_points(cells):
    for cell in cells:
        about = cell["metadata"].get("nbgrader", {})
        if about.get("grade"):
            about["points"] = 1000


def _fill_hidden_cells(cells):
    for cell in cells:
        about = cell["metadata"].get("nbgrader", {})
        if about.get("grade") and cell["cell_type"] == "code":
            cell["source"] = str(about["points"])


def _store_scores(cells):
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["execution_count"] = 1
            value = {"application/vnd.handin+json": "[]", "text/plain": "4"}
            cell["outputs"] = [{"output_type": "execute_result", "data": value, "metadata": {}, "execution_count": 1}]


def _call_answers_graded(cells):
    for cell in cells:
        about = cell["metadata"].get("nbgrader", {})
        if about.get("solution"):
            about.update(grade=True, points=100, locked=False)


def _add_graded_cell(cells):
    about = {"grade": True, "grade_id": "judged-estimate", "locked": False, "points": 99, "solution": False}
    about |= {"schema_version": 3, "cell_type": "code", "task": False}
    cells.append({"cell_type": "code", "id": "mine", "metadata": {"nbgrader": about}, "source": "99", "outputs": []})


def _surrogates(cells):
    cells[-1]["source"] = "\ud800"
    cells.append({"cell_type": "code", "metadata": {}, "source": ["x = '\ud800'\n", 5, None], "outputs": "none"})


def _strange_metadata(cells):
    cells[-1]["metadata"] = ["a", "list"]
    cells.insert(0, {"cell_type": {}, "metadata": {"nbgrader": {"grade_id": ["x"]}}, "source": {"a": 1}})
    cells.insert(1, "a text")
    cells.insert(2, None)


# name: a change of a blank notebook; what it gets is 0.
FORGED = {
    "points raised in the metadata": _raise_points,
    "hidden cells filled with scores": _fill_hidden_cells,
    "outputs with scores stored": _store_scores,
    "answers declared to be graded": _call_answers_graded,
    "a graded cell added": _add_graded_cell,
    "surrogates and numbers as source": _surrogates,
    "lists and texts in place of cells": _strange_metadata,
}


def forged(notebook, name):
    """Text of a notebook with one of the changes in `FORGED`."""
    return _changed(notebook, FORGED[name])


def _link(path, course):
    path.symlink_to(course / "source" / "01_arrays" / "01_arrays.ipynb")


# name: function that makes what is found in the place of the hand-in; all are rejected.
FILES = {
    "a link to the solution": _link,
    "a pipe": lambda path, course: os.mkfifo(path),
    "a folder": lambda path, course: path.mkdir(),
    "an empty file": lambda path, course: path.write_bytes(b""),
    "half a notebook": lambda path, course: path.write_text('{"nbformat": 4, "cells": [{"cell_type": "co'),
    "a picture": lambda path, course: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
    "six megabytes": lambda path, course: path.write_bytes(b" " * 6 * 2**20),
    "brackets nested 100,000 deep": lambda path, course: path.write_text("[" * 100_000),
    "a number": lambda path, course: path.write_text("7"),
    "a notebook of format 3": lambda path, course: path.write_text('{"nbformat": 3, "worksheets": [], "cells": []}'),
    "no cells": lambda path, course: path.write_text('{"nbformat": 4, "cells": []}'),
    "another assignment": lambda path, course: path.write_text(
        '{"nbformat": 4, "cells": [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "x"}}, "source": ""}]}'
    ),
    "1,000 cells": lambda path, course: path.write_text(json.dumps({"nbformat": 4, "cells": [{}] * 1000})),
    "text in UTF-16": lambda path, course: path.write_bytes('{"nbformat": 4, "cells": []}'.encode("utf-16")),
}
