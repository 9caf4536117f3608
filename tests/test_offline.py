"""The archives for people without a network or without git: what is in them, and that it works unpacked."""

import json
import re
import subprocess
import sys
import zipfile

import pytest

from browser import ROOT, open_chromium, record_faults
from test_site import SITE

sys.path.append(str(ROOT / "tools"))
import pack_offline
import setup_environment

LESSON = "notebooks/03_linear_regression/05_linear_regression_from_scratch"
RELATIVE = re.compile(r"\]\(((?!https?:|#|mailto:)[^)\s]+)\)")


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """Folder with both archives of the built site."""
    if not (SITE / "index.html").is_file():
        pytest.fail("there is no _build/html/index.html: run `make book` first", pytrace=False)
    folder = tmp_path_factory.mktemp("archives")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pack_offline, "BUILD", folder)
        patch.setattr(pack_offline, "ROOT", folder)
        files = pack_offline.list_class(ROOT, SITE)
        patch.setattr(pack_offline, "list_class", lambda root, site: files)
        assert pack_offline.main() == 0
    for path in folder.glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def class_folder(archives):
    """What a class gets, unpacked."""
    return archives / "deep_learning_course_notebooks"


@pytest.fixture(scope="module")
def unpacked_site(archives):
    """Address of the site, unpacked on a disk."""
    return (archives / "deep_learning_course_site").as_uri()


@pytest.fixture(scope="module")
def context():
    """A browser that reaches nothing, not even this machine."""
    with open_chromium() as browser:
        context = browser.new_context(color_scheme="light", offline=True)
        context.set_default_timeout(10_000)
        yield context


@pytest.fixture
def page(context):
    """An empty tab, and what goes wrong in it."""
    page = context.new_page()
    page.faults = record_faults(page)
    yield page
    page.close()


def test_the_same_files_give_the_same_bytes(tmp_path):
    files = {"b.txt": b"second", "a.txt": b"first"}
    path = tmp_path / "c.txt"
    path.write_bytes(b"third")
    pack_offline.write_archive(tmp_path / "1.zip", "folder", {**files, "c.txt": path})
    path.touch()
    pack_offline.write_archive(tmp_path / "2.zip", "folder", {"c.txt": path, **dict(sorted(files.items()))})
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        assert archive.namelist() == ["folder/a.txt", "folder/b.txt", "folder/c.txt"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_an_archive_that_fails_leaves_the_former_one(tmp_path):
    path = tmp_path / "site.zip"
    path.write_bytes(b"former")
    with pytest.raises(FileNotFoundError):
        pack_offline.write_archive(path, "folder", {"a.txt": tmp_path / "missing"})
    assert [path] == list(tmp_path.iterdir()) and path.read_bytes() == b"former"


def test_without_a_site_one_line_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pack_offline, "SITE", tmp_path)
    assert pack_offline.main() == 1
    assert capsys.readouterr().err == "offline: there is no site yet. Build it with `make book`.\n"


# The site from a disk.


def test_the_site_opens_from_a_disk_at_its_first_page(page, unpacked_site):
    page.goto(f"{unpacked_site}/index.html")
    page.wait_for_url("**/book/index.html")
    page.click("a.start-button")
    page.wait_for_url("**/01_what_is_deep_learning.html")
    assert page.faults == []


def test_a_lesson_from_a_disk_shows_formulas_and_figures_and_leads_to_its_notebook(page, unpacked_site, archives):
    page.goto(f"{unpacked_site}/{LESSON}.html")
    page.evaluate("window.MathJax?.startup?.promise.then(() => 0)")
    bare = """() => [...document.querySelectorAll(".math")].filter(one => /\\\\[([]/.test(one.innerText)).length"""
    assert page.locator(".math").count() > 20 and page.evaluate(bare) == 0
    broken = """async () => {
        const pictures = [...document.images];
        pictures.forEach(picture => { picture.loading = "eager"; });
        await Promise.allSettled(pictures.map(picture => picture.decode()));
        return [pictures.length, pictures.filter(picture => !picture.naturalWidth).length];
    }"""
    number, bad = page.evaluate(broken)
    assert number >= 2 and bad == 0
    assert page.faults == []
    # A browser hands over no file from a disk, but leads to it: the reader saves it, or takes it from the folder.
    page.locator(".btn-download-source-button").first.evaluate("link => link.click()")
    page.wait_for_url(f"**/_sources/{LESSON}.ipynb")
    notebook = archives / "deep_learning_course_site" / "_sources" / f"{LESSON}.ipynb"
    assert notebook.read_bytes() == (ROOT / f"{LESSON}.ipynb").read_bytes()


