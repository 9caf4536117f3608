"""Collect from each lesson, as it is read, what the pages for finding one's way list: needs, figures, functions."""

import ast
import importlib
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.environment.collectors import EnvironmentCollector

LESSONS = "notebooks/"
LIBRARIES = ("d2lutils", "numpy", "pandas", "torch")
NEEDS = "You need first"
# What else has methods in a lesson: those that it can have without an import, and those that an import brings.
PLAIN = (str, bytes, int, float, list, tuple, dict, set)
OTHERS = {
    "torch": ("torch.nn:Module", "torch.nn:Sequential", "torch.optim:Optimizer", "torch:Generator"),
    "random": ("random:Random",),
    "io": ("io:BytesIO",),
    "pathlib": ("pathlib:Path",),
    "collections": ("collections:Counter", "collections:deque"),
    "matplotlib": ("matplotlib.axes:Axes", "matplotlib.figure:Figure", "matplotlib.artist:Artist"),
    "numpy": ("numpy:ndarray", "numpy.random:Generator"),
    "pandas": ("pandas:DataFrame", "pandas:Series", "pandas.core.groupby:DataFrameGroupBy"),
}
BRINGS = {"pandas": {"numpy"}, "d2lutils.data.load_table": {"pandas", "numpy"}}

FOUND = {}  # what was looked up in the libraries, by the function that looked and the name


class Figure(NamedTuple):
    """A figure of a lesson: its anchor, the nodes of its caption, its text for those who can't see it, its file."""

    anchor: str
    caption: list
    alt: str
    uri: str


class Facts(NamedTuple):
    """What a lesson needs (names of pages), its figures, and the anchor at which it first uses each function."""

    needs: tuple
    figures: tuple
    uses: dict


def find_needs(doctree):
    """Return the lessons to which the paragraph "You need first" links, in its order."""
    for paragraph in doctree.findall(nodes.paragraph):
        if paragraph.astext().startswith(NEEDS):
            targets = (link["reftarget"] for link in paragraph.findall(addnodes.pending_xref))
            return tuple(dict.fromkeys(target for target in targets if target.startswith(LESSONS)))
    return ()


def find_figures(doctree):
    """Return the figures of a page in order."""
    found = []
    for figure in doctree.findall(nodes.figure):
        image, caption = next(figure.findall(nodes.image)), next(figure.findall(nodes.caption))
        children = [child.deepcopy() for child in caption.children]
        found.append(Figure(figure["ids"][0], children, image["alt"], image["uri"]))
    return tuple(found)


def reading_order(env):
    """Return the names of all pages in the order of the table of contents."""
    return env.toctree_includes[env.config.root_doc]


def kept(find):
    """Keep what a function finds, so that a rebuild after a change of a lesson needn't import the libraries."""

    @wraps(find)
    def find_once(name):
        key = (find.__name__, name)
        if key not in FOUND:
            FOUND[key] = find(name)
        return FOUND[key]

    return find_once


@kept
def is_function(name):
    """Return whether a dotted name is a function or a class of a library; lessons also call some that don't exist."""
    *path, last = name.split(".")
    if not path or path[0] not in LIBRARIES or last.startswith("_"):
        return False
    for length in range(len(path), 0, -1):
        try:
            place = importlib.import_module(".".join(path[:length]))
        except ImportError:
            continue
        try:
            for part in [*path[length:], last]:
                place = getattr(place, part)
        except AttributeError:
            return False
        return callable(place)
    return False


@kept
def methods_of(owner):
    """Return the names of a class's methods, the class written as "torch.nn:Module"."""
    module, _, name = owner.partition(":")
    return frozenset(dir(getattr(importlib.import_module(module), name)))


def find_imports(code):
    """Return the dotted name that each imported name stands for; `code` is a list of nodes."""
    names = {}
    for node in code:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return names


