"""Finding one's way: links to the glossary, the map, the indexes and the package's reference, in the built site.

What the pages should say is worked out anew from the notebooks; the pages themselves are made from what Sphinx read.
"""

import importlib
import inspect
import json
import re
import sys
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from docutils import nodes

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "book" / "_ext"))
glossary_links = importlib.import_module("glossary_links")

SITE = ROOT / "_build" / "html"
REFERENCE = (ROOT / "book" / "reference_d2lutils.md").read_text(encoding="utf-8")
MODULES = ("data", "text", "training", "plotting", "visdom_board")
# What `python -m d2lutils.visdom_board` is made of; nobody imports it.
PARTS_OF_A_COMMAND = {"main", "board_folder", "prepare_page"}
CONTENTS = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
LESSONS = [
    chapter["file"]
    for part in CONTENTS["parts"]
    for chapter in part["chapters"]
    if chapter["file"].startswith("notebooks/")
]
MOST_LINKS = 30  # to the glossary, on a page; a lesson that teaches eighteen terms has the most
CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
ENDINGS = ("Check yourself", "Summary", "Exercises", "Where this leads")


@cache
def read_page(name):
    """Return the text of a page's article."""
    page = SITE / f"{name}.html"
    if not page.is_file():
        pytest.fail(f"there is no {page.relative_to(ROOT)}: run `make book` first", pytrace=False)
    return re.search(r"<article.*</article>", page.read_text(encoding="utf-8"), re.DOTALL)[0]


@cache
def parse(name):
    """Return a page's article as a tree; a lesson's without its code, whose thousands of tokens take long."""
    text = read_page(name)
    return BeautifulSoup(CODE.sub("", text) if name in LESSONS else text, "html.parser")


@cache
def read_cells(lesson):
    """Return a lesson's cells."""
    return json.loads((ROOT / f"{lesson}.ipynb").read_text(encoding="utf-8"))["cells"]


def lesson_at(address, page):
    """Return the lesson to which a link on a page leads, without its anchor; None for another page."""
    path = (ROOT / page).parent / address.partition("#")[0]
    name = path.resolve().relative_to(ROOT).as_posix().removesuffix(".html").removesuffix(".ipynb")
    return name if name in LESSONS else None


def test_figures_are_numbered_through_the_book_in_reading_order():
    numbers = []
    for page in (chapter["file"] for part in CONTENTS["parts"] for chapter in part["chapters"]):
        captions = parse(page).select("figcaption .caption-number")
        numbers += [int(caption.get_text().removeprefix("Fig. ")) for caption in captions]
    assert len(numbers) > 200 and numbers == list(range(1, len(numbers) + 1))


# The glossary's links.


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda name: name.partition("/")[2])
def test_a_lesson_links_each_term_at_most_once_and_to_its_entry(lesson):
    links = parse(lesson).select("a.glossary-link")
    targets = [link["href"].partition("#")[2] for link in links]
    assert len(targets) <= MOST_LINKS and len(set(targets)) == len(targets)
    for link, target in zip(links, targets, strict=True):
        entry = parse("book/glossary").find("dt", id=target)
        assert entry, f"{link} leads nowhere"
        said, term = (re.sub(r"\W+", " ", text).casefold().strip() for text in (link.get_text(), entry.get_text()))
        assert said[:3] in term or said.split()[-1] in term, f"{said!r} leads to {term!r}"
        assert link["title"].endswith((".", "…"))


def test_terms_are_linked_in_running_prose_only():
    closed = ["h1, h2, h3, h4, code, a, figcaption, details, table, .math, .cell"]
    closed += [f"section#{ending.lower().replace(' ', '-')}" for ending in ENDINGS]
    within = ", ".join(f":is({place}) a.glossary-link" for place in closed)
    for lesson in LESSONS:
        assert parse(lesson).select(within) == [], lesson
        assert not any("glossary-link" in code for code in CODE.findall(read_page(lesson))), lesson


def test_no_paragraph_borrows_more_than_one_term():
    home = {
        entry["id"]: [lesson_at(link["href"], "book/glossary") for link in entry.find_next("dd").select("a[href]")]
        for entry in parse("book/glossary").select("dt[id]")
    }
    assert len(home) > 200
    for lesson in LESSONS:
        for paragraph in parse(lesson).select("p"):
            links = paragraph.select("a.glossary-link")
            assert sum(lesson not in home[link["href"].partition("#")[2]] for link in links) <= 1, paragraph


