"""What makes a build quicker and changes nothing on a page."""

import importlib
from collections import Counter
from functools import cache

from docutils import nodes
from lesson_facts import PageCollector, reading_order
from sphinx import addnodes
from sphinx.environment.collectors.toctree import TocTreeCollector
from sphinx.search.en import SearchEnglish

# What the first lesson that a process reads would import: torch for the function index and the package's reference.
READ_WITH = ("d2lutils.data", "d2lutils.plotting", "pandas", "torch")
FEW = 5  # pages, up to which Sphinx reads them in this process


class CachingEnglish(SearchEnglish):
    """English for the search's index, the stem of each word found once."""

    def init(self, options):
        """Take the place of the function that finds stems."""
        super().init(options)
        self.stem = cache(super().stem)


def import_early(app, env, docnames):
    """Import for all processes what each of them would import for itself."""
    if len(docnames) > FEW:
        for name in READ_WITH:
            importlib.import_module(name)


class NumberedNodes(PageCollector):
    """Keeps which nodes of a page get a number: to count them, no page must be read back in."""

    attribute = "numbered_nodes"

    def process_doc(self, app, doctree):
        """Collect a page's figures, and what else has a number: pairs of kind and anchor."""
        domain = app.env.get_domain("std")
        titled = (node for node in doctree.findall(nodes.Element) if node["ids"] and domain.get_numfig_title(node))
        found = [(domain.get_enumerable_node_type(node), node["ids"][0]) for node in titled]
        self.kept_in(app.env)[app.env.docname] = [(kind, anchor) for kind, anchor in found if kind]


def number_figures(collector, env):
    """Number the figures through the book, as Sphinx's own function does where sections have no numbers."""
    before, env.toc_fignumbers = env.toc_fignumbers, {}
    counts = Counter()
    for page in (env.config.root_doc, *reading_order(env)):
        for kind, anchor in env.numbered_nodes[page]:
            counts[kind] += 1
            env.toc_fignumbers.setdefault(page, {}).setdefault(kind, {})[anchor] = (counts[kind],)
    return [page for page, numbers in env.toc_fignumbers.items() if numbers != before.get(page)]


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
    app.add_env_collector(NumberedNodes)
    TocTreeCollector.assign_figure_numbers = number_figures
    # It says nothing about reading on several processors, so Sphinx wouldn't; it only takes the place of a function
    # that numbers sections when all pages have been read.
    app.extensions["sphinx_multitoc_numbering"].parallel_read_safe = True
    return {"parallel_read_safe": True, "parallel_write_safe": True}
