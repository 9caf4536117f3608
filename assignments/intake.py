"""Take a hand-in apart and build it anew: nothing is graded as it came.

From the student's file only the answers are taken, by the ids of their cells, and code cells of the student's own.
Everything else comes from the assignment's own notebook. An answer whose cell was split or copied is joined again, in
the order of its parts; a Markdown cell of one's own behind a question in words belongs to the answer.
"""

import json
import os
import re
import stat
from dataclasses import dataclass, field

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

LARGEST_FILE = 5 * 2**20  # bytes
MOST_CELLS = 400
MOST_EXTRA = 40  # cells of the student's own
LARGEST_ANSWER = 200_000  # characters
NUL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
LINK = re.compile(r"(\]\(\s*<?|^ {0,3}\[[^\]\n]*\]:\s*<?)([^)\s>]*)", re.MULTILINE)
SAFE_TARGET = re.compile(r"(https?://|mailto:)[^\s]*$|[\w./#-]*$", re.IGNORECASE)
FORMULA = re.compile(r"(\$\$.*?\$\$|\$[^$\n]*\$)", re.DOTALL)
TAG = re.compile(r"<(?=[A-Za-z/!?])")


class RejectedError(Exception):
    """A hand-in that can't be graded; the reason is written for the student."""


@dataclass
class Answers:
    """What a hand-in holds: the source of each answer, code cells of the student's own, and notes for the student."""

    sources: dict = field(default_factory=dict)
    extra: dict = field(default_factory=dict)  # id of the answer before them, None above the first: sources
    notes: list = field(default_factory=list)


def read_file(path):
    """Return a hand-in's text.

    Raises:
        RejectedError: It is no regular file, too large or no text.
    """
    try:
        # Opened without following links and without waiting for a pipe's other end, then looked at.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise RejectedError("it is a link or can't be opened; hand in the notebook file itself") from error
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        os.close(handle)
        raise RejectedError("it isn't a file; hand in the notebook file itself")
    with os.fdopen(handle, "rb") as file:
        if about.st_size > LARGEST_FILE:
            raise RejectedError(
                f"it has {about.st_size / 2**20:.0f} MB, and 5 are allowed; clear the outputs "
                "(Kernel, Restart and Clear Outputs of All Cells), save, and hand in again"
            )
        data = file.read(LARGEST_FILE + 1)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RejectedError("it isn't a text file, so it is no notebook (.ipynb)") from error


def parse(text):
    """Return the list of cells in a notebook's text, each a dictionary.

    Raises:
        RejectedError: It is no notebook of format 4, or has too many cells.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RejectedError(
            "it isn't a whole notebook (no JSON); download it again from JupyterLab (File, Download)"
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise RejectedError("it isn't a notebook; hand in the .ipynb file that you worked in")
    if content.get("nbformat") != 4:
        version = str(content.get("nbformat"))[:20]
        raise RejectedError(f"it is a notebook of format {version}, not 4; save it with a current JupyterLab")
    cells = content["cells"]
    if len(cells) > MOST_CELLS:
        raise RejectedError(f"it has {len(cells)} cells, and {MOST_CELLS} are allowed; delete those you don't need")
    return [cell for cell in cells if isinstance(cell, dict)]


def source_of(cell):
    """Return a cell's source as one text, without characters that no notebook may hold."""
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    source = source if isinstance(source, str) else ""
    return NUL.sub("", source).encode("utf-8", "replace").decode("utf-8")


def grade_id_of(cell):
    """Return the id by which nbgrader knows a cell, or None."""
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = about.get("grade_id") if isinstance(about, dict) else None
    return name if isinstance(name, str) else None


def answer_ids(blueprint):
    """Return {grade id: cell type} of the cells that a student may change."""
    return {
        cell.metadata.nbgrader.grade_id: cell.cell_type
        for cell in blueprint.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def find_answers(cells, blueprint):
    """Return the `Answers` among a hand-in's cells.

    Raises:
        RejectedError: None of the assignment's answers is there.
    """
    wanted, answers = answer_ids(blueprint), Answers()
    given = {source_of(cell).strip() for cell in blueprint.cells}
    last, extras = None, 0
    for cell in cells:
        name, source = grade_id_of(cell), source_of(cell)
        if name in wanted:
            last = name
            add_part(answers, name, source)
        elif name is not None or not source.strip() or source.strip() in given:
            continue
        elif cell.get("cell_type") == "code":
            extras += 1
            if extras <= MOST_EXTRA and len(source) <= LARGEST_ANSWER:
                answers.extra.setdefault(last, []).append(source)
        elif cell.get("cell_type") == "markdown" and wanted.get(last) == "markdown":
            add_part(answers, last, source)
    if not answers.sources:
        raise RejectedError("none of this assignment's answers is in it; is it the notebook of another assignment?")
    if extras > MOST_EXTRA:
        answers.notes.append(f"of {extras} cells of your own the first {MOST_EXTRA} were taken")
    missing = [name for name in wanted if name not in answers.sources]
    if missing:
        answers.notes.append(f"missing: {', '.join(missing)}; the empty answer was put in")
    return answers


def add_part(answers, name, source):
    """Put a cell's source behind what an answer has already: JupyterLab leaves its id on both halves of a cell."""
    before = answers.sources.get(name)
    whole = source if before is None else f"{before}\n\n{source}"
    if len(whole) > LARGEST_ANSWER:
        answers.notes.append(
            f"the answer {name} was too long; what goes beyond {LARGEST_ANSWER} characters was left out"
        )
        answers.sources.setdefault(name, "")
        return
    answers.sources[name] = whole
    note = f"the answer {name} stood in several cells, which were joined in their order"
    if before is not None and note not in answers.notes:
        answers.notes.append(note)


def rebuild(blueprint, answers):
    """Return a copy of the assignment's notebook with a student's answers in it.

    Args:
        blueprint: The assignment's notebook, answers empty.
        answers: An `Answers`.
    """
    notebook = nbformat.from_dict(json.loads(json.dumps(blueprint)))
    cells = []
    first = next(iter(answer_ids(blueprint)))
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        name = about.get("grade_id")
        is_answer = bool(about.get("solution"))
        if name == first:
            cells += own_cells(answers, None)
        if is_answer and name in answers.sources:
            source = answers.sources[name]
            cell.source = harmless_markdown(source) if cell.cell_type == "markdown" else source
        cells.append(cell)
        if is_answer:
            cells += own_cells(answers, name)
    if answers.notes:
        text = "**Notes on your hand-in**\n\n" + "\n".join(f"- {note}" for note in answers.notes)
        cells.insert(0, new_markdown_cell(text, id="notes"))
    notebook.cells = cells
    return notebook


def own_cells(answers, name):
    """Return the code cells of the student's own behind an answer, None for those above the first."""
    sources = answers.extra.get(name, [])
    return [new_code_cell(source, id=f"extra-{name or 'top'}-{number}"[:64]) for number, source in enumerate(sources)]


def harmless_markdown(text):
    """Return a Markdown answer without raw HTML, and without links that go anywhere but to a web page or a place in it.

    Formulas keep their meaning: `$a<b$` becomes `$a\\lt b$`; elsewhere `<b>` is shown as it stands.
    """
    text = LINK.sub(lambda found: found[1] + (found[2] if SAFE_TARGET.match(found[2]) else "#"), text)
    parts = FORMULA.split(text)
    return "".join(TAG.sub(r"\\lt " if number % 2 else "&lt;", part) for number, part in enumerate(parts))
