"""A Jupyter kernel in which a hand-in can harm nothing: no network, no course folder, no other process, limits.

The sandbox is bubblewrap (`bwrap`), which uses Linux namespaces. Only the kernel runs in it; who reads its answers
stays outside. That the program is installed doesn't prove that it works here: `prove` tries what must not succeed.
"""

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import platformdirs
import psutil

import d2lutils

SANDBOXED = Path(__file__).resolve().parent / "sandboxed"  # what runs inside
MOUNTED = "/sandboxed"
FIRST_USER, USERS = 61_000, 3_000  # numbers of users that no system gives out; each kernel takes its own
SYSTEM_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime", "/etc/ssl/openssl.cnf")
KERNELS = itertools.count()
PROOF_LIMIT = 60  # seconds
OWN_PROCESSES = 3  # bubblewrap's first process, the kernel, one of the proof's own


class SandboxError(Exception):
    """No sandbox can be had here; one line that says what to do."""


@dataclass(frozen=True)
class Limits:
    """What one hand-in may use; bytes, seconds, numbers."""

    AS: int = 4 * 2**30  # address space of a process; torch and Matplotlib map 1.3 of these four gigabytes
    CPU: int = 120  # processor time of a process
    FSIZE: int = 32 * 2**20  # one file
    NOFILE: int = 256  # open files
    NPROC: int = 64  # processes and threads together
    CORE: int = 0


@dataclass(frozen=True)
class Space:
    """What a hand-in finds in the sandbox besides the limits."""

    limits: Limits = field(default_factory=Limits)
    scratch: int = 128 * 2**20  # bytes of its private /tmp, which lies in memory


def is_root():
    """True for the system's administrator."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def find_bwrap():
    """Path of bubblewrap.

    Raises:
        SandboxError: It isn't installed, or this isn't Linux.
    """
    if not sys.platform.startswith("linux"):
        raise SandboxError(
            f"the sandbox needs Linux, and this is {sys.platform}. Grade in a Linux machine or container; "
            "the instructor's guide says how"
        )
    path = shutil.which("bwrap")
    if path is None:
        raise SandboxError("bubblewrap isn't installed. On Debian or Ubuntu: apt-get install bubblewrap")
    return path


def readable_folders():
    """Folders that a lesson's imports need: Python, its environment, the course's package."""
    folders = [Path(sys.base_prefix).resolve(), Path(sys.prefix), Path(d2lutils.__file__).resolve().parent]
    return [folder for folder in folders if not folder.is_relative_to("/usr")]


def mounts():
    """Arguments that build the sandbox's file system: the system and Python to read, nothing else."""
    from d2lutils.data.cache import cache_folder  # imports torch, which not every command needs

    arguments = ["--ro-bind", "/usr", "/usr"]
    for folder in SYSTEM_FOLDERS:
        if os.path.islink(folder):
            arguments += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            arguments += ["--ro-bind", folder, folder]
    for path in SYSTEM_FILES:
        arguments += ["--ro-bind-try", path, path]
    for folder in readable_folders():
        arguments += [*open_way(folder), "--ro-bind", str(folder), str(folder)]
    arguments += ["--ro-bind", str(SANDBOXED), MOUNTED]
    return [*arguments, "--ro-bind-try", str(cache_folder()), "/data", "--ro-bind-try", str(font_folder()), "/fonts"]


def open_way(folder):
    """Arguments that make the folders above this one; bubblewrap itself would make them for root's eyes only."""
    above = [parent for parent in reversed(folder.parents) if str(parent) not in {"/", "/tmp"}]
    return [word for parent in above for word in ("--perms", "0755", "--dir", str(parent))]


def font_folder():
    """Folder where Matplotlib keeps its list of fonts."""
    return Path(os.environ.get("MPLCONFIGDIR") or platformdirs.user_cache_dir("matplotlib"))


def variables():
    """Environment of the sandbox: nothing of the instructor's own."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": "/tmp/home",
        "TMPDIR": "/tmp",
        "LANG": "C.UTF-8",
        "USER": "student",
        "IPYTHONDIR": "/tmp/home/.ipython",
        "MPLCONFIGDIR": "/tmp/home/matplotlib",
        "D2LUTILS_DATA": "/data",
        "PYTHONPATH": MOUNTED,
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
    }


def next_user():
    """A number of a user for one kernel: the last one's processes may still be ending, and would be counted."""
    return FIRST_USER + (os.getpid() * 37 + next(KERNELS)) % USERS


