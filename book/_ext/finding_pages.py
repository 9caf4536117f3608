"""Fill the pages for finding one's way from what `lesson_facts` has collected: map, figures, functions.

A directive leaves an empty node, which is filled when all lessons have been read. So such a page is written anew at
every build, though it is read only when its own text has changed.
"""

from html import escape
from math import sqrt

from docutils import nodes
from docutils.parsers.rst import Directive
from lesson_facts import LESSONS, reading_order

MOST_LESSONS = 4  # named for a function; of the others only the number is told
GROUPS = ("d2lutils", "numpy", "pandas", "torch", "torch.nn", "torch.nn.functional", "torch.Tensor")
LETTERS_FROM = 30  # functions in a group that is worth a row of letters to jump to
ROW, LEFT = 32, 96  # height of a row of the map, width of the room for its lines


class LessonList(nodes.General, nodes.Element):
    """Stands for a list until all lessons are known. Its `kind` and `of` say which."""


class LessonListDirective(Directive):
    """Any of the directives of this module: what stands after its name says what to list."""

    optional_arguments = 1

    def run(self):
        """Leave a node to be filled later, and remember the page."""
        env = self.state.document.settings.env
        env.metadata[env.docname]["lists-lessons"] = True
        return [LessonList(kind=self.name, of="".join(self.arguments))]


def rewrite_lists(app, env):
    """Return the pages that have lists, so that they are written anew after any change of a lesson."""
    return [page for page in env.found_docs if "lists-lessons" in env.metadata[page]]


class Book:
    """The lessons as the page being written sees them: in reading order, with links to them."""

    def __init__(self, app, page):
        self.env, self.page, self.relative = app.env, page, app.builder.get_relative_uri
        self.lessons = [name for name in reading_order(app.env) if name in app.env.lesson_facts]
        self.facts = {name: app.env.lesson_facts[name] for name in self.lessons}

    def title(self, lesson):
        """Return a lesson's title."""
        return self.env.titles[lesson].astext()

    def address(self, lesson, anchor=""):
        """Return the address of a place in a lesson, seen from this page."""
        return self.relative(self.page, lesson) + (f"#{anchor}" if anchor else "")

    def link(self, lesson, anchor="", text=None):
        """Return a link to a place in a lesson, with the lesson's title unless another text is given."""
        return nodes.reference("", text or self.title(lesson), refuri=self.address(lesson, anchor), internal=True)

    def lessons_in(self, part):
        """Return the lessons of a part, which is named by its folder."""
        return [name for name in self.lessons if name.startswith(f"{LESSONS}{part}/")]

    def needs(self, lesson):
        """Return the earlier lessons that a lesson needs; links to later ones say where more is told."""
        before = set(self.lessons[: self.lessons.index(lesson)])
        return [name for name in self.lessons if name in before and name in self.facts[lesson].needs]

    def needed_by(self, lesson):
        """Return the lessons that need a lesson."""
        return [name for name in self.lessons if lesson in self.needs(name)]


def list_needs(book, part):
    """Return a list of a part's lessons, each with what it needs and what needs it."""
    items = nodes.bullet_list(classes=["lesson-needs"])
    for lesson in book.lessons_in(part):
        text = nodes.paragraph("", "", nodes.strong("", "", book.link(lesson)))
        for words, others in (("needs ", book.needs(lesson)), ("needed by ", book.needed_by(lesson))):
            text += nodes.inline("", "", *row_of_links(book, words, others)) if others else ()
        items += nodes.list_item("", text)
    return [items]


def row_of_links(book, words, lessons):
    """Return the nodes of "needs A, B, C"."""
    row = [nodes.Text(words)]
    for place, lesson in enumerate(lessons):
        row += [nodes.Text(", " if place else ""), book.link(lesson)]
    return row


def list_figures(book, part):
    """Return the figures of a part's lessons: small pictures with their captions, which lead to the places."""
    found = []
    for lesson in book.lessons_in(part):
        items = nodes.bullet_list(classes=["figure-index"])
        for figure in book.facts[lesson].figures:
            picture = nodes.image(alt=figure.alt, uri=figure.uri, candidates={"*": figure.uri})
            caption = book.link(lesson, figure.anchor, " ")
            caption.children = [child.deepcopy() for child in figure.caption]
            items += nodes.list_item("", picture, nodes.paragraph("", "", caption))
            if any(isinstance(child, nodes.math) for child in figure.caption):
                book.env.get_domain("math").data["has_equations"][book.page] = True
        if len(items):
            found += [nodes.paragraph("", "", nodes.strong("", "", book.link(lesson))), items]
    return found


def uses_of(book):
    """Return for each function the lessons that use it, in reading order, as pairs of lesson and anchor."""
    uses = {}
    for lesson, facts in book.facts.items():
        for name, anchor in facts.uses.items():
            uses.setdefault(name, []).append((lesson, anchor))
    return uses


