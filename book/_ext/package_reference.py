"""Show strings of one word in the package's docstrings as code: typographic quotation marks would be wrong there."""

import re

from docutils import nodes

STRING = re.compile(r'(?<![\w`"])"[\w<>%.-]+"(?![\w`"])')


def mark_strings(app, *details):
    """Mark the strings of a docstring, whose lines come last and are changed in place."""
    lines = details[-1]
    lines[:] = [STRING.sub(r"``\g<0>``", line) for line in lines]


def split_paragraphs(app, doctree):
    """Take paragraphs and lists out of the line in which Sphinx puts what is said of a parameter.

    HTML knows no paragraph within another. The first goes on the parameter's own line.
    """
    for said in list(doctree.findall(nodes.inline)):
        blocks = [child for child in said.children if isinstance(child, nodes.paragraph | nodes.bullet_list)]
        if not blocks:
            continue
        line, first = said.parent, blocks[0].children if isinstance(blocks[0], nodes.paragraph) else []
        said.children = []
        said.extend(first)
        place = line.parent.index(line) + 1
        line.parent[place:place] = blocks[1:] if first else blocks


def setup(app):
    """Register with Sphinx, before Napoleon takes the docstring apart."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", mark_strings, priority=400)
    app.connect("doctree-read", split_paragraphs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
