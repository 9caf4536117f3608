"""Rewrite constraints.txt: the newest versions that fit pyproject.toml, one per package.

Run by `make lock`, in the course's own environment. Two resolutions, because the second alone gives
different versions to different Pythons: first for the oldest Python that we support, then for all
Pythons and systems with those versions kept. torch stays at the tested version unless named here.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TORCH = "torch==2.13.0"
HEADER = """\
# The exact versions that were tested: a lock for people, CI and Binder. Written by `make lock`.
"""


def resolve(*options):
    """Text of uv's resolution of all extras, one requirement a line."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
    command += ["--python-version", "3.11", "--all-extras", "-b", "build-constraints.txt", *options]
    done = subprocess.run([*command, "pyproject.toml"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"lock: {done.stderr.strip()}")
    return done.stdout


def main():
    """Write constraints.txt."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted.txt"
        # The same limit on setuptools as for builds: pip up to 25.2 knows only one kind of constraint.
        wanted.write_text(f"{TORCH}\n{(ROOT / 'build-constraints.txt').read_text()}")
        first = Path(folder) / "first.txt"
        first.write_text(resolve("-c", str(wanted)))
        locked = resolve("-c", str(wanted), "-c", str(first), "--universal")
    # A machine's own build of torch carries a local version, which no public registry has.
    lines = sorted({re.sub(r"\+\w+", "", line) for line in locked.splitlines() if line.strip()})
    (ROOT / "constraints.txt").write_text(HEADER + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
