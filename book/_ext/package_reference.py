"""Show strings of one word in the package's docstrings as code: typographic quotation marks would be wrong there."""

import re

STRING = re.compile(r'(?<![\w`"])"[\w<>%.-]+"(?![\w`"])')


def mark_strings(app, *details):
    """Mark the strings of a docstring, whose lines come last and are changed in place."""
    lines = details[-1]
    lines[:] = [STRING.sub(r"``\g<0>``", line) for line in lines]


def setup(app):
    """Register with Sphinx, before Napoleon takes the docstring apart."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", mark_strings, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
