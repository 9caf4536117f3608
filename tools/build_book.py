"""Build the site into _build/html, or do nothing when it is already right.

Sphinx works in a folder of its own, and a finished copy takes the site's place only when all has succeeded.
When nothing but the text of pages, or of the package, has changed since the last success, Sphinx reads only those
pages anew and writes those that list something of them, which takes a few seconds. In every other case it starts from
nothing, because a warm build forgets the warnings of pages that it doesn't read, keeps pages that have left the table
of contents, and misses changed static files.
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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from exit_status import DISK_FULL, run_to_the_end
from finish_site import finish
from locking import one_at_a_time
from render_formulas import FormulaError

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
SITE = BUILD / "html"
WORK = BUILD / "work"  # Sphinx's own; kept from one success to the next
RELEASED = BUILD / "released"  # the assignments as students get them; kept likewise
CONFIG = ROOT / "_config.yml"
TOC = ROOT / "book" / "_toc.yml"
ASSIGNMENTS = ROOT / "assignments"
PACKAGE = ROOT / "d2lutils"
STAMP = ".built-from"
IGNORED = {"__pycache__", ".ipynb_checkpoints"}
# One process more than processors, since the first one waits at times. Sphinx forks: Windows can't do that, and macOS
# may end a fork of a process that has loaded some of its libraries.
JOBS = min(os.cpu_count(), 8) + 1 if sys.platform == "linux" else 1
# Sphinx colours its messages even into a pipe when some variables are set.
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


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
    """Return the files of all pages; raise BuildError when the contents or one of the pages can't be read."""
    try:
        pages = list(listed_pages(yaml.safe_load(TOC.read_text(encoding="utf-8"))))
    except yaml.YAMLError as error:
        place = f", line {error.problem_mark.line + 1}" if getattr(error, "problem_mark", None) else ""
        raise BuildError(f"book/_toc.yml{place}: not valid YAML.") from None
    return {check_page(page) for page in pages}


def check_page(page):
    """Return the file behind a page; raise BuildError when there is no readable notebook or Markdown file."""
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
    return path


def digest_of(paths):
    """Digest of files, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        if path.is_file() and IGNORED.isdisjoint(path.parts):
            digest.update(f"{path}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def list_frame(pages):
    """Files that shape every page: settings, contents, all of book/ that is no page, these tools, the environment."""
    tools = (
        ROOT / "tools" / name for name in ("build_book.py", "finish_site.py", "render_formulas.py", "bundle_styles.py")
    )
    return {CONFIG, *tools, Path(sys.prefix) / "setup-stamp", *(ROOT / "book").rglob("*")} - pages


def list_sources():
    """Files from which the assignments are released, and the stamp of the environment."""
    return {Path(sys.prefix) / "setup-stamp", *ASSIGNMENTS.glob("source/*/*.ipynb"), *ASSIGNMENTS.glob("*.py")}


def run_jupyter_book(folder):
    """Build below `folder`, warnings as errors; raises BuildError with the warnings."""
    # With several processes, for which Jupyter Book's own command has no option; and without a grammar of addresses,
    # which `jsonschema` would compile at each start, and nothing here asks for.
    program = f"""
import sys
from functools import partial
sys.modules["rfc3987_syntax"] = None
from jupyter_book import sphinx
from jupyter_book.cli.main import main
sphinx.build_sphinx = partial(sphinx.build_sphinx, jobs={JOBS})
main()"""
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


def release_assignments():
    """Release the assignments, without solutions, unless that has been done from these very sources."""
    digest = digest_of(list_sources())
    stamp = RELEASED / STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return
    shutil.rmtree(RELEASED, ignore_errors=True)
    for kind in ("source", "judges", "mutants"):
        shutil.copytree(ASSIGNMENTS / kind, RELEASED / kind)
    command = [sys.executable, "-m", "assignments", "--course", str(RELEASED), "release"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise BuildError(f"the assignments can't be released: {done.stderr.strip()}")
    stamp.write_text(digest, encoding="utf-8")


def add_assignments(site):
    """Put the students' notebooks into the site for download."""
    (site / "assignments").mkdir()
    for notebook in (RELEASED / "release").glob("*/*.ipynb"):
        shutil.copy(notebook, site / "assignments")


def take_place(new):
    """Put the finished site where readers look for it."""
    old = new.parent / "replaced"
    if SITE.exists():
        SITE.rename(old)
    new.rename(SITE)


def build(frame, digest):
    """Build what has changed, finish a copy of it, and stamp both with the digests of their inputs."""
    for leftover in BUILD.glob("unfinished-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    stamp = WORK / STAMP
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != frame:
        shutil.rmtree(WORK, ignore_errors=True)
        WORK.mkdir(parents=True)
    stamp.unlink(missing_ok=True)  # after a failure or an interruption the next build starts from nothing
    with ThreadPoolExecutor(1) as aside:
        released = aside.submit(release_assignments) if ASSIGNMENTS.is_dir() else None
        run_jupyter_book(WORK)
    stamp.write_text(frame, encoding="utf-8")
    folder = Path(tempfile.mkdtemp(prefix="unfinished-", dir=BUILD))
    try:
        new = folder / "html"
        shutil.copytree(WORK / "_build" / "html", new)
        finish(new, BUILD)
        if released:
            released.result()
            add_assignments(new)
        (new / STAMP).write_text(digest, encoding="utf-8")
        take_place(new)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def build_when_needed():
    """Build unless the site is made from these very inputs, and say where it is."""
    pages = check_pages()
    frame = digest_of(list_frame(pages))
    # Sphinx knows by itself which page is made from the package's docstrings; it sees nothing of the assignments.
    digest = digest_of(list_frame(pages) | pages | set(PACKAGE.rglob("*.py")) | list_sources())
    BUILD.mkdir(exist_ok=True)
    with one_at_a_time(BUILD / ".lock"):
        stamp = SITE / STAMP
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != digest:
            print("book: building …", file=sys.stderr, flush=True)
            build(frame, digest)
    print(f"book: open {(SITE / 'index.html').relative_to(ROOT)}")


def main():
    """Build when needed; return the exit status."""
    return run_to_the_end("book", build_when_needed, (BuildError, FormulaError))


if __name__ == "__main__":
    sys.exit(main())
