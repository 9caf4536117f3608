"""Make .venv from constraints.txt, or do nothing in a blink when it is already right.

`make setup` runs this with any Python from 3.11 on; it needs nothing but the standard library.
The stamp inside .venv is a digest of everything the environment depends on, and is written last:
an interrupted run leaves no stamp, so the next one starts over.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from exit_status import run_to_the_end
from locking import one_at_a_time

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "setup-stamp"
LOG = ROOT / ".setup.log"
INPUTS = ("pyproject.toml", "constraints.txt", "build-constraints.txt", "tools/setup_environment.py")
OLDEST_PYTHON = (3, 11)
SPACE_NEEDED_GB = 3

# What a failing installer prints -> the one line that a person needs.
DISK_FULL = "the disk is full. Free {space} GB and run the command again."
NO_NETWORK = (
    "no package registry could be reached. Check the network, or the proxy settings of pip "
    "(`pip config list`), then run the command again."
)
REASONS = {
    "No space left on device": DISK_FULL,
    "os error 28": DISK_FULL,
    "Disk quota exceeded": DISK_FULL,
    "invalid peer certificate": (
        "this network shows a certificate of its own. Tell pip where to find it "
        "(`pip config set global.cert FILE`) and run the command again."
    ),
    "NewConnectionError": NO_NETWORK,
    "NameResolutionError": NO_NETWORK,
    "ConnectTimeoutError": NO_NETWORK,
    "ProxyError": NO_NETWORK,
    "No matching distribution found for uv": NO_NETWORK,
    "Failed to fetch": NO_NETWORK,
    "error sending request": NO_NETWORK,
    "Permission denied": "a file could not be written. Check who owns this folder and .venv in it.",
}


class SetupError(Exception):
    """One line that says what went wrong and what to do."""


def python_in(venv):
    """Path of the interpreter inside a virtual environment, on any system."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def expected_stamp():
    """Digest of the pin files, the folder and the Python that the environment is made from."""
    digest = hashlib.sha256(f"{ROOT}\n{sys.version}\n{sys.base_prefix}".encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_current():
    """True when .venv was finished from exactly these inputs."""
    return STAMP.exists() and python_in(VENV).exists() and STAMP.read_text() == expected_stamp()


def check_beginnings():
    """Raise SetupError for what would stop the installation half way."""
    if sys.version_info < OLDEST_PYTHON:
        raise SetupError(f"Python {sys.version.split()[0]} is too old: 3.11 or newer is needed.")
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise SetupError(f"this Python has no {missing[0]} module. On Debian and Ubuntu: sudo apt install python3-venv")
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    if free_gb < SPACE_NEEDED_GB:
        raise SetupError(f"only {free_gb:.1f} GB free on this disk, {SPACE_NEEDED_GB} GB are needed.")


def explain(output):
    """One line for a person, from what a failing installer printed."""
    for sign, reason in REASONS.items():
        if sign in output:
            return reason.format(space=SPACE_NEEDED_GB)
    return f"the installer failed; what it said is in {LOG.name}."


def run(step, *command, **settings):
    """Run one installation step, its output kept in the log, `settings` added to its environment."""
    print(f"setup: {step} …", file=sys.stderr, flush=True)
    with LOG.open("a", encoding="utf-8") as log:
        environment = {**os.environ, **settings}
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise SetupError(explain(LOG.read_text(encoding="utf-8", errors="replace")))


def pip_settings(python):
    """pip's own settings on this machine, as pairs of name and value; uv doesn't read them."""
    listed = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        key, _, value = line.partition("=")
        # What stands in quotation marks may have become several lines, shown as \n.
        for item in value.strip("'\"").replace("\\n", " ").split():
            yield key.rsplit(".", 1)[-1], item


def uv_settings(settings):
    """The same for uv: options, and variables of its environment."""
    names = {"index-url": "--index-url", "extra-index-url": "--extra-index-url", "find-links": "--find-links"}
    pairs = dict.fromkeys((names[key], item) for key, item in settings if key in names)
    # pip takes the best version from all its indexes; uv stops at the first index unless told.
    options = [*(word for pair in pairs for word in pair), "--index-strategy", "unsafe-best-match"]
    certificate = next((item for key, item in settings if key == "cert"), None)
    return options, {"SSL_CERT_FILE": certificate} if certificate else {}


def list_extras():
    """Names of all extras; the archive for a class has fewer of them than the course's own folder."""
    import tomllib  # an older Python has none, and shall be told so by this tool

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return sorted(project["optional-dependencies"])


def build():
    """Make the environment anew and stamp it."""
    LOG.unlink(missing_ok=True)
    python = str(python_in(VENV))
    # With .venv active this runs in the very environment that is about to be cleared.
    maker = getattr(sys, "_base_executable", sys.executable)
    run("making .venv", maker, "-m", "venv", "--clear", str(VENV))
    pip = (python, "-m", "pip", "install", "--quiet", "--retries", "2", "--timeout", "20")
    run("fetching the installer", *pip, "-c", "constraints.txt", "uv")
    options, variables = uv_settings(list(pip_settings(python)))
    uv = (python, "-m", "uv", "pip")
    run(
        "installing the packages, a minute or a few",
        *(*uv, "install", "--python", python, "--compile-bytecode", *options),
        *("-c", "constraints.txt", "-b", "build-constraints.txt", "-e", f".[{','.join(list_extras())}]"),
        **variables,
    )
    run("checking them", *uv, "check", "--python", python)
    unfinished = STAMP.with_suffix(".new")
    unfinished.write_text(expected_stamp())
    unfinished.replace(STAMP)
    LOG.unlink(missing_ok=True)
    print("setup: ready", file=sys.stderr)


def build_when_needed():
    """Build unless the environment was finished from these very inputs."""
    if is_current():
        return
    check_beginnings()
    with one_at_a_time(ROOT / ".setup.lock"):
        if not is_current():
            build()


def main():
    """Build when needed; return the exit status."""
    return run_to_the_end("setup", build_when_needed, SetupError)


if __name__ == "__main__":
    sys.exit(main())
