r"""Read the questions of a self-test from its Markdown, and mark them on its page for `book/_static/self_test.js`.

A question is plain text that JupyterLab and code hosts show too:

    **1.** How many columns has `X[1:2]`?

    - **A.** None
    - **B.** One

    <details>
    <summary><strong>Show the answer</strong></summary>

    - **A, wrong.** Why somebody might think so, and why it isn't so.
    - **B, right.** Why.

    The explanation, and code that proves it.

    </details>

A list in which every item has a blank, `____`, is filled in. Its answer has lines such as `- **A, right: 4.67 ± 0.01.**
Why.` and `- **A, wrong: 3 or -3.** Which slip leads there.` A question that ends with `*Choose all that apply.*` has
several right options. One without a list is answered in words. book/testing.md tells authors more.
"""

import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

BLANK = "____"
SEVERAL = "*Choose all that apply.*"
PAGES = "self_test_"
SUMMARY = "<summary><strong>Show the answer</strong></summary>"
START = re.compile(r"^\*\*(\d+)\.\*\* ", re.MULTILINE)
ITEM = re.compile(r"^- \*\*([A-Z])\.\*\* (.*(?:\n  .*)*)", re.MULTILINE)
LINE = re.compile(r"^- \*\*([A-Z]), (right|wrong)(?:: (.+?))?\.\*\* (.*(?:\n  .*)*)", re.MULTILINE)
DECIMAL = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
NUMBER = re.compile(rf"({DECIMAL})(?:(/|\^)({DECIMAL}))?")
# Two words can't say why; and this many options need more reading than thought.
FEWEST_WORDS, MOST_OPTIONS = 3, 6


class QuestionError(ValueError):
    """Names the question, and what about it breaks the convention."""


@dataclass
class Feedback:
    """A line of an answer: what is said to whoever chose the item, or typed one of the forms."""

    letter: str
    right: bool
    said: str
    forms: list = field(default_factory=list)  # as they are written
    numbers: list = field(default_factory=list)  # rows of numbers, such as [1, 4] for `(1, 4)`
    words: list = field(default_factory=list)  # in the form that `bare` gives
    within: float | None = None  # largest distance that still counts as equal; None: rounding only


@dataclass
class Question:
    """A question of a self-test; `kind` is "one", "several", "blanks" or "words"."""

    number: int
    kind: str
    asked: str
    items: dict  # text by letter
    feedback: list
    answer: str  # what follows the feedback: explanation and code

    def right(self, letter):
        """The first line of feedback that calls an item right, or None."""
        return next((line for line in self.feedback if line.letter == letter and line.right), None)


def read_number(text):
    """Value of a decimal number, a fraction or a power, or None."""
    match = NUMBER.fullmatch(text)
    if not match:
        return None
    first, sign, second = match.groups()
    if not sign:
        return float(first)
    return float(first) / float(second) if sign == "/" else float(first) ** float(second)


def read_row(text):
    """Numbers of a text such as `4`, `1/4`, `1,000`, `(1, 4)` or `(4,)`, or None."""
    text = text.replace(" ", "")
    parts = text[1:-1].rstrip(",").split(",") if text[0] in "([" else [text.replace(",", "")]
    row = [read_number(part) for part in parts]
    return None if None in row else row


def bare(text):
    """A text as answers are compared: without capitals, spaces, hyphens, brackets and quotation marks."""
    return re.sub(r"[\s`'\"“”’()-]|\.$", "", text.lower())


def read_feedback(letter, verdict, forms, said):
    """Feedback of one line of an answer."""
    line = Feedback(letter, verdict == "right", " ".join(said.split()))
    if forms:
        forms, _, within = forms.partition(" ± ")
        line.within = read_number(within)
        if within and line.within is None:
            raise QuestionError("the tolerance comes last, as in `3 or 4 ± 0.1`")
        line.forms = [form.strip("`") for form in forms.split(" or ")]
        for form in line.forms:
            row = read_row(form)
            if row:
                line.numbers.append(row)
            else:
                line.words.append(bare(form))
    return line


def read_kind(asked, items):
    """Kind of a question; raises QuestionError for a list that is half options, half blanks."""
    blanks = sum(item.count(BLANK) for item in items.values())
    if not items:
        return "words"
    if blanks == 0:
        return "several" if SEVERAL in asked else "one"
    if any(item.count(BLANK) != 1 for item in items.values()):
        raise QuestionError("every item needs one blank, or none of them has one")
    return "blanks"


def read_question(number, text):
    """A question from its Markdown; raises QuestionError."""
    if text.count("<details>\n" + SUMMARY) != 1 or not text.rstrip().endswith("</details>"):
        raise QuestionError("there must be one <details> with the usual summary, and nothing after it")
    asked, _, answer = text.partition("<details>")
    answer = answer.replace(SUMMARY, "").rstrip().removesuffix("</details>")
    items = dict(ITEM.findall(asked))
    if len(items) != len(re.findall(r"^- ", asked, re.MULTILINE)):
        raise QuestionError("an item must begin with a letter of its own, as in `- **A.** `")
    lines = [match.groups() for match in LINE.finditer(answer)]
    if len(lines) != len(re.findall(r"^- ", answer, re.MULTILINE)):
        raise QuestionError("feedback must begin as in `- **A, wrong.** ` or `- **A, right: 3.** `")
    asked = ITEM.sub("", asked).strip()
    question = Question(
        number, read_kind(asked, items), asked, items, [read_feedback(*line) for line in lines], LINE.sub("", answer)
    )
    check(question)
    return question