def command(space, arguments, shared=None):
    """Command that runs start_kernel.py with these arguments in a sandbox; both sides see the folder `shared`."""
    parts = [find_bwrap(), "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid", "--unshare-net"]
    parts += ["--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"]
    user = next_user()
    if is_root():  # mount as root, then become nobody in particular: root ignores the limit of processes
        parts += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        if shared:
            os.chown(shared, user, user)
            os.chmod(shared, 0o711)  # root without privileges, as it is inside, must still reach its own file there
    else:
        parts += ["--unshare-user", "--disable-userns"]
    parts += ["--proc", "/proc", "--dev", "/dev"]
    for folder in ("/tmp", "/dev/shm"):  # before what is mounted: an environment may lie in /tmp
        parts += ["--size", str(space.scratch), "--perms", "1777", "--tmpfs", folder]
    parts += mounts()
    if shared:
        parts += ["--bind", str(shared), str(shared)]
    parts += ["--remount-ro", "/dev", "--remount-ro", "/", "--clearenv", "--chdir", "/tmp"]
    for name, value in variables().items():
        parts += ["--setenv", name, value]
    limits = json.dumps({**asdict(space.limits), "user": user if is_root() else None})
    return [*parts, "--", sys.executable, f"{MOUNTED}/start_kernel.py", limits, *arguments]


@contextmanager
def private_folder():
    """A short-named folder for the kernel's sockets, gone afterwards (a socket's name has at most 107 characters)."""
    folder = Path(tempfile.mkdtemp(prefix=f"hand-in-{os.getpid()}-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers():
    """Remove the private folders of grading processes that were killed."""
    for folder in Path("/tmp").glob("hand-in-*-*"):
        number = folder.name.split("-")[2]
        if number.isdigit() and not psutil.pid_exists(int(number)) and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def planted(folders):
    """Names of files that lie in these folders for as long as the proof lasts."""
    files = [folder / f".sandbox-proof-{os.getpid()}" for folder in folders]
    try:
        for file in files:
            file.write_text("not for hand-ins", encoding="utf-8")
        yield [str(file) for file in files]
    finally:
        for file in files:
            file.unlink(missing_ok=True)


def prove(course_folder, space=None):
    """Try the sandbox; return what was found, a dictionary.

    Args:
        course_folder: The folder with sources, judges and gradebook, which must not be readable inside.

    Raises:
        SandboxError: There is none, it doesn't start, or something got through that must not.
    """
    space = space or Space()
    remove_leftovers()
    with planted([Path(course_folder), Path.home(), Path("/tmp")]) as canaries:
        forbidden = [str(Path(course_folder).resolve()), "/etc/shadow", "/etc/passwd", *canaries]
        try:
            done = subprocess.run(
                command(space, ["probe", *forbidden]), capture_output=True, text=True, timeout=PROOF_LIMIT, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise SandboxError(f"the proof of the sandbox took more than {PROOF_LIMIT} seconds") from error
    try:
        found = json.loads(done.stdout)
    except ValueError as error:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise SandboxError(f"bubblewrap is installed, but no sandbox starts here: {last}") from error
    wrong = leaks(found)
    if wrong:
        raise SandboxError(f"the sandbox holds too little: {'; '.join(wrong)}")
    return found


def leaks(found):
    """What a proof found that must not be, as phrases."""
    rules = {
        "it runs as root": found["user"] == 0,
        "it has privileges": found["privileges"],
        "the network is open": found["network"],
        f"it can read {', '.join(found['readable'])}": bool(found["readable"]),
        f"it can write to {', '.join(found['writable'])}": bool(found["writable"]),
        "its own folder can't be written": not found["home"],
        "it sees other processes": found["processes"] > OWN_PROCESSES,
        "memory isn't limited": not found["memory stops"],
        "the number of processes isn't limited": not found["process limit stops"],
    }
    return [phrase for phrase, broken in rules.items() if broken]


def unconfined():
    """Command for a kernel without any sandbox, for graders who accept that."""
    return [sys.executable, "-m", "ipykernel_launcher", "-f"]
