"""The glossary: every term stands in its place, is explained, and is found in the lesson that it names."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

BOOK = Path(__file__).parent.parent / "book"
_, *PARTS = re.split(r"^## ", (BOOK / "glossary.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
LETTERS = [part.partition("\n")[0] for part in PARTS]
ENTRY = re.compile(r"(\S.*)\n: (\S.*(?:\n  \S.*)*)")
BLOCKS = [
    (letter, block)
    for letter, part in zip(LETTERS, PARTS, strict=True)
    for block in re.split(r"\n{2,}", part.partition("\n")[2].strip())
]
TERMS = [block.partition("\n")[0] for _, block in BLOCKS]


def plain(term):
    """Return the term as it is sorted and looked for: "Bias (parameter)" is "bias", "One-hot" is "one hot"."""
    return re.sub(r"\W+", " ", re.sub(r" \(.*\)$", "", term)).casefold()


def in_any_form(term):
    """Return a pattern that finds the term, its plural and its other endings, as "standardise" for "Standardising"."""
    words = plain(term).split()
    words[-1] = re.sub(r"(?<=\w{3})(ing|e|y)$", "", words[-1]) + "(e|y|ies|e?s|e?d|ing)?"
    return re.compile(r"\b" + r"\W+".join(words) + r"\b", re.IGNORECASE)


def read_prose(lesson):
    """Return the text of a lesson's Markdown cells, without the addresses of links."""
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    prose = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return re.sub(r"\]\([^)\s]*\)", "]", prose)


def test_the_letters_are_in_order_and_each_has_its_own_terms():
    assert sorted(set(LETTERS)) == LETTERS
    assert [(letter, term) for (letter, _), term in zip(BLOCKS, TERMS, strict=True) if term[0].upper() != letter] == []


def test_the_terms_are_in_alphabetical_order_and_none_comes_twice():
    assert [(one, other) for one, other in pairwise(TERMS) if plain(one) >= plain(other)] == []


@pytest.mark.parametrize("block", [block for _, block in BLOCKS], ids=TERMS)
def test_a_term_is_defined_and_found_in_the_lesson_that_it_names(block):
    entry = ENTRY.fullmatch(block)
    assert entry, "an entry is a line with the term, then `: ` and the definition, its further lines indented by two"
    term, definition = entry.groups()
    text, _, link = definition.rpartition("\n  ")
    assert re.search(r"\w+.*\.$", text, re.DOTALL), "a definition of whole sentences stands before the link"
    address = re.fullmatch(r"Lesson: \[\]\((\.\./notebooks/\w+/\w+\.ipynb)\)\.", link)
    assert address, f"the definition ends with {link!r}, not with `Lesson: [](../notebooks/….ipynb).`"
    lesson = BOOK / address[1]
    assert lesson.exists(), f"{lesson} doesn't exist"
    assert in_any_form(term).search(read_prose(lesson)), f"{lesson.name} never says {term!r}"
