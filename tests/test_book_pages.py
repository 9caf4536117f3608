"""The book's own pages: the data's table is the catalogue's, examples give what they show, self-tests are whole."""

import doctest
import importlib
import json
import re
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils.utils import new_document
from PIL import Image

from d2lutils.data import CATALOGUE

BOOK = Path(__file__).parent.parent / "book"
sys.path.append(str(BOOK / "_ext"))
reader = importlib.import_module("self_tests")
PAGE = (BOOK / "data.md").read_text(encoding="utf-8")
WITH_EXAMPLES = [path for path in sorted(BOOK.glob("*.md")) if ">>>" in path.read_text(encoding="utf-8")]


def test_the_table_tells_what_the_catalogue_tells():
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert rows == [
        (name, d.kind, d.contents, f"{d.megabytes} MB" if d.files else "–", d.licence) for name, d in CATALOGUE.items()
    ]


def test_the_people_of_every_source_are_named():
    for data_set in CATALOGUE.values():
        assert all(person in PAGE for person in re.findall(r"[A-Z]\. [A-Z]\w+", data_set.source))


def test_every_kind_of_set_has_a_picture_or_a_sample():
    pictures = re.findall(r"\{image\} (figures/data_\w+\.png)\n:alt: \w", PAGE)
    assert len(pictures) == 6 and all((BOOK / picture).exists() for picture in pictures)


def test_the_map_shows_as_many_lessons_as_there_are():
    listed = re.findall(r"notebooks/(\d\d)_", (BOOK / "_toc.yml").read_text(encoding="utf-8"))
    for ending in ("", "_dark", "_narrow", "_narrow_dark"):
        with Image.open(BOOK / "figures" / f"course_map{ending}.png") as picture:
            drawn = {int(part): count for part, count in json.loads(picture.text["lessons"]).items()}
        assert drawn == dict(Counter(map(int, listed))), "run book/figures/draw_course_map.py"


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_give_what_the_page_shows(path):
    blocks = re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    code = "\n\n".join(block for block in blocks if ">>>" in block)
    example = doctest.DocTestParser().get_doctest(code, {}, path.name, path.name, 0)
    assert len(example.examples) == code.count(">>>")
    report = []
    doctest.DocTestRunner().run(example, out=report.append)
    assert not report, "".join(report)


SELF_TESTS = sorted(BOOK.glob("self_test_*.md"))
NUMBER = re.compile(r"(?<![\w.])-?\d+\.?\d*(?:e[+-]?\d+)?")


def questions_of(path):
    """The questions of a self-test, as the site's builder reads them; it refuses those that aren't whole."""
    return reader.read_questions(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SELF_TESTS, ids=lambda path: path.stem)
def test_a_self_test_has_ten_questions_each_with_a_hidden_answer_that_names_a_lesson(path):
    questions = questions_of(path)
    assert len(questions) == 10
    for question in questions:
        assert "?" in question.asked + "".join(question.items.values())
        assert re.search(r"\]\(\.\./notebooks/[\w/]+\.ipynb\)", question.answer)


@pytest.mark.parametrize("path", SELF_TESTS, ids=lambda path: path.stem)
def test_a_self_test_asks_at_most_two_questions_that_it_can_t_judge_itself(path):
    assert sum(question.kind == "words" for question in questions_of(path)) <= 2


def test_the_right_option_has_no_favourite_place():
    rights = [
        next(line.letter for line in question.feedback if line.right)
        for path in SELF_TESTS
        for question in questions_of(path)
        if question.kind == "one"
    ]
    assert all(rights.count(letter) <= 0.4 * len(rights) for letter in "ABCD"), "".join(rights)


def shown_numbers(question):
    """Numbers in the outputs of an answer's code, in order."""
    code = "".join(re.findall(r"```python\n(.*?)```", question.answer, re.DOTALL))
    wants = [example.want for example in doctest.DocTestParser().get_examples(code)]
    return [float(number) for want in wants for number in NUMBER.findall(want)]


def unproved(question):
    """Letters of the blanks whose right value isn't among the outputs of the answer's code, blank after blank."""
    shown, missing = shown_numbers(question), []
    for letter in question.items if question.kind == "blanks" else ():
        line = question.right(letter)
        row = line.numbers[0] if line.numbers else []
        places = range(len(shown) - len(row) + 1)
        start = next((place for place in places if reader.close(line, shown[place : place + len(row)])), None)
        if row and start is None:
            missing.append(letter)
        elif row:
            shown = shown[start + len(row) :]
    return missing


@pytest.mark.parametrize("path", SELF_TESTS, ids=lambda path: path.stem)
def test_a_number_that_counts_as_right_is_what_the_answer_s_code_gives(path):
    assert {question.number: unproved(question) for question in questions_of(path) if unproved(question)} == {}


CHOICE = """**1.** Which?

- **A.** One
- **B.** Two
- **C.** Three

<details>
<summary><strong>Show the answer</strong></summary>

- **A, wrong.** One is too few.
- **B, right.** Two is just enough.
- **C, wrong.** Three is too many.

Two. Lesson: [](../notebooks/a/b.ipynb).

</details>
"""

BLANKS = """**1.** How much?

- **A.** Twice 2: ____
- **B.** The shape: ____ of `X`

<details>
<summary><strong>Show the answer</strong></summary>

- **A, right: 4 or 8/2 ± 0.1.** Twice two is four.
- **A, wrong: 3^2 or -2 or a lot.** Nothing of this is twice two.
- **B, right: (1, 4) or one row.** A slice keeps its dimension.
- **B, wrong: (4,).** An index would remove it.

```python
>>> 2 * 2, (1, 4)
(4, (1, 4))
```

</details>
"""