def test_nearly_every_term_is_linked_where_it_is_taught():
    links = [(lesson, link["href"]) for lesson in LESSONS for link in parse(lesson).select("a.glossary-link")]
    linked = {(lesson, address.partition("#")[2]) for lesson, address in links}
    unlinked = []
    for entry in parse("book/glossary").select("dt[id]"):
        home = lesson_at(entry.find_next("dd").select("a[href]")[-1]["href"], "book/glossary")
        if (home, entry["id"]) not in linked:
            unlinked.append(entry.get_text())
    # These are said in a heading, in code or among the exercises of their lesson, but not in its prose.
    assert len(unlinked) <= 20, unlinked


def test_the_same_word_with_another_meaning_is_no_link():
    links = {
        lesson: {link["href"].partition("#")[2] for link in parse(f"notebooks/{lesson}").select("a.glossary-link")}
        for lesson in ("06_building_models/04_devices", "08_recurrent_networks/03_language_models")
    }
    assert "term-likelihood" not in links["06_building_models/04_devices"]  # "in all likelihood"
    assert "term-chain-rule" not in links["08_recurrent_networks/03_language_models"]  # of probability, not of slopes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Two mini-batches of a mini\u2011batch", ["mini-batches", "mini\u2011batch"]),
        ("multilayer perceptrons, perceptrons", ["multilayer perceptrons", "perceptrons"]),
        ("a map, the MAP", ["MAP"]),
        ("Bayes\u2019 rule and entropies; cross-entropies", ["Bayes\u2019 rule", "cross-entropies"]),
        ("backward pass, looking backward", ["backward pass"]),
        ("perceptron-like, superperceptron", []),
    ],
)
def test_terms_are_found_whole_in_singular_and_plural(text, found):
    terms = ["Mini-batch", "Batch", "Multilayer perceptron (MLP)", "Perceptron", "Maximum a posteriori (MAP)"]
    terms += ["Bayes' rule", "Cross-entropy", "Backward (pass)"]
    pattern, _ = glossary_links.pattern_of(terms)
    assert [match[0] for match in pattern.finditer(text)] == found


def make_lesson(*paragraphs):
    """Return a page with a title, an opening, a cell and then these paragraphs, each a list of nodes."""
    cell = nodes.container("", nodes.literal_block("", "tensor"), classes=["cell"])
    body = [nodes.paragraph("", "", *parts) for parts in paragraphs]
    last = nodes.section("", nodes.title("", "Exercises"), nodes.paragraph("", "A tensor."))
    opening = nodes.paragraph("", "About tensors.")
    return nodes.section("", nodes.title("", "Tensor"), opening, cell, *body, last)


def words_linked(page, *paragraphs):
    """Return the words that become links in a lesson; page "b" teaches "Tensor", page "a" teaches the others."""
    homes = {"Tensor": "b", "Gate": "a", "Loss": "a", "Broadcasting": "a", "Padding": "a"}
    terms = {term: glossary_links.Term(f"term-{term.lower()}", "What it is.", home) for term, home in homes.items()}
    lesson = make_lesson(*paragraphs)
    uses = glossary_links.choose_uses(glossary_links.open_paragraphs(lesson), terms, page, ["a", "b", "c"])
    glossary_links.set_links(uses, terms, "glossary.html")
    return [link.astext() for link in lesson.findall(nodes.reference) if "glossary-link" in link["classes"]]


def test_the_first_use_is_linked_unless_the_lesson_that_teaches_a_term_stresses_another():
    use, stressed = [nodes.Text("Tensors are grids. A tensor.")], [nodes.emphasis("", "tensor")]
    assert words_linked("a", use) == ["Tensors"]
    assert words_linked("b", use, stressed) == ["tensor"]
    assert words_linked("c", use) == []  # it is common, and has been taught


def test_code_formulas_links_and_hidden_answers_stay_as_they_are():
    kinds = (nodes.literal, nodes.math, nodes.reference)
    assert words_linked("b", *[[kind("", "tensor")] for kind in kinds]) == []
    hidden = nodes.raw("", "<details>"), nodes.paragraph("", "A tensor."), nodes.raw("", "</details>")
    shown = nodes.paragraph("", "Another.")
    cell = nodes.container("", classes=["cell"])
    page = nodes.section("", nodes.title("", "T"), cell, *hidden, shown)
    assert list(glossary_links.open_paragraphs(page)) == [shown]


def test_a_paragraph_borrows_one_term_and_everyday_words_are_borrowed_never():
    assert words_linked("c", [nodes.Text("Padding and broadcasting, padding.")]) == ["Padding"]
    assert words_linked("c", [nodes.Text("Padding.")], [nodes.Text("Padding, broadcasting.")]) == [
        "Padding",
        "broadcasting",
    ]
    assert words_linked("c", [nodes.Text("The gate.")]) == [] and words_linked("a", [nodes.Text("The gate.")]) == [
        "gate"
    ]


