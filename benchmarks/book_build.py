"""How long the site takes to build, from nothing and after one lesson has changed."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import announce, print_table, summarise

ROOT = Path(__file__).resolve().parent.parent
INPUTS = ("_config.yml", "assignments", "book", "d2lutils", "notebooks", "tools")
LESSON = "notebooks/03_linear_regression/05_linear_regression_from_scratch.ipynb"
ROUNDS = 3


def measure():
    """Return the records of cold builds and of rebuilds, in a copy of the book."""
    announce("building the site, cold and after a change")
    cold, warm = [], []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in INPUTS:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        lesson = copy / LESSON
        for number in range(ROUNDS):
            shutil.rmtree(copy / "_build", ignore_errors=True)
            cold.append(build(copy))
            text = lesson.read_text(encoding="utf-8")
            lesson.write_text(text.replace("We are shown", f"We are shown, {number},", 1), encoding="utf-8")
            warm.append(build(copy))
    return [summarise("book_cold", cold), summarise("book_changed", warm)]


def build(folder):
    """Return the seconds of one build."""
    start = time.perf_counter()
    subprocess.run([sys.executable, folder / "tools" / "build_book.py"], check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(print_table(measure()))