def name_lessons(book, places):
    """Return the nodes that name the lessons of a function: the first in bold, a few more, and how many others."""
    (first, anchor), *more = places
    row = [nodes.strong("", "", book.link(first, anchor))]
    for lesson, anchor in more[: MOST_LESSONS - 1]:
        row += [nodes.Text(", "), book.link(lesson, anchor)]
    others = len(more) - MOST_LESSONS + 1
    return row + ([nodes.Text(f" and {others} more")] if others > 0 else [])


def list_functions(book, group):
    """Return the functions of a group by the alphabet, under their last name, and a row of letters where it's long."""
    deeper = tuple(f"{other}." for other in GROUPS if other.startswith(f"{group}."))
    uses = {
        name: places
        for name, places in uses_of(book).items()
        if name.startswith(f"{group}.") and not name.startswith(deeper)
    }
    items, letters = nodes.bullet_list(classes=["function-index"]), {}
    for name in sorted(uses, key=lambda name: (name.rpartition(".")[2].casefold(), name)):
        item = nodes.list_item(
            "", nodes.paragraph("", "", nodes.literal("", name), nodes.Text(" "), *name_lessons(book, uses[name]))
        )
        letter = name.rpartition(".")[2][0].upper()
        if letter not in letters:
            letters[letter] = nodes.make_id(f"{group}-{letter}")
            item["ids"].append(letters[letter])
        items += item
    if len(uses) < LETTERS_FROM:
        return [items]
    row = nodes.paragraph(classes=["letters"])
    for letter, anchor in letters.items():
        # Out of its row, as screen readers list links, a letter alone says nothing.
        unseen = nodes.inline("", "Functions with ", classes=["visually-hidden"])
        link = nodes.reference("", "", unseen, nodes.Text(letter), refuri=f"#{anchor}", internal=True)
        row += [link, nodes.Text(" ")]
    return [row, items]


def list_used_in(book, name):
    """Return a paragraph that names the lessons that use a function."""
    places = uses_of(book).get(name)
    if not places:
        return [nodes.paragraph("", "No lesson imports it.", classes=["used-in"])]
    return [
        nodes.paragraph(
            "", "", nodes.Text("Lessons: "), *name_lessons(book, places), nodes.Text("."), classes=["used-in"]
        )
    ]


def leave_out_detours(book):
    """Return for each lesson the needs that no other of its needs leads to already."""
    behind, direct = {}, {}
    for lesson in book.lessons:
        needs = book.needs(lesson)
        behind[lesson] = set(needs).union(*(behind[need] for need in needs))
        direct[lesson] = [need for need in needs if not any(need in behind[other] for other in needs)]
    return direct


def draw_line(rows, longest):
    """Return the path of a line from a row's middle to the row that lies so many rows below (or above, if negative)."""
    bend = LEFT - 2 - (8 + 74 * sqrt(abs(rows) / longest)) * 4 / 3
    middle, end = ROW // 2, ROW // 2 + ROW * rows
    return f'<path d="M{LEFT - 2} {middle}C{bend:.0f} {middle} {bend:.0f} {end} {LEFT - 2} {end}"/>'


def draw_map(book, _):
    """Return the map: every lesson in a row, and lines at the left that lead up to those it needs."""
    rows, parts = {}, {}
    for lesson in book.lessons:
        part = lesson.split("/")[1]
        parts.setdefault(part, []).append(lesson)
        rows[lesson] = len(rows) + len(parts)  # each part has a row for its name
    longest, direct = len(rows) + len(parts), leave_out_detours(book)
    html = ['<div class="lesson-map">']
    for part, lessons in parts.items():
        html += [f"<p>{escape(part[3:].replace('_', ' ').capitalize())}</p>", "<ol>"]
        for lesson in lessons:
            html.append(f'<li><svg viewBox="0 0 {LEFT} {ROW}" aria-hidden="true">')
            for kind, others in (
                ("rest", direct[lesson]),
                ("up", book.needs(lesson)),
                ("down", book.needed_by(lesson)),
            ):
                lines = "".join(draw_line(rows[other] - rows[lesson], longest) for other in others)
                html.append(f'<g class="{kind}">{lines}</g>' if lines else "")
            html.append(f'<circle cx="{LEFT - 3}" cy="{ROW // 2}" r="3"/></svg>')
            html.append(
                f'<a class="reference internal" href="{book.address(lesson)}">{escape(book.title(lesson))}</a></li>'
            )
        html.append("</ol>")
    return [nodes.raw("", "\n".join([*html, "</div>"]), format="html")]


DIRECTIVES = {
    "lesson-map": draw_map,
    "lesson-needs": list_needs,
    "figure-list": list_figures,
    "function-list": list_functions,
    "used-in": list_used_in,
}


def fill_lists(app, doctree, docname):
    """Replace the empty nodes of a page."""
    empty = list(doctree.findall(LessonList))
    if empty:
        book = Book(app, docname)
        for node in empty:
            node.replace_self(DIRECTIVES[node["kind"]](book, node["of"]))


def setup(app):
    """Register with Sphinx."""
    app.add_node(LessonList)
    for name in DIRECTIVES:
        app.add_directive(name, LessonListDirective)
    app.connect("env-updated", rewrite_lists)
    app.connect("doctree-resolved", fill_lists)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