def test_the_words_that_are_treated_apart_are_terms_of_the_glossary_and_still_stand_where_they_are_named():
    entries = {entry.get_text() for entry in parse("book/glossary").select("dt[id]")}
    assert entries >= glossary_links.EVERYDAY | glossary_links.COMMON
    for term, page in glossary_links.OTHER_MEANING:
        prose = " ".join("".join(cell["source"]) for cell in read_cells(page) if cell["cell_type"] == "markdown")
        assert term in entries and term.casefold() in prose.casefold(), (term, page)


# The map.


def needs_of(lesson):
    """Return the earlier lessons to which the notebook's "You need first" links."""
    text = "".join(read_cells(lesson)[0]["source"])
    needed = text.partition("**You need first**")[2].partition("**Time**")[0]
    linked = {lesson_at(address, lesson) for address in re.findall(r"\]\(([^)]+\.ipynb)\)", needed)}
    return {name for name in linked if name and LESSONS.index(name) < LESSONS.index(lesson)}


def test_later_lessons_are_needed_only_by_the_first_part_which_says_so():
    for lesson in LESSONS:
        text = "".join(read_cells(lesson)[0]["source"])
        needed = text.partition("**You need first**")[2].partition("**Time**")[0]
        linked = [lesson_at(address, lesson) for address in re.findall(r"\]\(([^)]+\.ipynb)\)", needed)]
        later = [name for name in linked if name and LESSONS.index(name) >= LESSONS.index(lesson)]
        assert not later or "/01_introduction/" in lesson, f"{lesson} needs {later}"


def test_the_map_says_of_every_lesson_what_it_needs_and_what_needs_it():
    told = {}
    for item in parse("book/map").select("ul.lesson-needs > li"):
        title, *rows = item.select("strong, p > span")
        lesson = lesson_at(title.a["href"], "book/map")
        links = {row.get_text().split()[0]: {lesson_at(a["href"], "book/map") for a in row.select("a")} for row in rows}
        # "needs A, B" and "needed by C".
        told[lesson] = links.get("needs", set()), links.get("needed", set())
    needs = {lesson: needs_of(lesson) for lesson in LESSONS}
    needed_by = {lesson: {other for other in LESSONS if lesson in needs[other]} for lesson in LESSONS}
    assert told == {lesson: (needs[lesson], needed_by[lesson]) for lesson in LESSONS}


def test_the_map_draws_every_lesson_in_order_with_a_line_to_each_need():
    rows = parse("book/map").select(".lesson-map li")
    assert [lesson_at(row.a["href"], "book/map") for row in rows] == LESSONS
    for row, lesson in zip(rows, LESSONS, strict=True):
        drawn, direct = (len(row.select(f"g.{kind} path")) for kind in ("up", "rest"))
        needs = needs_of(lesson)
        assert drawn == len(needs)
        assert direct <= drawn and bool(direct) == bool(needs)


# The indexes.


def test_the_index_of_figures_lists_every_figure_once_with_its_text_and_leads_to_it():
    expected = [
        (lesson, cell["metadata"]["mystnb"]["image"]["alt"], cell["metadata"]["mystnb"]["figure"]["name"])
        for lesson in LESSONS
        for cell in read_cells(lesson)
        if cell["metadata"].get("mystnb", {}).get("figure")
    ]
    items = parse("book/figure_index").select("ul.figure-index > li")
    listed = [
        (lesson_at(item.a["href"], "book/figure_index"), item.img["alt"], item.a["href"].partition("#")[2])
        for item in items
    ]
    assert listed == expected and len(listed) > 200
    assert all(item.a.get_text(strip=True) and item.img["loading"] == "lazy" for item in items)
    assert all(parse(lesson).find("figure", id=anchor) for lesson, _, anchor in listed)


@cache
def listed_functions():
    """Return the lessons that the index names for each function, the first of them in bold."""
    return {
        item.code.get_text(): [lesson_at(link["href"], "book/function_index") for link in item.select("a")]
        for item in parse("book/function_index").select("ul.function-index > li")
    }


def find_thing(name):
    """Return what a dotted name stands for."""
    top, *parts = name.split(".")
    place = importlib.import_module(top)
    for part in parts:
        if not hasattr(place, part):
            importlib.import_module(f"{place.__name__}.{part}")
        place = getattr(place, part)
    return place