def dotted_name(node, imports):
    """Return "torch.nn.Linear" for the expression `nn.Linear`; None for what isn't a path from an import."""
    if isinstance(node, ast.Name):
        return imports.get(node.id)
    if isinstance(node, ast.Attribute):
        before = dotted_name(node.value, imports)
        return before and f"{before}.{node.attr}"
    return None


def sure_methods(code, imports):
    """Return which methods can only be a tensor's in this lesson: no other class that it has knows their names."""
    brought = {name.split(".")[0] for name in imports.values()}
    brought.update(*(BRINGS.get(name, ()) for name in [*imports.values(), *brought]))
    owned = {node.name for node in code if isinstance(node, ast.FunctionDef)}
    others = set().union(owned, *(dir(kind) for kind in PLAIN))
    for library in brought & set(OTHERS):
        others.update(*(methods_of(owner) for owner in OTHERS[library]))
    return methods_of("torch:Tensor") - others


def is_method_call(node, imports):
    """Return whether a node calls something by a dot that isn't a path from an import."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not dotted_name(node.func, imports)


def section_of(block):
    """Return the anchor of the section in which a block stands; empty for a page's own section, which is the page."""
    section = block.parent
    while not isinstance(section, nodes.section):
        section = section.parent
    return section["ids"][0] if isinstance(section.parent, nodes.section) else ""


def find_uses(doctree):
    """Return the functions and the tensors' methods that a page's code uses, each with its first section's anchor."""
    blocks = [block for block in doctree.findall(nodes.literal_block) if "cell_input" in block.parent["classes"]]
    cells = [(section_of(block), list(ast.walk(ast.parse(block.astext())))) for block in blocks]
    code = [node for _, cell in cells for node in cell]
    imports = find_imports(code)
    methods, uses = sure_methods(code, imports), {}
    for anchor, cell in cells:
        for node in cell:
            name = dotted_name(node, imports) if isinstance(node, ast.Name | ast.Attribute) else None
            if name and is_function(name):
                uses.setdefault(name, anchor)
            elif is_method_call(node, imports) and node.func.attr in methods:
                uses.setdefault(f"torch.Tensor.{node.func.attr}", anchor)
    return uses


class PageCollector(EnvironmentCollector):
    """Keeps something of each page in Sphinx's environment, a dict by the page's name, called as `attribute` says."""

    attribute = ""

    def clear_doc(self, app, env, docname):
        """Forget a page that is read anew or gone."""
        self.kept_in(env).pop(docname, None)

    def merge_other(self, app, env, docnames, other):
        """Take over what another process has collected from its share of the pages."""
        self.kept_in(env).update((name, kept) for name, kept in self.kept_in(other).items() if name in docnames)

    def kept_in(self, env):
        """Return the environment's dict, which may still be empty."""
        return vars(env).setdefault(self.attribute, {})


class FactsCollector(PageCollector):
    """Keeps the facts of all lessons, and what another process has found in the libraries for them."""

    attribute = "lesson_facts"

    def process_doc(self, app, doctree):
        """Collect the facts of one lesson."""
        if app.env.docname.startswith(LESSONS):
            facts = Facts(find_needs(doctree), find_figures(doctree), find_uses(doctree))
            self.kept_in(app.env)[app.env.docname] = facts

    def merge_other(self, app, env, docnames, other):
        """Take over the facts and the finds."""
        FOUND.update(other.found_in_libraries)
        super().merge_other(app, env, docnames, other)


def remember_found(app, env, docnames):
    """Take over what earlier builds have found, unless the package has changed; other libraries make a build cold."""
    files = sorted(Path(app.srcdir, "d2lutils").rglob("*.py"))
    version = sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    if getattr(env, "found_in_version", None) == version:
        FOUND.update(env.found_in_libraries)
    env.found_in_libraries, env.found_in_version = FOUND, version


def setup(app):
    """Register with Sphinx."""
    app.connect("env-before-read-docs", remember_found)
    app.add_env_collector(FactsCollector)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