def check(question):
    """Raise QuestionError where a question hasn't all that its kind needs."""
    letters = "".join(question.items)
    if letters != "ABCDEFGHIJ"[: len(letters)]:
        raise QuestionError(f"items must be A, B, C and so on, not {letters}")
    said = [line.said for line in question.feedback]
    if len(set(said)) < len(said) or any(len(text.split()) < FEWEST_WORDS for text in said):
        raise QuestionError("each line of feedback must say something of its own")
    told = [line.letter for line in question.feedback]
    if question.kind == "blanks":
        check_blanks(question, told)
    else:
        check_options(question, told)


def check_options(question, told):
    """Raise QuestionError unless options and feedback match and as many are right as the kind asks for."""
    if told != list(question.items):
        raise QuestionError("each option needs one line of feedback, in the same order")
    texts = {" ".join(item.split()) for item in question.items.values()}
    if len(texts) < len(question.items):
        raise QuestionError("two options are equal")
    rights = sum(line.right for line in question.feedback)
    if any(line.numbers or line.words for line in question.feedback):
        raise QuestionError("an option's feedback names no value")
    if question.items and not 3 <= len(texts) <= MOST_OPTIONS:
        raise QuestionError(f"there must be 3 to {MOST_OPTIONS} options")
    if question.kind == "one" and rights != 1:
        raise QuestionError(f"one option must be right, not {rights}")
    if question.kind == "several" and not 1 < rights < len(texts):
        raise QuestionError(f"several options must be right, but not all: {rights} are")


def check_blanks(question, told):
    """Raise QuestionError unless each blank has one right line and a slip at least, and no slip is right."""
    if told != sorted(told) or set(told) != set(question.items):
        raise QuestionError("feedback must go through the blanks in their order")
    for letter in question.items:
        lines = [line for line in question.feedback if line.letter == letter]
        if [line.right for line in lines] != [True] + [False] * (len(lines) - 1) or len(lines) == 1:
            raise QuestionError(f"{letter} needs one right line first, then wrong ones")
        if not all(line.numbers or line.words for line in lines):
            raise QuestionError(f"a line of {letter} names no value")
        for number, line in enumerate(lines):
            for other in lines[number + 1 :]:
                if overlap(line, other):
                    raise QuestionError(f"two lines of {letter} are about the same value")


def close(line, row):
    """True if a row of numbers counts as one that the line names."""
    return any(
        len(row) == len(mine) and all(abs(a - b) <= allowance(line, b) for a, b in zip(row, mine, strict=True))
        for mine in line.numbers
    )


def allowance(line, value):
    """Largest distance from a value that counts as equal to it."""
    return (1e-6 * abs(value) if line.within is None else line.within) * (1 + 1e-9)


def overlap(line, other):
    """True if a form of the second line would be taken for one of the first."""
    return any(close(line, row) for row in other.numbers) or not set(line.words).isdisjoint(other.words)


def read_questions(text):
    """Questions of a self-test's Markdown, in order; raises QuestionError that names the question."""
    _, *parts = START.split(text)
    questions = []
    for place, (number, body) in enumerate(zip(parts[::2], parts[1::2], strict=True), start=1):
        try:
            if int(number) != place:
                raise QuestionError(f"it should have the number {place}")
            questions.append(read_question(place, body))
        except QuestionError as error:
            raise QuestionError(f"question {number}: {error}") from None
    return questions


def describe(question):
    """What the page's script must know of a question, as JSON: its kind, and an entry for each line of feedback."""
    letters = list(question.items)
    lines = [
        {
            "item": letters.index(line.letter),
            "right": line.right,
            "rows": line.numbers,
            "words": line.words,
            "within": line.within,
        }
        for line in question.feedback
    ]
    return json.dumps({"kind": question.kind, "lines": lines}, separators=(",", ":"))


def opening_tag(docname, question):
    """HTML that begins a question; the name under which its result is kept changes with its text."""
    digest = sha256(repr(question).encode()).hexdigest()[:8]
    key = describe(question).replace("&", "&amp;").replace("'", "&#39;")
    name = f"{docname} {question.number} {digest}"
    return f'<div class="question" data-name="{name}" data-key=\'{key}\'>'


def is_self_test(docname):
    """True for the pages that hold questions."""
    return Path(docname).name.startswith(PAGES)


def mark_questions(app, doctree):
    """Put a <div> around each question of a page; a fault of a question is a warning, which fails the build."""
    docname = app.env.docname
    if not is_self_test(docname):
        return
    try:
        questions = read_questions(Path(app.env.doc2path(docname)).read_text(encoding="utf-8"))
    except QuestionError as error:
        logging.getLogger(__name__).warning(str(error), location=docname)
        return
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if questions and paragraph.rawsource.startswith(f"**{questions[0].number}.** "):
            enclose(paragraph, opening_tag(docname, questions.pop(0)))
    if questions:
        logging.getLogger(__name__).warning("question %s isn't on the page", questions[0].number, location=docname)


def enclose(paragraph, tag):
    """Put an HTML element around a paragraph and all that follows it, up to the end of its <details>."""
    parent, place = paragraph.parent, paragraph.parent.index(paragraph)
    end = next(node for node in parent[place:] if node.astext().startswith("</details>"))
    parent.insert(parent.index(end) + 1, nodes.raw("", "</div>", format="html"))
    parent.insert(place, nodes.raw("", tag, format="html"))


def add_script(app, pagename, templatename, context, doctree):
    """Load script and style on the pages that hold questions, and on no others."""
    if doctree and is_self_test(pagename):
        app.add_js_file("self_test.js", loading_method="defer")
        app.add_css_file("self_test.css")


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-read", mark_questions)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
