"""Link a glossary term to its entry where a lesson first uses it; the notebooks themselves stay plain.

Links stand in running prose between a lesson's opening and its *Check yourself*: not in headings, code, formulas,
captions, other links or hidden answers. A page links a term once. The lesson that teaches a term links it where it
stands in italics or bold, else at its first use. Of other lessons' terms a paragraph links one at most, and a page
MOST_BORROWED. The first sentence of the entry is the link's title; no script is needed.
"""

import re
from typing import NamedTuple

from docutils import nodes
from lesson_facts import LESSONS, reading_order
from sphinx import addnodes

GLOSSARY = "book/glossary"
MOST_BORROWED = 8  # links on a page to terms that other lessons teach
LAST_SECTIONS = {"Check yourself", "Summary", "Exercises", "Where this leads"}
# Words with an everyday meaning, or a second one: linked only in the lesson that teaches the term.
EVERYDAY = set(
    """
    Bias (parameter)|Block|Bottleneck|Buffer|Category|Cell|Class|Confidence|Cost|Cue|Density|Device|Distribution
    |Error (of a unit)|Feature|Gap|Gate|Generator|Graph|Growth rate|Held out|Hook|In place|Independent|Indicator
    |Kernel|Label|Layer|Leaf|Leak|Margin|Mask|Model|Momentum|Noise|Norm|Objective|Order (of a model)|Parameter|Plateau
    |Prediction|Prior|Rank|Reduction|Sample|Score|Seed|Shape|Skip|Slope|Smoothing|Temperature|Training|Update|View
    |Vocabulary|Weight|Window
    """.replace("\n    ", "").split("|")
)
# Terms that nearly every lesson uses: linked before they are taught and where they are, not afterwards.
COMMON = set(
    """
    Accuracy|Adam|Autograd|Batch|Batch size|Deep learning|Derivative|Epoch|Gradient|Gradient descent|Hidden layer
    |Hidden unit|Learning rate|Linear model|Linear regression|Loss|Mean squared error|Mini-batch
    |Multilayer perceptron (MLP)|Optimiser|Perceptron|ReLU|Softmax|Standard deviation|Tensor|Variance|Vector
    """.replace("\n    ", "").split("|")
)
# Pages that use the words for something else.
OTHER_MEANING = {
    ("Loss", "notebooks/01_introduction/04_four_pipelines"),
    ("Loss", "notebooks/01_introduction/06_from_raw_data_to_tensors"),
    ("End to end", "notebooks/05_multilayer_perceptrons/14_tabular_project"),
    ("End to end", "notebooks/07_convolutional_networks/07_resnet"),
    ("Likelihood", "notebooks/06_building_models/04_devices"),
    ("Channel", "notebooks/08_recurrent_networks/02_text"),
    ("Channel", "notebooks/08_recurrent_networks/04_rnn_from_scratch"),
    ("Chain rule", "notebooks/08_recurrent_networks/01_sequences"),
    ("Chain rule", "notebooks/08_recurrent_networks/03_language_models"),
}
# What stands in brackets only says which meaning is meant, or is part of the term; elsewhere it is a second name.
MEANINGS = {"parameter", "of a unit", "of a model"}
CLOSED = (nodes.reference, nodes.literal, nodes.math, nodes.raw)


class Term(NamedTuple):
    """An entry of the glossary: its anchor, the first sentence, the page that teaches it."""

    anchor: str
    title: str
    home: str


def names_of(term):
    """Return the ways in which prose says a term: "K-fold (cross-validation)" is "K-fold" or "cross-validation"."""
    name, _, inside = term.rstrip(")").partition(" (")
    if inside == "pass":
        return [f"{name} pass"]
    return [name, inside] if inside and inside not in MEANINGS else [name]


def form_of(name):
    """Return a pattern of a name or its simple plural. Names with capitals inside keep them, as MAP does."""
    stem = re.sub(r"(?<=[^aeiou])y$", "", name)
    ending = "(?:y|ies)" if stem != name else "(?:es)?" if name.endswith(("s", "x", "ch", "sh")) else "s?"
    form = re.sub(r"(?:\\ |\\-)", "[\\\\s‑-]+", re.escape(stem).replace("'", "['’]")) + ending
    return form if re.search(r".[A-Z]", name) else f"(?i:{form})"


def pattern_of(terms):
    """Return a pattern that finds whole terms, the longest first, and the terms by the pattern's group names.

    Terms are sorted by their first sign, which is looked at once: to try each at each word takes ten times as long.
    """
    named = sorted(((name, term) for term in terms for name in names_of(term)), key=lambda pair: -len(pair[0]))
    groups = {f"term{i}": term for i, (_, term) in enumerate(named)}
    forms = {}
    for i, (name, _) in enumerate(named):
        forms.setdefault(name[0].lower(), []).append(f"(?P<term{i}>{form_of(name)})")
    choices = "|".join(f"(?=(?i:{re.escape(first)}))(?:{'|'.join(some)})" for first, some in forms.items())
    return re.compile(rf"(?<![\w‑-])(?:{choices})(?![\w‑-])"), groups


