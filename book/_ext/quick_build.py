"""What makes a build quicker and changes nothing on a page."""

import importlib
from functools import cache

from docutils import nodes
from sphinx import addnodes
from sphinx.search.en import SearchEnglish

# What the first lesson that a process reads would import: torch for the function index and the package's reference.
READ_WITH = ("d2lutils.data", "d2lutils.plotting", "pandas", "torch")
FEW = 5  # pages, up to which Sphinx reads them in this process


class CachingEnglish(SearchEnglish):
    """English for the search's index, each word's stem found once: a word occurs twelve times in the book."""

    def init(self, options):
        """Take the place of the function that finds stems."""
        super().init(options)
        self.stem = cache(super().stem)


def import_early(app, env, docnames):
    """Import for all processes what each of them would import for itself."""
    if len(docnames) > FEW:
        for name in READ_WITH:
            importlib.import_module(name)


def without_sections(toc):
    """Return a copy of a page's own contents that holds its title and the lists of other pages only."""
    toc = toc.deepcopy()
    for inner in [node for node in toc.findall(nodes.bullet_list) if node is not toc]:
        if inner.parent is not None and next(inner.findall(addnodes.toctree), None) is None:
            inner.parent.remove(inner)
    return toc


def list_pages_only(app, pagename, templatename, context, doctree):
    """Let the sidebar, in which no section stands, be made without a look at all pages' sections."""
    env, resolve = app.env, context["toctree"]

    def resolve_titles(**options):
        if not hasattr(app, "page_titles"):
            app.page_titles = {name: without_sections(toc) for name, toc in env.tocs.items()}
        whole, env.tocs = env.tocs, app.page_titles
        try:
            return resolve(**options)
        finally:
            env.tocs = whole

    context["toctree"] = resolve_titles


def setup(app):
    """Register with Sphinx, after the table of contents' extension."""
    app.add_search_language(CachingEnglish)
    app.connect("env-before-read-docs", import_early)
    app.connect("html-page-context", list_pages_only)
    # It says nothing about reading on several processors, so Sphinx wouldn't; it only takes the place of a function
    # that numbers sections when all pages have been read.
    app.extensions["sphinx_multitoc_numbering"].parallel_read_safe = True
    return {"parallel_read_safe": True, "parallel_write_safe": True}
