"""Take README's picture of a page from the built site, with an installed Chromium or Chrome.

Run after `make book`: .venv/bin/python book/figures/take_page_picture.py
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "_build/html/notebooks/02_preliminaries/01_ndarray.html"
PICTURE = Path(__file__).with_name("page.png")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SIZE = (1280, 1080)  # pixels
COLOURS = 64  # enough for text and one plot, and a third of the bytes


def main():
    """Write page.png; return the exit status."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None or not PAGE.is_file():
        print("needs an installed Chromium or Chrome, and the site built by `make book`", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=8000"]
        options += [f"--user-data-dir={folder}/profile", f"--window-size={SIZE[0]},{SIZE[1]}"]
        subprocess.run([browser, *options, f"--screenshot={shot}", PAGE.as_uri()], check=True, capture_output=True)
        Image.open(shot).convert("RGB").quantize(COLOURS).save(PICTURE, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