def test_the_index_of_functions_names_what_exists_and_where_it_is_first_used():
    functions = listed_functions()
    assert len(functions) > 400
    for name, lessons in functions.items():
        assert callable(find_thing(name)), name
        assert lessons == sorted(lessons, key=LESSONS.index), name
        code = "".join("".join(cell["source"]) for cell in read_cells(lessons[0]) if cell["cell_type"] == "code")
        assert name.rpartition(".")[2] in code, f"{name} isn't in {lessons[0]}"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("torch.nn.Conv2d", "nn.Conv2d("),
        ("torch.nn.functional.unfold", "functional.unfold("),
        ("torch.func.vmap", "vmap("),
        ("numpy.geomspace", "np.geomspace("),
        ("torch.Tensor.unsqueeze", ".unsqueeze("),
        ("d2lutils.training.train", "train(model"),
    ],
)
def test_the_index_of_functions_begins_where_the_text_of_the_code_has_it_first(name, written):
    code = {
        lesson: "\n".join("".join(cell["source"]) for cell in read_cells(lesson) if cell["cell_type"] == "code")
        for lesson in LESSONS
    }
    assert listed_functions()[name][0] == next(lesson for lesson in LESSONS if written in code[lesson])


def test_the_index_of_functions_leaves_out_what_isn_t_one():
    functions = listed_functions()
    assert "torch.linespace" not in functions  # a lesson misspells it on purpose
    assert "torch.Tensor.append" not in functions and "torch.Tensor.to" not in functions  # lists; modules have it, too


def test_the_index_of_functions_is_in_order_and_its_letters_lead_to_their_first_function():
    for items in parse("book/function_index").select("ul.function-index"):
        last = [item.code.get_text().rpartition(".")[2].casefold() for item in items.select("li")]
        assert last == sorted(last)
    letters = parse("book/function_index").select("p.letters a")
    assert len(letters) > 50
    for letter in letters:
        item = parse("book/function_index").find(id=letter["href"].removeprefix("#"))
        first = item.code.get_text().rpartition(".")[2][0].upper()
        assert letter.get_text() == f"Functions with {first}"
        assert letter.select_one(".visually-hidden").get_text() == "Functions with "


def test_what_changed_stands_by_date_the_newest_first():
    text = (ROOT / "book" / "what_changed.md").read_text(encoding="utf-8")
    dates = [date.fromisoformat(day) for day in re.findall(r"^## (.+)$", text, re.MULTILINE)]
    assert len(dates) >= 2 and dates == sorted(set(dates), reverse=True)


# The reference.


def public_names():
    """Return the functions and classes of the package that a lesson may import, as "training.train"."""
    found = []
    for module_name in MODULES:
        module = importlib.import_module(f"d2lutils.{module_name}")
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", "").startswith(f"d2lutils.{module_name}")
            if own and not name.startswith("_") and (inspect.isfunction(thing) or inspect.isclass(thing)):
                found.append(f"{module_name}.{name}")
    return sorted(name for name in found if name.partition(".")[2] not in PARTS_OF_A_COMMAND)


def test_the_reference_has_each_public_name_once():
    named = re.findall(r"\.\. auto(?:function|class):: d2lutils\.(\S+)", REFERENCE)
    assert sorted(named) == public_names()


@pytest.mark.parametrize("name", public_names())
def test_a_public_name_has_an_example_that_uses_it_and_its_lessons(name):
    _, _, entry = REFERENCE.partition(f":: d2lutils.{name}\n")
    entry = entry.partition("{eval-rst}")[0]
    examples = "\n".join(re.findall(r"^(?:>>>|\.\.\.) (.*)", entry, re.MULTILINE))
    used = name.rpartition(".")[2] if name != "data.ImageSet" else "images"  # which is one
    assert re.search(rf"\b{used}\b", re.sub(r".*import.*", "", examples)), f"no example uses {name}"
    assert f"```{{used-in}} d2lutils.{name}\n" in entry


@pytest.mark.parametrize("name", public_names())
def test_the_reference_shows_the_docstring_and_the_signature(name):
    module, _, own = name.rpartition(".")
    thing = getattr(importlib.import_module(f"d2lutils.{module}"), own)
    place = parse("book/reference_d2lutils").find("dt", id=f"d2lutils.{name}")
    assert place, f"{name} isn't on the page"
    first = " ".join(inspect.getdoc(thing).partition("\n\n")[0].split())
    words = [re.sub(r"\W", "", text.get_text()) for text in (place, place.find_next_sibling("dd"))]
    assert re.sub(r"\W", "", first) in words[1]
    if inspect.isfunction(thing):
        assert all(parameter in place.get_text() for parameter in inspect.signature(thing).parameters)


def test_the_reference_names_the_first_lesson_that_imports_a_name():
    for paragraph in parse("book/reference_d2lutils").select("p.used-in"):
        name = paragraph.find_previous("dt", id=re.compile(r"^d2lutils\.\w+\.\w+$")).get("id")
        links = paragraph.select("strong a")
        used = listed_functions().get(name, [])
        assert [lesson_at(link["href"], "book/reference_d2lutils") for link in links] == used[:1], name