def test_a_choice_is_read_from_its_markdown():
    (question,) = reader.read_questions(CHOICE)
    assert question.kind == "one" and question.asked == "Which?"
    assert question.items == {"A": "One", "B": "Two", "C": "Three"}
    assert [line.right for line in question.feedback] == [False, True, False]
    assert question.feedback[1].said == "Two is just enough."
    assert reader.read_questions(several(CHOICE))[0].kind == "several"


def several(text):
    """The choice, with two right options and the words that say so."""
    return text.replace("Which?", "Which? *Choose all that apply.*").replace("A, wrong", "A, right")


def test_blanks_are_read_from_their_markdown():
    (question,) = reader.read_questions(BLANKS)
    assert question.kind == "blanks" and question.items == {"A": "Twice 2: ____", "B": "The shape: ____ of `X`"}
    lines = [(line.letter, line.right, line.numbers, line.words, line.within) for line in question.feedback]
    assert lines == [
        ("A", True, [[4.0], [4.0]], [], 0.1),
        ("A", False, [[9.0], [-2.0]], ["alot"], None),
        ("B", True, [[1.0, 4.0]], ["onerow"], None),
        ("B", False, [[4.0]], [], None),
    ]


@pytest.mark.parametrize(
    "text, number",
    [("4", 4), ("-0.25", -0.25), ("1/4", 0.25), ("2^-8", 2**-8), ("10^6", 1e6), ("9.5e-7", 9.5e-7), ("1,024", 1024)],
)
def test_a_number_may_be_written_in_many_ways(text, number):
    assert reader.read_row(text) == [number]


@pytest.mark.parametrize(
    "text, old, new, said",
    [
        (CHOICE, "**1.**", "**2.**", "question 2: it should have the number 1"),
        (CHOICE, "<summary><strong>Show", "<summary><strong>See", "one <details> with the usual summary"),
        (CHOICE, "</details>\n", "</details>\n\nMore.", "nothing after it"),
        (CHOICE, "- **C.** Three\n", "- **D.** Three\n", "A, B, C and so on, not ABD"),
        (CHOICE, "- **C.** Three\n", "- Three\n", "begin with a letter"),
        (CHOICE, "- **C.** Three\n", "- **B.** Three\n", "begin with a letter of its own"),
        (CHOICE, "**C.** Three", "**C.** Two", "two options are equal"),
        (CHOICE, "**C.** Three", "**C.** Three: ____", "one blank, or none"),
        (CHOICE, "- **C, wrong.** Three is too many.\n", "", "one line of feedback, in the same order"),
        (CHOICE, "- **C, wrong.** Three", "- C is wrong. Three", "feedback must begin as in"),
        (CHOICE, "A, wrong", "A, right", "one option must be right, not 2"),
        (CHOICE, "B, right", "B, wrong", "one option must be right, not 0"),
        (CHOICE, "One is too few", "Three is too many", "something of its own"),
        (CHOICE, "One is too few", "No", "something of its own"),
        (CHOICE, "A, wrong.", "A, wrong: 3.", "names no value"),
        (CHOICE, "Which?", "Which? *Choose all that apply.*", "several options must be right, but not all: 1"),
        (several(CHOICE), "C, wrong", "C, right", "several options must be right, but not all: 3"),
        (BLANKS, "Twice 2: ____", "Twice 2 is ____ or ____", "one blank, or none"),
        (BLANKS, "A, wrong: 3^2 or -2 or a lot.", "A, wrong.", "a line of A names no value"),
        (BLANKS, "- **B, wrong: (4,).** An index would remove it.\n", "", "B needs one right line first, then wrong"),
        (BLANKS, "B, wrong", "B, right", "B needs one right line first"),
        (BLANKS, "3^2", "8.1/2", "two lines of A are about the same value"),
        (
            BLANKS,
            "a lot",
            "nothing or `A Lot`.** Here is why.\n- **A, wrong: a lot",
            "two lines of A are about the same",
        ),
        (BLANKS, "± 0.1", "± 0.1 or 5", "the tolerance comes last"),
        (BLANKS, "**A, right", "**B, right", "through the blanks in their order"),
    ],
)
def test_a_question_that_isn_t_whole_is_refused(text, old, new, said):
    assert old in text
    with pytest.raises(reader.QuestionError, match=re.escape(said)):
        reader.read_questions(text.replace(old, new, 1))


@pytest.mark.parametrize(
    "old, new, letters",
    [("4 or 8/2 ± 0.1", "5", ["A"]), ("(1, 4) or", "(1, 5) or", ["B"]), (">>> 2 * 2, (1, 4)", "", ["A", "B"])],
)
def test_a_value_that_the_code_doesn_t_give_is_found(old, new, letters):
    assert unproved(reader.read_questions(BLANKS)[0]) == []
    assert unproved(reader.read_questions(BLANKS.replace(old, new))[0]) == letters


def test_a_question_that_isn_t_whole_is_a_warning_of_the_build(tmp_path, caplog):
    path = tmp_path / "self_test_1.md"
    path.write_text(CHOICE.replace("B, right", "B, wrong"), encoding="utf-8")
    env = SimpleNamespace(docname="self_test_1", doc2path=lambda docname: path)
    with caplog.at_level("WARNING", logger="sphinx"):
        reader.mark_questions(SimpleNamespace(env=env), new_document("page"))
    assert [record.getMessage() for record in caplog.records] == ["question 1: one option must be right, not 0"]
    path.write_text(CHOICE, encoding="utf-8")
    with caplog.at_level("WARNING", logger="sphinx"):
        reader.mark_questions(SimpleNamespace(env=env), new_document("page"))
    assert caplog.records[-1].getMessage() == "question 1 isn't on the page"
