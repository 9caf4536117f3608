"""Print the path of a Chromium or Chrome for the tests; fetch one where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from locking import one_at_a_time

BUILD = Path(__file__).resolve().parent.parent / "_build"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Where macOS and Windows keep it: there it isn't on the PATH.
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
OS_RELEASE = Path("/etc/os-release")
FETCH_LIMIT = 300  # seconds for Playwright's download of some 170 MB
PACKAGE_LIMIT = 300  # seconds for each of the two calls of apt-get
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
# Nothing but localhost is reached. Playwright's own way, context.route, switches the browser's cache off,
# and each page would read MathJax anew.
FLAGS = [
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--no-proxy-server",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ADVICE = "no Chromium or Chrome found, and none could be fetched. Install one, or name it: CHROMIUM=/path/to/chromium"


class NoBrowserError(Exception):
    """One line that says what to do."""


def named_browser():
    """Program that the variable CHROMIUM names, None where it isn't set.

    Raises:
        NoBrowserError: It names no program.
    """
    name = os.environ.get("CHROMIUM")
    if not name:
        return None
    path = shutil.which(name)
    if path is None:
        raise NoBrowserError(f"CHROMIUM is {name!r}, and should be the path or name of a Chromium or Chrome.")
    return path


def installed_browser():
    """First program found on the PATH or where the system keeps it, else None."""
    found = (shutil.which(name) for name in (*NAMES, *PLACES))
    return next((path for path in found if path), None)


def downloaded_browser():
    """Browser that Playwright has fetched at some time, else None."""
    # Asked in a process of its own: pytest may hold another Playwright open, and two don't go together.
    said = run_quietly([sys.executable, "-c", ASK_PLAYWRIGHT], limit=60)
    path = said.strip() if said else ""
    return path if path and Path(path).is_file() else None


def fetch_browser():
    """Browser that Playwright fetches now, else None."""
    run_quietly([sys.executable, "-m", "playwright", "install", "chromium"], limit=FETCH_LIMIT)
    return downloaded_browser()


def install_package():
    """Browser from the system's packages, for root on Debian or Ubuntu, else None."""
    if not (is_root() and is_debian() and shutil.which("apt-get")):
        return None
    # Old lists are better than none: without a network, the package may lie in the cache.
    run_quietly(["apt-get", "update"], limit=PACKAGE_LIMIT)
    run_quietly(["apt-get", "install", "-y", "chromium"], limit=PACKAGE_LIMIT)
    return installed_browser()


def is_root():
    """True for the system's administrator; Windows knows none by number."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def is_debian():
    """True on Debian and Ubuntu and what is made from them."""
    if not OS_RELEASE.is_file():
        return False
    pairs = (line.partition("=") for line in OS_RELEASE.read_text(encoding="utf-8").splitlines())
    families = " ".join(value.strip('"') for key, _, value in pairs if key in {"ID", "ID_LIKE"})
    return not {"debian", "ubuntu"}.isdisjoint(families.split())


def run_quietly(command, limit):
    """What a command prints, or None when it fails, is missing or takes longer than `limit` seconds."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def find_browser():
    """Path of a Chromium or Chrome: the named, an installed, a fetched one, or a package installed now.

    Raises:
        NoBrowserError: There is none and none can be had, or CHROMIUM names none.
    """
    path = named_browser() or installed_browser() or downloaded_browser()
    if path:
        return path
    BUILD.mkdir(exist_ok=True)
    # Two test workers ask at once; the second finds what the first has fetched.
    with one_at_a_time(BUILD / ".browser-lock"):
        path = installed_browser() or downloaded_browser() or fetch_browser() or install_package()
    if not path:
        raise NoBrowserError(ADVICE)
    return path


def browser_flags():
    """Options for a Chromium that reaches nothing outside; as root it refuses to run inside its own sandbox."""
    return ["--no-sandbox", *FLAGS] if is_root() else FLAGS


def main():
    """Print the path; return the exit status."""
    try:
        print(find_browser())
    except NoBrowserError as error:
        print(f"browser: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
