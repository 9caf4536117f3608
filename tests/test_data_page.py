"""The page "Data": its table is the catalogue's, and its examples give what it shows."""

import doctest
import re
from pathlib import Path

from d2lutils.data import CATALOGUE

BOOK = Path(__file__).parent.parent / "book"
PAGE = (BOOK / "data.md").read_text(encoding="utf-8")


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


def test_the_examples_give_what_the_page_shows():
    code = "\n\n".join(block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if ">>>" in block)
    example = doctest.DocTestParser().get_doctest(code, {}, "book/data.md", "book/data.md", 0)
    assert len(example.examples) >= 12
    report = []
    doctest.DocTestRunner().run(example, out=report.append)
    assert not report, "".join(report)
