"""What is taken from a hand-in, and what is refused."""

import json
import secrets
import unicodedata
import zipfile

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from assignments import handins, intake, ledger
from assignments.course import Course, CourseError


def cell(name, source="", kind="code", **about):
    make = new_code_cell if kind == "code" else new_markdown_cell
    return make(source, id=name, metadata={"nbgrader": {"grade_id": name, "solution": False, "grade": False, **about}})


@pytest.fixture
def blueprint():
    return new_notebook(
        cells=[
            cell("title", "# Title", "markdown", locked=True),
            cell("first", "stub", solution=True),
            cell("judged-first", "emit()", grade=True, points=3),
            cell("words", "stub", "markdown", solution=True, grade=True, points=2),
        ]
    )


def parsed(*cells):
    return intake.parse(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}))


def test_only_answers_and_code_of_ones_own_are_taken(blueprint):
    cells = parsed(
        new_code_cell("# Title"),
        new_code_cell("before()"),
        cell("first", "answer()", solution=True),
        new_code_cell("more()"),
        new_code_cell("  "),
        new_markdown_cell("<b>mine</b>"),
        cell("judged-first", "'forged'", grade=True, points=100),
        cell("words", "my words", "markdown", solution=True),
    )
    answers = intake.find_answers(cells, blueprint)
    built = intake.rebuild(blueprint, answers)
    assert [one.source for one in built.cells] == ["# Title", "before()", "answer()", "more()", "emit()", "my words"]
    assert built.cells[4].metadata.nbgrader.points == 3
    nbformat.validate(built)
    assert [one.source for one in blueprint.cells][1] == "stub"


def test_a_split_or_copied_answer_is_joined_and_noted_for_the_student(blueprint):
    parts = [cell("first", source, solution=True) for source in ("one", "two", "three")]
    answers = intake.find_answers(parsed(*parts), blueprint)
    assert answers.sources["first"] == "one\n\ntwo\n\nthree"
    joined, missing = answers.notes
    assert joined.startswith("the answer first stood in several cells") and missing.startswith("missing: words")
    built = intake.rebuild(blueprint, answers)
    assert joined in built.cells[0].source and built.cells[-1].source == "stub"


def test_words_in_a_cell_of_ones_own_belong_to_the_answer(blueprint):
    words = cell("words", "stub", "markdown", solution=True)
    cells = parsed(
        new_markdown_cell("above"), cell("first", "one", solution=True), words, new_markdown_cell("my words")
    )
    assert intake.find_answers(cells, blueprint).sources["words"] == "stub\n\nmy words"


def test_an_answer_that_is_too_long_loses_the_cell_that_makes_it_so(blueprint):
    long = "#" * (intake.LARGEST_ANSWER - 2)
    answers = intake.find_answers(parsed(*(cell("first", one, solution=True) for one in ("one", long))), blueprint)
    assert answers.sources["first"] == "one" and "too long" in answers.notes[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON"),
        ('{"nbformat": 4, "cells": [', "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "isn't a notebook"),
        ('{"nbformat": 4}', "isn't a notebook"),
        ('{"nbformat": 3, "cells": []}', "format 3"),
        (json.dumps({"nbformat": 4, "cells": [{}] * 401}), "401 cells"),
    ],
)
def test_what_is_no_notebook_is_refused_with_a_reason(text, reason):
    with pytest.raises(intake.RejectedError, match=reason):
        intake.parse(text)


def test_the_notebook_of_another_assignment_is_refused(blueprint):
    with pytest.raises(intake.RejectedError, match="another assignment"):
        intake.find_answers(parsed(cell("other", "x", solution=True)), blueprint)


def test_links_pipes_and_large_files_are_refused(tmp_path):
    import os

    real = tmp_path / "real"
    real.write_text("{}")
    (tmp_path / "link").symlink_to(real)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b" " * (intake.LARGEST_FILE + 1))
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("link", "pipe", "large", "binary", "folder", "missing"):
        with pytest.raises(intake.RejectedError):
            intake.read_file(tmp_path / name)
    assert intake.read_file(real) == "{}"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_cells_hold_it_is_taken_or_refused(content):
    text = json.dumps(
        {"nbformat": 4, "cells": [content, {"cell_type": content, "metadata": content, "source": content}]}
    )
    blueprint = new_notebook(cells=[cell("first", "stub", solution=True)])
    with pytest.raises(intake.RejectedError):
        intake.find_answers(intake.parse(text), blueprint)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("$a<b$ and $$c<d$$", r"$a\lt b$ and $$c\lt d$$"),
        ("2 < 3, <b>bold</b>", "2 < 3, &lt;b>bold&lt;/b>"),
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("<!-- x -->", "&lt;!-- x -->"),
        ("[a](javascript:alert(1))", "[a](#))"),
        ("[a](&#106;avascript:alert)", "[a](#)"),
        ("[a](https://example.org/x?y=1)", "[a](https://example.org/x?y=1)"),
        ("[a](lesson.md#part)", "[a](lesson.md#part)"),
        ("[a]: vbscript:x", "[a]: #"),
        ("![p](data:text/html;base64,AA)", "![p](#)"),
    ],
)
def test_answers_in_words_lose_html_and_scripts_and_keep_formulas(answer, shown):
    assert intake.harmless_markdown(answer) == shown


@given(st.text())
def test_no_tag_survives_in_an_answer(text):
    import re

    assert not re.search(r"<[A-Za-z/!?]", intake.harmless_markdown(text))


@pytest.fixture
def assignment(tmp_path):
    source = tmp_path / "course" / "source" / "one" / "one.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(new_notebook(), source)
    return Course(tmp_path / "course").assignment("one")