def title_of(paragraph):
    """Return the first sentence of a definition; up to its first formula, which a title can't show."""
    text = ""
    for child in paragraph.children:
        if isinstance(child, nodes.math):
            return f"{text.rstrip(' ,:=(')} …"
        text += child.astext()
        if end := re.search(r"[.;](?=\s)", text):
            return f"{text[: end.start()]}."
    return text


def read_glossary(app, doctree):
    """Give each entry of the glossary an anchor, and keep what the lessons' links need."""
    if app.env.docname != GLOSSARY:
        return
    terms = {}
    for item in doctree.findall(nodes.definition_list_item):
        entry, definition = item[0], next(item.findall(nodes.paragraph))
        anchor = f"term-{nodes.make_id(entry.astext())}"
        entry["ids"].append(anchor)
        *_, home = definition.findall(addnodes.pending_xref)
        terms[entry.astext()] = Term(anchor, " ".join(title_of(definition).split()), home["reftarget"])
    app.env.glossary_terms = terms


def merge_glossary(app, env, docnames, other):
    """Take over the entries from the process that has read the glossary."""
    if GLOSSARY in docnames:
        env.glossary_terms = other.glossary_terms


def rewrite_lessons(app, env):
    """Return all lessons when the glossary isn't the one that they were last written with."""
    terms = getattr(env, "glossary_terms", {})
    if getattr(env, "glossary_terms_written", None) == terms:
        return []
    env.glossary_terms_written = terms
    return [page for page in env.found_docs if page.startswith(LESSONS)]


def open_paragraphs(doctree):
    """Yield the paragraphs of running prose between the first cell of code and the last sections."""
    hidden = begun = False

    def walk(parent):
        nonlocal hidden, begun
        for node in parent.children:
            if isinstance(node, nodes.raw):
                hidden = "<details" in node.astext() or (hidden and "</details" not in node.astext())
            elif isinstance(node, nodes.container):
                begun = True
            elif isinstance(node, nodes.section) and node[0].astext() in LAST_SECTIONS:
                return
            elif isinstance(node, nodes.paragraph) and begun and not hidden:
                yield node
            elif isinstance(node, nodes.section | nodes.bullet_list | nodes.enumerated_list | nodes.list_item):
                yield from walk(node)

    yield from walk(doctree)


def find_uses(paragraph, pattern, groups):
    """Yield each use of a term in a paragraph: the term, its text node, where it begins and ends there."""
    for text in list(paragraph.findall(nodes.Text)):
        above = text.parent
        while above is not paragraph and not isinstance(above, CLOSED):
            above = above.parent
        if above is paragraph:
            for match in pattern.finditer(text.astext()):
                yield groups[match.lastgroup], text, match.start(), match.end()


def may_borrow(term, home, page, order):
    """Return whether a page may link a term that another page teaches."""
    if term in EVERYDAY or (term, page) in OTHER_MEANING:
        return False
    return term not in COMMON or order.index(page) < order.index(home)


def choose_uses(paragraphs, terms, page, order):
    """Return which uses become links: (term, text node, begin, end), at most one for each term."""
    pattern, groups = pattern_of(terms)
    chosen, borrowed = {}, {}
    for paragraph in paragraphs:
        lent = False
        for use in find_uses(paragraph, pattern, groups):
            term, text, *_ = use
            if terms[term].home == page:
                stressed = isinstance(text.parent, nodes.emphasis | nodes.strong)
                if term not in chosen or (stressed and not chosen[term][0]):
                    chosen[term] = (stressed, use)
            elif lent or term in borrowed or len(borrowed) == MOST_BORROWED:
                continue
            elif may_borrow(term, terms[term].home, page, order):
                borrowed[term], lent = use, True
    return [use for _, use in chosen.values()] + list(borrowed.values())


def set_links(uses, terms, address):
    """Put the links into the text, last first, so that the places before them stay true."""
    by_text = {}
    for use in uses:
        by_text.setdefault(id(use[1]), (use[1], []))[1].append(use)
    for text, its_uses in by_text.values():
        content, pieces, end = text.astext(), [], 0
        for term, _, start, stop in sorted(its_uses, key=lambda use: use[2]):
            settings = {"refuri": f"{address}#{terms[term].anchor}", "reftitle": terms[term].title, "internal": True}
            link = nodes.reference("", content[start:stop], classes=["glossary-link"], **settings)
            pieces += [nodes.Text(content[end:start]), link]
            end = stop
        text.parent.replace(text, [*pieces, nodes.Text(content[end:])])


def link_terms(app, doctree, docname):
    """Link the terms of one lesson."""
    terms = getattr(app.env, "glossary_terms", {})
    if docname.startswith(LESSONS) and terms:
        uses = choose_uses(open_paragraphs(doctree), terms, docname, reading_order(app.env))
        set_links(uses, terms, app.builder.get_relative_uri(docname, GLOSSARY))


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-read", read_glossary)
    app.connect("env-merge-info", merge_glossary)
    app.connect("env-updated", rewrite_lessons)
    app.connect("doctree-resolved", link_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
