"""Build the site into _build/html, or do nothing when it is already right.

Every build starts from nothing in a folder of its own and takes the site's place only when it has succeeded.
A warm build would be quicker, but it forgets the warnings of pages that it doesn't read again, keeps
pages that have left the table of contents, and doesn't copy changed static files.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from locking import one_at_a_time

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
SITE = BUILD / "html"
CONFIG = ROOT / "_config.yml"
TOC = ROOT / "book" / "_toc.yml"
STAMP = ".built-from"
IGNORED = {"__pycache__", ".ipynb_checkpoints"}
# Sphinx colours its messages even into a pipe when some variables are set.
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
DISK_FULL = "the disk is full. Free some space and run the command again."


class BuildError(Exception):
    """One line that says what went wrong and what to do."""


def listed_pages(entry):
    """Yield the pages that an entry of the table of contents names, its own and those below it."""
    if isinstance(entry, dict):
        yield from (entry[key] for key in ("root", "file") if key in entry)
        for key in ("parts", "chapters", "sections", "subtrees", "entries"):
            for below in entry.get(key) or ():
                yield from listed_pages(below)


def check_pages():
    """Raise BuildError when the table of contents can't be read, or a page is missing or isn't a notebook."""
    try:
        pages = list(listed_pages(yaml.safe_load(TOC.read_text(encoding="utf-8"))))
    except yaml.YAMLError as error:
        place = f", line {error.problem_mark.line + 1}" if getattr(error, "problem_mark", None) else ""
        raise BuildError(f"book/_toc.yml{place}: not valid YAML.") from None
    for page in pages:
        check_page(page)


def check_page(page):
    """Raise BuildError when there is no readable notebook or Markdown file behind a page."""
    for suffix in ("", ".ipynb", ".md"):
        path = ROOT / f"{page}{suffix}"
        if path.is_file():
            break
    else:
        raise BuildError(f"book/_toc.yml names {page}, but there is no {page}.ipynb or {page}.md.")
    if path.suffix == ".ipynb":
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise BuildError(f"{path.relative_to(ROOT)} isn't a readable notebook: {error}.") from None


def digest_inputs():
    """Digest of everything that the site is made from: pages, frame, settings, this tool, the environment."""
    paths = {CONFIG, Path(__file__).resolve(), Path(sys.prefix) / "setup-stamp"}
    for folder in ("book", "notebooks"):
        paths.update((ROOT / folder).rglob("*"))
    digest = hashlib.sha256()
    for path in sorted(paths):
        if path.is_file() and IGNORED.isdisjoint(path.parts):
            digest.update(f"{path}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def run_jupyter_book(folder):
    """Build below `folder`, warnings as errors; raises BuildError with the warnings."""
    program = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", program, "build", str(ROOT), "--toc", str(TOC), "--path-output", str(folder)]
    # Nit-picky, and to the end: every page's warnings are shown at once.
    command += ["-q", "-W", "-n", "--keep-going"]
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode == 0:
        return
    said = COLOUR.sub("", done.stderr.strip() or done.stdout.strip()).replace(f"{ROOT}{os.sep}", "")
    if os.strerror(errno.ENOSPC) in said:
        raise BuildError(DISK_FULL)
    raise BuildError(f"these warnings must be mended first:\n{said}")


def take_place(new):
    """Put the finished site where readers look for it."""
    old = new.parent / "replaced"
    if SITE.exists():
        SITE.rename(old)
    new.rename(SITE)


def build(digest):
    """Build the site anew and stamp it with the digest of its inputs."""
    for leftover in BUILD.glob("unfinished-*"):
        # Errors may come from a killed build's child that still writes; the next build tries again.
        shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="unfinished-", dir=BUILD))
    try:
        run_jupyter_book(folder)
        new = folder / "_build" / "html"
        (new / STAMP).write_text(digest, encoding="utf-8")
        take_place(new)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    """Build when needed; return the exit status."""
    try:
        check_pages()
        digest = digest_inputs()
        BUILD.mkdir(exist_ok=True)
        with one_at_a_time(BUILD / ".lock"):
            stamp = SITE / STAMP
            if not stamp.is_file() or stamp.read_text(encoding="utf-8") != digest:
                print("book: building …", file=sys.stderr, flush=True)
                build(digest)
        print(f"book: open {(SITE / 'index.html').relative_to(ROOT)}")
        return 0
    except BuildError as error:
        message = str(error)
    except OSError as error:
        message = DISK_FULL if error.errno == errno.ENOSPC else f"{error.strerror}: {error.filename}"
    except KeyboardInterrupt:
        message = "stopped. Run the command again; nothing needs cleaning up."
    print(f"book: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