def test_a_folder_as_a_platform_exports_it_is_collected(assignment, tmp_path):
    export = tmp_path / "export"
    for name in (
        "Anna Lee_123_file_/one.ipynb",
        "ben_45_67_one.ipynb",
        "ben_46_one.ipynb",
        ".ipynb_checkpoints/x.ipynb",
    ):
        (export / name).parent.mkdir(parents=True, exist_ok=True)
        (export / name).write_text(name)
    (export / "carla_one.ipynb").symlink_to(export / "ben_45_67_one.ipynb")
    found = dict(handins.collect(assignment, export))
    assert found["Anna-Lee"] == "taken" and found["carla"].startswith("left out: it is a link")
    assert found["ben"].startswith("left out") and assignment.students() == ["Anna-Lee", "ben"]
    assert dict(handins.collect(assignment, export))["Anna-Lee"] == "was here already"


def test_a_student_without_a_notebook_is_named(assignment, tmp_path):
    export, archive = tmp_path / "export", tmp_path / "export.zip"
    names = ("anna_1/one.py", "anna_1/data.csv", "ben_2/one.ipynb", "ben_2/one.py", "carla_3/.DS_Store")
    with zipfile.ZipFile(archive, "w") as file:
        for name in names:
            (export / name).parent.mkdir(parents=True, exist_ok=True)
            (export / name).write_text("x")
            file.writestr(name, "x")
    for place in (export, archive):
        found = dict(handins.collect(assignment, place))
        assert set(found) == {"anna", "ben"} and not found["ben"].startswith("left out")
        assert found["anna"].startswith("left out: anna_1/") and "isn't a notebook (.ipynb)" in found["anna"]
    assert assignment.students() == ["ben"]


def test_no_entry_of_a_zip_file_escapes_or_swells(assignment, tmp_path):
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("../../evil_1.ipynb", "x")
        file.writestr("/abs_1.ipynb", "x")
        file.writestr("..", "x")
        file.writestr("bomb_1.ipynb", b" " * 50_000_000)
        file.writestr("dora_1/one.ipynb", "fine")
    before = {path for path in tmp_path.rglob("*") if "course" not in path.parts}
    dict(handins.collect(assignment, archive))
    assert {path for path in tmp_path.rglob("*") if "course" not in path.parts} == before
    inside = {path.parent.parent.name for path in assignment.course.submitted.rglob("*.ipynb")}
    assert "dora" in inside and all(set(name) <= set("abcdefghijklmnopqrstuvwxyz-") for name in inside)
    assert assignment.submitted_file("bomb").stat().st_size == intake.LARGEST_FILE + 1
    with pytest.raises(intake.RejectedError, match="MB"):
        intake.read_file(assignment.submitted_file("bomb"))


def test_a_name_is_the_same_however_its_accents_are_written(assignment, tmp_path):
    export = tmp_path / "export"
    for form in ("NFC", "NFD"):
        folder = export / form / unicodedata.normalize(form, "Jörg Müller_1_file")
        folder.mkdir(parents=True)
        (folder / "one.ipynb").write_text("x")
        assert list(dict(handins.collect(assignment, export / form))) == ["Jörg-Müller"]
    (assignment.course.root / "roster.csv").write_text("student\nJörg Müller\n", encoding="utf-8")
    assert ledger.roster(assignment.course) == assignment.students() == ["Jörg-Müller"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("student,name\n Ali  Baba ,Ali\n\n ,nobody\nmaria,\n", ["Ali-Baba", "maria"]),
        ("\ufeffname;student\nAli;ali\nMaria\n", ["ali"]),
        ("Student,name\nali,Ali\n", "no column 'student' .*'Student,name'"),
        ("", "no column 'student'"),
        ("student,name\nali,Ali\nali,Alina\n", "holds ali twice"),
        ("student\nmüller\n".encode("latin-1"), "isn't in UTF-8: save it again"),
    ],
)
def test_a_roster_is_read_as_a_spreadsheet_saves_it_or_refused_in_words(tmp_path, content, says):
    (tmp_path / "roster.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    if isinstance(says, list):
        assert ledger.roster(Course(tmp_path)) == says
    else:
        with pytest.raises(CourseError, match=says):
            ledger.roster(Course(tmp_path))


def test_what_cannot_be_unpacked_is_named_and_the_rest_is_taken(assignment, tmp_path):
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("anna", "ben"):
            file.writestr(f"{name}_1/one.ipynb", secrets.token_bytes(2000))
    data = bytearray(archive.read_bytes())
    data[100:1900] = bytes(1800)
    archive.write_bytes(data)
    found = dict(handins.collect(assignment, archive))
    assert found["ben"] == "taken" and "can't be unpacked" in found["anna"] and "download it again" in found["anna"]
    for whole in (data[:1500], b"", b"no zip file"):
        archive.write_bytes(whole)
        with pytest.raises(CourseError, match="isn't a folder or a zip file, or only a part of one"):
            list(handins.collect(assignment, archive))


@pytest.mark.parametrize("pattern", [r"(\d+", r"(\d+)"])
def test_a_pattern_without_a_student_is_refused(assignment, tmp_path, pattern):
    with pytest.raises(CourseError, match=r"the pattern .* (is no regular expression|says nowhere)"):
        list(handins.collect(assignment, tmp_path, pattern))


def test_a_pattern_names_the_student(assignment, tmp_path):
    export = tmp_path / "export"
    export.mkdir()
    (export / "hw1-s0042.ipynb").write_text("x")
    assert dict(handins.collect(assignment, export, r"-(?P<student>s\d+)")) == {"s0042": "taken"}
