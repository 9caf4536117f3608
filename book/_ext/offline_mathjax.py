"""Ship MathJax with the site, so that formulas need no outside request.

The registry package `sphinx-mathjax-offline` holds all of MathJax 3.2.2. Loaded as an extension it would copy
24 MB into the site; the one script and the fonts that the pages use are 1.7 MB.
"""

from importlib.metadata import distribution
from pathlib import Path
from shutil import copy, copytree

from sphinx.errors import ExtensionError

PACKAGE = "sphinx-mathjax-offline"
SCRIPT = "tex-chtml-full.js"
FONTS = "output/chtml/fonts/woff-v2"
LICENCE = Path(__file__).with_name("MATHJAX_LICENSE.txt")


def copy_mathjax(app):
    """Copy the script, its fonts and its licence into the site's static files."""
    source = Path(distribution(PACKAGE).locate_file(f"{PACKAGE}/static/mathjax"))
    if not (source / SCRIPT).is_file():
        raise ExtensionError(f"{PACKAGE} holds no {SCRIPT}: run `make setup` again")
    target = Path(app.outdir) / "_static" / "mathjax"
    # MathJax looks for the fonts in this folder beside its script.
    copytree(source / FONTS, target / FONTS, dirs_exist_ok=True)
    copy(source / SCRIPT, target)
    copy(LICENCE, target / "LICENSE.txt")


def setup(app):
    """Register with Sphinx. Copied first of all, because pages carry the script's checksum."""
    app.connect("builder-inited", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
