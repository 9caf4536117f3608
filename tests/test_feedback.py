"""The page of feedback: what a student reads on it, what it asks of other places (nothing), and how it looks."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import axe_playwright_python
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_output
from nbgrader.api import Gradebook

from assignments import feedback, soundness
from browser import open_chromium, record_faults
from classroom import FIRST, ROOT, command, hand_in, make_course, need_sandbox, write_hand_in

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
ESSAY = r"""It needs $10^4 \cdot 10^4 \cdot 365 \cdot 4$ bytes.

$$\sum_i (a_i - b_i)^2$$

![a picture](https://elsewhere.example/x.png) <script>document.title = 'OWNED'</script>
"""
COMMENT = "What goes wrong with $x^2$? <b>Nothing</b> is said of it."
CALLS = "print('a long line ' * 40)\nimport torch\ntorch.ones(2, 3) @ torch.ones(2, 3)"
PROGRAM = f"import subprocess, sys\nprint(subprocess.run({[sys.executable, '-c', 'import json; json.loads(0)']}, "
PROGRAM += "capture_output=True, text=True).stderr)"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Paths of the pages of four students, and what the command said."""
    need_sandbox()
    course = make_course(tmp_path_factory.mktemp("course"))
    assignment = course.assignment(FIRST)
    right = soundness.reference_answers(assignment)
    wrong = {**right, "distances": right["distances"].replace(".sqrt()", "")}
    wrong["summaries"] = wrong["summaries"].replace("argmax", "argmin")
    for student, text in {
        "anna": hand_in(assignment, "right", essay=ESSAY),
        "ben": hand_in(assignment, {}, essay=None),
        "carl": hand_in(assignment, wrong, essay=ESSAY, extra={"distances": CALLS, "summaries": PROGRAM}),
        "dora": hand_in(assignment, wrong, extra={"nearest": "import os\nos._exit(0)"}),
    }.items():
        write_hand_in(course, FIRST, student, text)
    done = command(course.root, "grade")
    assert done.stdout.count(": graded") == 4, done.stdout + done.stderr
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "deep-learning") as book:
        grade = book.find_grade("memory", FIRST, FIRST, "carl")
        grade.manual_score, grade.needs_manual_grade = 3.5, False
        book.find_comment("memory", FIRST, FIRST, "carl").manual_comment = COMMENT
        book.db.commit()
    said = command(course.root, "feedback", FIRST)
    assert said.returncode == 0, said.stderr
    paths = {
        name: course.root / "feedback" / name / FIRST / f"{FIRST}.html" for name in ("anna", "ben", "carl", "dora")
    }
    return paths, said


def soup_of(pages, student):
    return BeautifulSoup(pages[0][student].read_text(encoding="utf-8"), "html.parser")


def summary_of(pages, student):
    """What stands at the top: the line on the points, and a line for each task."""
    soup = soup_of(pages, student)
    return [" ".join(found.get_text().split()) for found in soup.header.find_all(["h2", "li"])]


def test_the_top_says_of_each_task_what_it_earned(pages):
    assert summary_of(pages, "carl") == [
        "16.3 of 22 points",
        "Task 1: one number for each town: 1.8 of 3",
        "Task 2: a common scale: 4 of 4",
        "Task 3: how far apart? 0 of 4",
        "Task 4: which towns are alike? 4 of 4",
        "Task 5: a town from its neighbours: 3 of 3",
        "Task 6: what does it cost? 3.5 of 4, with a comment",
    ]
    assert summary_of(pages, "ben")[-1] == "Task 6: what does it cost? 0 of 4, nothing was answered"
    soup = soup_of(pages, "carl")
    assert all(soup.find(id=link["href"][1:]) for link in soup.header.find_all("a"))


def test_a_question_that_nobody_has_marked_is_no_zero(pages):
    lines = summary_of(pages, "anna")
    assert lines[0] == "18 of 18 points so far; 4 more aren't marked yet"
    assert lines[-1] == "Task 6: what does it cost? not marked yet"
    assert "0 of 4" not in soup_of(pages, "anna").get_text()
    said = pages[1].stderr.strip()
    assert "\n" not in said and re.search(r"isn't marked yet.* of: anna, dora\.", said)


def test_the_page_explains_without_what_is_meant_for_machines(pages):
    text = soup_of(pages, "carl").get_text()
    assert re.search(r"✗ two rows to four: \d of 8 numbers aren't right", text)
    assert "How this answer is marked" in text
    for noise in ("Out[", "judged-", "No response", "BEGIN HIDDEN", "emit(", "# What was tried"):
        assert noise not in text, noise


def test_that_the_run_was_stopped_is_said_only_where_nothing_was_tried(pages):
    tried = {part["id"]: part.get_text() for part in soup_of(pages, "dora").find_all(class_="tried")}
    stopped = {name for name, text in tried.items() if "The run was stopped" in text}
    assert "✗" in tried["judged-distances"] and stopped == {"judged-nearest", "judged-estimate"}
    lines = "✗ one town: nothing came\nThe run was stopped: it took too long.\n"
    cell = new_code_cell(outputs=[new_output("stream", name="stdout", text=lines)])
    assert feedback.judged_lines(cell) == [("✗", "one town: nothing came")]


