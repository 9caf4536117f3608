"""The rules that every lesson keeps. nbval proves the outputs; these prove that there are outputs to prove.

A rule is a function from a notebook to a list of faults. Each is shown to catch a planted fault.
"""

import ast
import copy
import importlib
import re
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted(path for path in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
LARGEST_FILE = 300_000  # bytes
LONGEST_CELL = 25  # lines of code
MOST_QUESTIONS = 5
LARGEST_IGNORED_SHARE = 0.02
FIRST_CELL = ("# ", "**Question.**", "**You will be able to**", "**You need first**", "**Time**")
ENDINGS = ("## Check yourself", "## Summary", "## Exercises", "## Where this leads")
IGNORING_TAGS = {"nbval-ignore-output", "nbval-skip", "nbval-check-output", "raises-exception"}
VOLATILE = {
    "an absolute path": re.compile(r"(?:^|[\s'\"(])(?:/(?:home|root|tmp|usr|work|Users|private|var)/|[A-Z]:\\)"),
    "a memory address": re.compile(r"\b0x[0-9a-f]{6,}\b"),
    "a network address": re.compile(r"https?://|\b(?:\d{1,3}\.){3}\d{1,3}\b"),
    "a time": re.compile(r"\b\d+(?:\.\d+)?\s*(?:s|ms|µs|us|seconds?|minutes?)\b|\b\d{1,2}:\d{2}:\d{2}\b"),
}
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LOCAL_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!https?://|#)([^)\s#]+)")


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def output_texts(cell):
    """Yield everything that a cell shows as text."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text
        for kind, text in output.get("data", {}).items():
            if kind.startswith("text/"):
                yield text


def was_run_in_order(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    return [] if counts == list(range(1, len(counts) + 1)) else [f"execution counts are {counts}: run `make execute`"]


def shows_no_error_and_no_warning(notebook):
    return [
        f"{cell.id}: {output.get('ename', 'writes to standard error')}"
        for cell in code_cells(notebook)
        for output in cell.outputs
        if output.output_type == "error" or output.get("name") == "stderr"
    ]


def prints_outputs(notebook):
    return [
        f"{cell.id}: prints, but no output is stored"
        for cell in code_cells(notebook)
        if re.search(r"^(?:print|for .*:\n    print)\(?", cell.source, re.M) and not cell.outputs
    ]


def has_no_trailing_semicolon(notebook):
    return [f"{cell.id}: ends with ;" for cell in code_cells(notebook) if cell.source.rstrip().endswith(";")]


def shows_nothing_volatile(notebook):
    return [
        f"{cell.id}: shows {what}"
        for cell in code_cells(notebook)
        for text in output_texts(cell)
        for what, pattern in VOLATILE.items()
        if pattern.search(text)
    ]


def has_stable_cell_ids(notebook):
    ids = [cell.get("id", "") for cell in notebook.cells]
    faults = [f"id {name!r} occurs twice" for name in set(ids) if ids.count(name) > 1]
    # A tool that makes an id up takes eight hexadecimal digits; such a cell was added without a name.
    return faults + [
        f"id {name!r} is no name" for name in ids if not re.fullmatch(r"(?![0-9a-f]{8}$)[a-z][a-z0-9-]+", name)
    ]


def has_short_cells(notebook):
    lengths = {cell.id: len(cell.source.splitlines()) for cell in code_cells(notebook)}
    return [f"{name}: {lines} lines" for name, lines in lengths.items() if lines > LONGEST_CELL]


def begins_as_a_lesson_does(notebook):
    first = notebook.cells[0]
    if first.cell_type != "markdown":
        return ["the first cell is code"]
    faults = [f"the first cell has no {part!r}" for part in FIRST_CELL if part not in first.source]
    return faults if re.search(r"\*\*Time\*\* .*\b\d+ minutes", first.source) else [*faults, "no number of minutes"]


def ends_as_a_lesson_does(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    places = [text.find(heading) for heading in ENDINGS]
    return [] if min(places) >= 0 and places == sorted(places) else [f"the endings {ENDINGS} stand at {places}"]


def asks_few_questions_and_answers_them(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    section = text.partition(ENDINGS[0])[2].partition(ENDINGS[1])[0]
    questions, answers = len(re.findall(r"^\*\*\d\.\*\*", section, re.M)), section.count("<details>")
    right = 1 <= questions <= MOST_QUESTIONS and questions == answers
    return [] if right else [f"{questions} questions, {answers} answers"]


def has_prose_before_code(notebook):
    # The imports and the constants follow the first cell without a word between.
    later = list(zip(notebook.cells[2:], notebook.cells[3:], strict=False))
    return [f"{cell.id}: no prose before it" for before, cell in later if before.cell_type == cell.cell_type == "code"]


def has_alt_text_and_caption(notebook):
    faults = []
    for cell in code_cells(notebook):
        if any("image/png" in output.get("data", {}) for output in cell.outputs):
            settings = cell.metadata.get("mystnb", {})
            if not settings.get("image", {}).get("alt") or not settings.get("figure", {}).get("caption"):
                faults.append(f"{cell.id}: its figure has no alt text or no caption")
            # The site would give the same name and caption to both.
            if sum(output.output_type in ("display_data", "execute_result") for output in cell.outputs) > 1:
                faults.append(f"{cell.id}: shows a value beside its figure; begin its last line with `_ =`")
    return faults


def uses_our_package_as_it_is(notebook):
    faults, used = [], False
    for cell in code_cells(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "d2lutils":
                used, module = True, importlib.import_module(node.module)
                faults += [f"{node.module} has no {name.name}" for name in node.names if not hasattr(module, name.name)]
    return faults if used else ["d2lutils isn't used"]


def has_plain_metadata(notebook):
    return [] if notebook.metadata == METADATA else ["metadata differs between machines: run `make execute`"]


def links_to_files_that_exist(notebook, folder=ROOT):
    # The book's pages are Markdown files beside the lessons.
    links = [
        link for cell in notebook.cells if cell.cell_type == "markdown" for link in LOCAL_LINK.findall(cell.source)
    ]
    return [f"{link} doesn't exist" for link in links if not (folder / link).exists()]


def count_ignored(notebook):
    """Return how many cells nbval doesn't compare, and those of them that give no reason."""
    ignored = [
        cell
        for cell in code_cells(notebook)
        if IGNORING_TAGS.intersection(cell.metadata.get("tags", ())) or "NBVAL_" in cell.source
    ]
    return len(ignored), [f"{cell.id}: ignored without a reason" for cell in ignored if not cell.metadata.get("reason")]


RULES = [
    was_run_in_order,
    shows_no_error_and_no_warning,
    prints_outputs,
    has_no_trailing_semicolon,
    shows_nothing_volatile,
    has_stable_cell_ids,
    has_short_cells,
    begins_as_a_lesson_does,
    ends_as_a_lesson_does,
    asks_few_questions_and_answers_them,
    has_prose_before_code,
    has_alt_text_and_caption,
    uses_our_package_as_it_is,
    has_plain_metadata,
]


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    """Path and content of each lesson in turn."""
    return request.param, nbformat.read(request.param, as_version=4)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_lesson_keeps_the_rule(lesson, rule):
    path, notebook = lesson
    assert rule(notebook) == [], path.name


def test_every_lesson_is_a_small_file_with_a_number_and_a_name(lesson):
    path, _ = lesson
    assert path.stat().st_size <= LARGEST_FILE
    assert re.fullmatch(r"\d\d_[a-z0-9_]+", path.stem) and re.fullmatch(r"\d\d_[a-z0-9_]+", path.parent.name)


def test_every_link_of_a_lesson_leads_to_a_file(lesson):
    path, notebook = lesson
    assert links_to_files_that_exist(notebook, path.parent) == []


def test_no_two_figures_of_the_book_have_one_name():
    cells = [cell for path in LESSONS for cell in code_cells(nbformat.read(path, as_version=4))]
    names = [cell.metadata.get("mystnb", {}).get("figure", {}).get("name") for cell in cells]
    assert sorted(name for name in set(names) if name and names.count(name) > 1) == []


def test_every_lesson_stands_in_the_table_of_contents_and_no_other():
    contents = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    listed = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    lessons = [path.relative_to(ROOT).with_suffix("").as_posix() for path in LESSONS]
    assert [name for name in listed if name.startswith("notebooks/")] == lessons


def test_few_cells_are_left_out_of_the_comparison_and_each_says_why():
    notebooks = [nbformat.read(path, as_version=4) for path in LESSONS]
    counts = [count_ignored(notebook) for notebook in notebooks]
    assert [fault for _, faults in counts for fault in faults] == []
    assert sum(count for count, _ in counts) <= LARGEST_IGNORED_SHARE * sum(len(code_cells(book)) for book in notebooks)


def good_lesson():
    """The smallest lesson that keeps every rule."""
    new = nbformat.v4
    first = "# T\n**Question.** …\n**You will be able to** …\n**You need first** …\n**Time** about 5 minutes."
    ending = "## Check yourself\n**1.** …\n<details>…</details>\n## Summary\n## Exercises\n## Where this leads"
    picture = new.new_output("display_data", {"image/png": "…", "text/plain": "<Figure size 1x1 with 1 Axes>"})
    figure = {"mystnb": {"image": {"alt": "A dot."}, "figure": {"caption": "A dot."}}}
    printed = new.new_output("stream", name="stdout", text="loss 0.5\n")
    cells = [
        new.new_markdown_cell(first, id="title"),
        new.new_code_cell("from d2lutils.data import take_batches", id="imports", execution_count=1),
        new.new_code_cell("LR = 0.1", id="constants", execution_count=2),
        new.new_markdown_cell("Prose.", id="prose"),
        new.new_code_cell("print(1)", id="draw", execution_count=3, outputs=[printed, picture], metadata=figure),
        new.new_markdown_cell(ending, id="ending"),
    ]
    return new.new_notebook(cells=cells, metadata=METADATA)


def test_the_smallest_good_lesson_keeps_every_rule():
    assert {rule.__name__: rule(good_lesson()) for rule in RULES} == {rule.__name__: [] for rule in RULES}


def _print_text(notebook, text):
    notebook.cells[4].outputs[0].text = text


def _write_source(notebook, source, cell=4):
    notebook.cells[cell].source = source


PLANTED = {
    "never run": (was_run_in_order, lambda book: book.cells[1].update(execution_count=None)),
    "run out of order": (was_run_in_order, lambda book: book.cells[1].update(execution_count=7)),
    "a warning": (shows_no_error_and_no_warning, lambda book: book.cells[4].outputs[0].update(name="stderr")),
    "no output": (prints_outputs, lambda book: book.cells[4].update(outputs=[])),
    "a semicolon": (has_no_trailing_semicolon, lambda book: _write_source(book, "print(1);")),
    "a path": (shows_nothing_volatile, lambda book: _print_text(book, "saved in /home/me/file")),
    "an address": (shows_nothing_volatile, lambda book: _print_text(book, "<Model at 0x7f3a2b1c9d10>")),
    "a web address": (shows_nothing_volatile, lambda book: _print_text(book, "see http://127.0.0.1")),
    "a time": (shows_nothing_volatile, lambda book: _print_text(book, "took 0.31 s")),
    "an id twice": (has_stable_cell_ids, lambda book: book.cells[3].update(id="title")),
    "a random id": (has_stable_cell_ids, lambda book: book.cells[3].update(id="a1b2c3d4")),
    "a long cell": (has_short_cells, lambda book: _write_source(book, "x = 1\n" * 26)),
    "no question": (begins_as_a_lesson_does, lambda book: _write_source(book, "# T", cell=0)),
    "no summary": (ends_as_a_lesson_does, lambda book: _write_source(book, "## Exercises", cell=5)),
    "no answer": (
        asks_few_questions_and_answers_them,
        lambda book: _write_source(book, "## Check yourself\n**1.** …", 5),
    ),
    "code after code": (has_prose_before_code, lambda book: book.cells.insert(4, copy.deepcopy(book.cells[4]))),
    "no alt text": (has_alt_text_and_caption, lambda book: book.cells[4].metadata.mystnb.image.update(alt="")),
    "a value beside a figure": (
        has_alt_text_and_caption,
        lambda book: book.cells[4].outputs.append(nbformat.v4.new_output("execute_result", {"text/plain": "[Text()]"})),
    ),
    "an unknown name": (
        uses_our_package_as_it_is,
        lambda book: _write_source(book, "from d2lutils.data import nothing", 1),
    ),
    "package unused": (uses_our_package_as_it_is, lambda book: _write_source(book, "import math", 1)),
    "foreign metadata": (has_plain_metadata, lambda book: book.metadata.language_info.update(version="3.9")),
    "a dead link": (links_to_files_that_exist, lambda book: _write_source(book, "[a](nowhere.ipynb)", 3)),
    "ignored": (lambda book: count_ignored(book)[1], lambda book: book.cells[4].metadata.update(tags=["nbval-skip"])),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_caught(fault):
    rule, plant = PLANTED[fault]
    notebook = good_lesson()
    plant(notebook)
    assert rule(notebook) != []
