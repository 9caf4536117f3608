"""The first thing that runs inside the sandbox: set the limits, then become a Jupyter kernel (or a probe).

    python start_kernel.py LIMITS CONNECTION_FILE     a kernel
    python start_kernel.py LIMITS probe FORBIDDEN     report as JSON what the sandbox lets happen

LIMITS is a JSON object: bytes of address space, seconds of processor time, bytes of a file, open files, processes.
They are set here and not outside, because Linux counts processes for each namespace of users. `user` in it is the
number of the user to become, null where the sandbox wasn't started by root.
"""

import json
import os
import resource
import shutil
import sys
from pathlib import Path

FONT_LISTS = Path("/fonts")  # Matplotlib's list of fonts, which takes seconds to make anew


def become(user):
    """Give up root for good; without root (None) there is nothing to give up."""
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


def set_limits(limits):
    """Set each limit for good: this process and its children can lower, never raise it."""
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def give_fonts():
    """Copy Matplotlib's list of fonts to the private home, where Matplotlib looks for it."""
    target = Path(os.environ["MPLCONFIGDIR"])
    if FONT_LISTS.is_dir():
        shutil.copytree(FONT_LISTS, target, dirs_exist_ok=True)


def main():
    """Give up root, set the limits, and go on as what the arguments say."""
    limits = json.loads(sys.argv[1])
    is_probe = sys.argv[2] == "probe"
    connection = None if is_probe else Path(sys.argv[2]).read_text(encoding="utf-8")  # root's file: read it while root
    become(limits.pop("user"))
    set_limits(limits)
    Path.home().mkdir(exist_ok=True)
    os.chdir(Path.home())
    if is_probe:
        from probe import probe

        print(json.dumps(probe(sys.argv[3:])))
        return
    give_fonts()
    from ipykernel import kernelapp

    Path("kernel.json").write_text(connection, encoding="utf-8")
    kernelapp.launch_new_instance(argv=["-f", "kernel.json", "--HistoryManager.enabled=False"])


if __name__ == "__main__":
    main()