def test_the_search_works_from_a_disk(page, unpacked_site):
    page.goto(f"{unpacked_site}/search.html?q=broadcasting")
    page.click("#search-results li a >> nth=0")
    page.wait_for_url(lambda address: "/search.html" not in address)
    assert "broadcasting" in page.inner_text("main").lower() and page.faults == []


def test_the_theme_switch_works_from_a_disk_and_is_remembered(page, unpacked_site):
    page.goto(f"{unpacked_site}/book/notation.html")
    for _ in range(3):
        page.click(".theme-switch-button")
        if page.evaluate("document.documentElement.dataset.mode") == "dark":
            break
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


# What a class gets.


def test_a_class_gets_all_lessons_and_assignments_as_the_site_has_them(class_folder):
    for folder, source in (("notebooks", ROOT / "notebooks"), ("assignments", SITE / "assignments")):
        theirs = {path.relative_to(class_folder / folder): path for path in (class_folder / folder).rglob("*.ipynb")}
        ours = {
            path.relative_to(source): path for path in source.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
        }
        assert theirs.keys() == ours.keys() and ours
        assert all(theirs[name].read_bytes() == ours[name].read_bytes() for name in ours)


def test_a_class_gets_no_judge_no_planted_mistake_and_no_answer_to_an_assignment(class_folder):
    paths = [path.relative_to(class_folder).as_posix() for path in class_folder.rglob("*") if path.is_file()]
    assert not [path for path in paths if re.search(r"judges|mutants|source/|teaching|instructor|^tests/|\.git", path)]
    texts = "".join(path.read_text(encoding="utf-8") for path in (class_folder / "assignments").rglob("*.ipynb"))
    assert "BEGIN SOLUTION" not in texts and "BEGIN HIDDEN" not in texts and "NotImplementedError" in texts


def test_what_a_lesson_reads_or_links_to_is_in_the_archive(class_folder):
    missing = set()
    for path in [*class_folder.glob("notebooks/*/*.ipynb"), *class_folder.glob("assignments/*.ipynb")]:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            text = "".join(cell["source"])
            code = re.findall(r"[\"']((?:\.\./)+[^\"']+)[\"']", text) if cell["cell_type"] == "code" else ()
            prose = RELATIVE.findall(text) if cell["cell_type"] == "markdown" else ()
            names = [name.split("#")[0] for name in (*code, *prose)]
            missing.update((path.name, name) for name in names if not (path.parent / name).exists())
    assert not missing


def test_a_class_s_set_up_installs_what_lessons_need_and_no_more(class_folder, monkeypatch):
    assert setup_environment.list_extras() == ["book", "classroom", "dev", "lab"]
    monkeypatch.setattr(setup_environment, "ROOT", class_folder)
    assert setup_environment.list_extras() == ["lab"]
    listed = subprocess.run(["make", "help"], cwd=class_folder, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make ([a-z-]+)", listed, re.M) == ["help", "setup", "lab", "board"]
    assert all((class_folder / name).is_file() for name in setup_environment.INPUTS)


def test_the_package_of_a_class_can_be_built(class_folder, tmp_path):
    program = "from setuptools import build_meta; import sys; print(build_meta.build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=class_folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    assert {"d2lutils/training.py", "d2lutils/data/tale.txt", "d2lutils/data/catalogue.toml"} <= set(names)
