"""Write formulas into the pages as LaTeX, without a script that renders them.

`tools/finish_site.py` renders them in the built pages, so that a reader's browser needn't.
"""

from myst_parser.sphinx_ext.mathjax import html_visit_displaymath
from sphinx.ext.mathjax import html_visit_math


def setup(app):
    """Register with Sphinx; `html_math_renderer: plain` chooses it."""
    app.add_html_math_renderer("plain", (html_visit_math, None), (html_visit_displaymath, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
