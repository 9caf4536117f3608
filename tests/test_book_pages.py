"""The book's own pages: the data's table is the catalogue's, examples give what they show, self-tests are whole."""

import doctest
import re
from pathlib import Path

import pytest

from d2lutils.data import CATALOGUE

BOOK = Path(__file__).parent.parent / "book"
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


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_give_what_the_page_shows(path):
    blocks = re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    code = "\n\n".join(block for block in blocks if ">>>" in block)
    example = doctest.DocTestParser().get_doctest(code, {}, path.name, path.name, 0)
    assert len(example.examples) == code.count(">>>")
    report = []
    doctest.DocTestRunner().run(example, out=report.append)
    assert not report, "".join(report)


@pytest.mark.parametrize("path", sorted(BOOK.glob("self_test_*.md")), ids=lambda path: path.stem)
def test_a_self_test_has_ten_questions_each_with_a_hidden_answer_that_names_a_lesson(path):
    text = path.read_text(encoding="utf-8")
    questions = re.split(r"^\*\*(\d+)\.\*\* ", text, flags=re.MULTILINE)
    assert [int(number) for number in questions[1::2]] == list(range(1, 11))
    for question in questions[2::2]:
        asked, _, answer = question.partition("<details>")
        assert "?" in asked and "<summary><strong>Show the answer</strong></summary>" in answer
        assert re.search(r"\]\(\.\./notebooks/[\w/]+\.ipynb\)", answer)
