"""Print the path of bubblewrap, in which hand-ins are graded; install it where that can be done.

Installed by the system's own packages, for root on Debian or Ubuntu; elsewhere one line says what to do.
"""

import shutil
import sys

from find_browser import PACKAGE_LIMIT, is_debian, is_root, run_quietly

ADVICE = "bubblewrap isn't installed. Linux: install the package bubblewrap. Elsewhere: see the instructor's guide"


def find_sandbox():
    """Path of bubblewrap, installed now if need be; None where there is none."""
    if shutil.which("bwrap") is None and is_root() and is_debian():
        # Old lists are better than none: without a network, the package may lie in the cache.
        run_quietly(["apt-get", "update"], limit=PACKAGE_LIMIT)
        run_quietly(["apt-get", "install", "-y", "bubblewrap"], limit=PACKAGE_LIMIT)
    return shutil.which("bwrap")


def main():
    """Print the path; return the exit status."""
    path = find_sandbox()
    print(path or f"sandbox: {ADVICE}", file=sys.stdout if path else sys.stderr)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
