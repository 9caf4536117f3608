"""Describe each page by its first paragraph, for search engines and link lists."""

from html import escape

from docutils import nodes

LONGEST = 160


def first_paragraph(doctree):
    """Plain text of the first paragraph in running text, shortened to whole words; empty where there is none."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if isinstance(paragraph.parent, nodes.section) and text:
            return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"
    return ""


def add_description(app, pagename, templatename, context, doctree):
    """Add the meta tag to a page that is made from a document."""
    text = first_paragraph(doctree) if doctree else ""
    if text:
        context["metatags"] += f'<meta name="description" content="{escape(text)}" />\n'


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", add_description)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
