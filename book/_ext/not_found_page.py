"""Give sphinx-notfound-page its text from book/404.md.

The page must lie at the site's root, and Sphinx would write book/404.md to book/404.html.
"""

from pathlib import Path

from markdown_it import MarkdownIt

SOURCE = "book/404.md"


def read_page(app, config):
    """Set the 404 page's title and body."""
    text = (Path(app.srcdir) / SOURCE).read_text(encoding="utf-8")
    title = text.splitlines()[0].removeprefix("# ")
    config.notfound_context = {"title": title, "body": MarkdownIt().render(text)}


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", read_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