def test_errors_are_short_and_name_no_folder_of_this_machine(pages):
    soup = soup_of(pages, "carl")
    error = soup.find("pre", class_="error").get_text()
    assert "mat1 and mat2 shapes cannot be multiplied" in error and len(error.splitlines()) <= 9
    printed = soup.find(class_="own").find("pre", class_="output").get_text()
    assert "Traceback: …" in printed and "TypeError" in printed and len(printed.splitlines()) <= 6
    for path in pages[0].values():
        shown = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").find_all("pre", class_="output")
        for place in (ROOT, sys.prefix, sys.base_prefix, Path.home()):
            assert not any(f"{place}/" in part.get_text() for part in shown), place


def test_folders_go_and_files_addresses_and_fractions_stay():
    long = {"ename": "E", "evalue": "e", "traceback": ["-" * 70, *[f"line {number}" for number in range(30)], "E: e"]}
    assert feedback.short_error(long).splitlines() == ["…", *[f"line {number}" for number in range(23, 30)], "E: e"]
    assert feedback.short_error({"ename": "E", "evalue": "no '/home/x/data.csv'"}) == "E: no 'data.csv'"
    for kept in ("a/b/c", "1 / 2 / 3", "https://pytorch.org/docs/x", "3/4"):
        assert feedback.short_error({"ename": "E", "evalue": kept}) == f"E: {kept}"
    assert feedback.short_stream("/data/own/x.csv 3/4\n") == "/data/own/x.csv 3/4\n"
    assert feedback.short_stream(f"in {ROOT}/notebooks\r\n") == "in notebooks\n"


def test_formulas_become_mathml_and_whatever_else_stays_text():
    html = feedback.formula_html(r"a \lt b \cdot \frac{1}{2}", "inline")
    assert html.startswith('<math display="inline">') and "<mo>&lt;</mo>" in html and "·" in html and "<mfrac>" in html
    hostile = [
        r"\href{javascript:alert(1)}{x}",
        r"\class{x}{y}",
        r"\text{<script>alert(1)</script>}",
        r"\text{&lt;img src=x onerror=alert(1)>}",
        r"\newcommand{\a}{\a\a}\a",
        r"\def\a{\a\a}\a",
        r"\foo{",
        r"\frac",
        "{" * 1500,
        "x" * 10_000,
    ]
    for latex in hostile:
        soup = BeautifulSoup(feedback.formula_html(latex, "block"), "html.parser")
        assert not soup.find(["script", "img", "a"]), latex
        assert {tag.name for tag in soup.find_all()} <= {*feedback.MATHML, "code"}
        assert not any(
            name.startswith("on") or name in {"href", "style"} for tag in soup.find_all() for name in tag.attrs
        )


def test_a_students_text_is_never_html_of_the_page():
    text = str(feedback.markdown_html("# A\n\n<img src=x onerror=alert(1)> [a](javascript:alert(1)) `&<b>`", deeper=2))
    soup = BeautifulSoup(text, "html.parser")
    assert soup.h3.get_text() == "A" and not soup.find("img")
    assert not soup.a or "javascript" not in soup.a["href"]
    assert "<img src=x onerror=alert(1)>" in soup.get_text() and soup.code.get_text() == "&<b>"
    # Markdown goes on behind a tag.
    assert "<math" in str(feedback.markdown_html("<script>x</script> and $a$", deeper=2))


def test_the_page_fetches_nothing(pages):
    for path in pages[0].values():
        html = path.read_text(encoding="utf-8")
        soup = BeautifulSoup(html, "html.parser")
        assert "default-src 'none'" in soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
        assert not soup.find(["script", "link", "iframe", "object", "embed", "video", "audio", "source"])
        assert all(picture["src"].startswith("data:image/png;base64,") for picture in soup.find_all("img"))
        assert not re.search(r"url\(|@import", "".join(style.get_text() for style in soup.find_all("style")))


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_readable_in_a_browser(pages, width, scheme):
    with open_chromium() as browser:
        # The page's own policy forbids scripts; only so may the test bring axe.
        page = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
        ).new_page()
        faults = record_faults(page)
        for student in ("anna", "carl"):
            page.goto(pages[0][student].as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            background = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert background == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(21, 23, 26)")
            assert page.locator("header h2").is_visible() and page.locator("math").count() >= 2
            page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
            page.evaluate(AXE)
            found = page.evaluate("axe.run().then(said => said.violations.map(one => `${one.id}: ${one.help}`))")
            assert found == [] and page.title() != "OWNED"
        assert faults == []


def test_an_installed_copy_has_the_template(tmp_path):
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("assignments", "d2lutils"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("submitted", "state", "source"))
    code = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / done.stdout.split()[-1]) as wheel:
        installed = {Path(name) for name in wheel.namelist()}
    ours = {path.relative_to(ROOT) for path in (ROOT / "assignments" / "templates").rglob("*") if path.is_file()}
    assert len(ours) == 3 and ours <= installed
