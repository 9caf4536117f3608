"""The book on paper: two small pages through a real Chromium, and what joins them."""

import errno
import os
import sys
from contextlib import nullcontext
from pathlib import Path

import pikepdf
import pytest

from browser import ROOT, browser_path, finder

sys.path.append(str(ROOT / "tools"))
import join_pdf
import page_printer
import print_book

PAGE = """<!doctype html><html lang="en"><head><title>{title}</title>
<link rel="stylesheet" media="print" href="../_static/print.css">
<script defer src="../_static/print.js"></script></head>
<body><div class="bd-content"><button>Copy</button><article class="bd-article"><section id="{name}">
<h1>{title}<a class="headerlink" href="#{name}">#</a></h1>{body}</section></article></div></body></html>"""
QUESTION = "<p id='asked'>What is 2 + 2?</p><details><summary>Show the answer</summary><p id='said'>Four.</p></details>"
BODIES = {
    "one": f"""<p>See <a href="two.html#far-below">two</a>, <a href="two.html">all of two</a>, <a href="#near">near</a>,
        <a href="https://example.com/">outside</a>, <a href="one.ipynb">the notebook</a>.</p>{QUESTION}
        <section id="near"><h2>Near</h2><p>Words.</p></section>""",
    "two": """<section id="first"><h2>First</h2><p style="height: 1500px">Long.</p></section>
        <section id="far-below"><h2>Far below</h2><p>Back to <a href="one.html#near">one</a>.</p></section>""",
}
TOC = "root: book/one\nparts:\n  - caption: The part\n    chapters:\n      - file: book/two\n"


def write_page(site, name, body):
    """Write a page of the small site; its title is its name with a capital."""
    (site / "book" / f"{name}.html").write_text(PAGE.format(name=name, title=name.title(), body=body), encoding="utf-8")


@pytest.fixture(scope="module")
def printer():
    """One browser for all tests of the module."""
    browser_path()  # without one it skips
    with page_printer.open_printer(page_printer.PAPERS["A4"]) as printer:
        yield printer


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A site of two pages, with the book's own style and script for paper, in the place of the real one."""
    site = tmp_path / "html"
    (site / "book").mkdir(parents=True)
    (site / "_static").mkdir()
    (site / "index.html").touch()
    for name in ("print.css", "print.js"):
        (site / "_static" / name).write_bytes((ROOT / "book" / "_static" / name).read_bytes())
    for name, body in BODIES.items():
        write_page(site, name, body)
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    settings = {"SITE": site, "TOC": tmp_path / "_toc.yml", "BUILD": tmp_path, "ROOT": tmp_path}
    for name, value in {**settings, "CACHE": tmp_path / "print"}.items():
        monkeypatch.setattr(print_book, name, value)
    monkeypatch.setattr(sys, "argv", ["print_book.py"])
    return site


@pytest.fixture
def press(site, printer, monkeypatch):
    """A site whose book can be printed; starting the browser anew each time would take most of the time."""
    monkeypatch.setattr(print_book, "open_printer", lambda paper: nullcontext(printer))
    return site


@pytest.fixture
def book(press):
    """The printed book, opened."""
    assert print_book.main() == 0
    with pikepdf.open(press.parent / "deep_learning_course.pdf") as book:
        yield book


def list_links(book):
    """(page, place or address) of each link, in order; pages are counted from 1."""
    for number, page in enumerate(book.pages, start=1):
        for link in page.get("/Annots", ()):
            yield number, str(link.A.get("/D", link.A.get("/URI")))


def page_of(book, name):
    """Number of the page on which a named place lies."""
    place = pikepdf.NameTree(book.Root.Names.Dests)[name]
    return 1 + next(index for index, page in enumerate(book.pages) if page.obj.objgen == place[0].objgen)


def test_the_book_has_links_bookmarks_tags_and_says_what_it_is(book):
    # Title page, contents, one, and two, which is long.
    assert len(book.pages) == 5
    assert list(list_links(book)) == [
        *((2, f"book/{name}.html") for name in ("one", "two")),
        (3, "book/two.html#far-below"),
        (3, "book/two.html"),
        (3, "book/one.html#near"),
        (3, "https://example.com/"),
        (3, "book/one.html#answer-1-on-paper"),
        (3, "book/one.html#place-1-on-paper"),
        (5, "book/one.html#near"),
    ]
    assert [page_of(book, f"book/{name}") for name in ("one.html", "two.html", "two.html#far-below")] == [3, 4, 5]
    with book.open_outline() as outline:
        contents, one, part = outline.root
        assert [contents.title, one.title, part.title] == ["Contents", "One", "The part"]
        assert [section.title for section in one.children] == ["Near", "Answers"]
        [two] = part.children
        assert [section.title for section in two.children] == ["First", "Far below"]
        assert two.children[1].destination[0].objgen == book.pages[4].obj.objgen
    check_tags(book)
    with book.open_metadata() as data:
        assert data["dc:title"] == "Deep Learning: a Course Book" and list(data["dc:language"]) == ["en"]
    assert str(book.docinfo.Author) == "the course's authors" and str(book.Root.Lang) == "en"


def check_tags(book):
    """Every numbered page and link stands in the tree of tags, which has one document with a part for each piece."""
    document = book.Root.StructTreeRoot.K
    assert [str(part.T) for part in document.K] == ["Deep Learning: a Course Book", "Contents", "One", "Two"]
    numbers = book.Root.StructTreeRoot.ParentTree.Nums
    known = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
    held = [(holder, int(holder[key])) for holder, key in join_pdf.numbered_parts(book.pages)]
    assert len(held) == len({number for _, number in held}) == len(known)
    links = [(holder, known[number]) for holder, number in held if holder.get("/Subtype") == "/Link"]
    # A tag that refers to the wrong link would read out another text.
    assert links and all(part_of_link(tag).objgen == link.objgen for link, tag in links)


def part_of_link(tag):
    """The link that a tag refers to."""
    parts = tag.K if isinstance(tag.K, pikepdf.Array) else [tag.K]
    return next(part.Obj for part in parts if isinstance(part, pikepdf.Dictionary) and "/Obj" in part)


def test_a_second_run_prints_what_has_changed_and_gives_the_same_book_for_the_same_pages(press, capsys):
    def run():
        assert print_book.main() == 0
        printed = [line for line in capsys.readouterr().err.splitlines() if ": page " in line]
        return printed, (press.parent / "deep_learning_course.pdf").read_bytes()

    first, again = run(), run()
    assert len(first[0]) == 2 and again == ([], first[1])
    write_page(press, "two", BODIES["two"] + "<p>More.</p>")
    assert run()[0] == ["print: page 2 of 2: book/two.html"]
    with (press / "_static" / "print.css").open("a") as style:
        style.write("p { color: black }")
    assert len(run()[0]) == 2
    assert len(list((press.parent / "print" / "A4").iterdir())) == 4  # what is no longer used has gone


def test_an_interrupted_run_leaves_no_book_and_goes_on_where_it_stopped(press, capsys, monkeypatch):
    printing = page_printer.Printer.print_page

    def interrupt(printer, address):
        if "two" in address:
            raise KeyboardInterrupt
        return printing(printer, address)

    with monkeypatch.context() as patch:
        patch.setattr(page_printer.Printer, "print_page", interrupt)
        assert print_book.main() == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("print: stopped. Run the command again")
    assert not list(press.parent.glob("*.p*"))
    assert print_book.main() == 0
    assert [line for line in capsys.readouterr().err.splitlines() if "page" in line] == [
        "print: page 2 of 2: book/two.html"
    ]


def test_a_link_to_nowhere_is_told_and_the_former_book_stays(press, capsys):
    former = press.parent / "deep_learning_course.pdf"
    former.write_bytes(b"the former book")
    write_page(press, "two", "<p><a href='three.html'>three</a>, <a href='one.html#nowhere'>nowhere</a></p>")
    assert print_book.main() == 1
    said = capsys.readouterr().err
    assert "page 4: a link leads to book/three.html, which" in said and "book/one.html#nowhere, which" in said
    assert former.read_bytes() == b"the former book" and list(press.parent.glob("*.p*")) == [former]


def test_what_is_wrong_on_paper_is_told_each_time(press, capsys):
    faults = {
        "<div><p style='width: 900px'>wide</p></div>": "wider than the paper: <p style",
        "<img src='nothing.png' alt='Nothing'>": "picture isn't loaded: nothing.png",
        r"<span class='math'>\(x^2\)</span>": r"formula isn't drawn: \(x^2\)",
    }
    write_page(press, "one", "".join(faults) + "<section id='near'></section>")
    for _ in range(2):
        assert print_book.main() == 0
        said = capsys.readouterr().err
        assert all(f"print: book/one.html: {fault}" in said for fault in faults.values())


def test_without_a_browser_one_line_says_so(site, capsys, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    assert print_book.main() == 1
    assert capsys.readouterr().err.startswith("print: CHROMIUM is '/no/such/browser', and should be")


def test_without_a_site_one_line_says_so(site, capsys):
    (site / "index.html").unlink()
    assert print_book.main() == 1
    assert capsys.readouterr().err == "print: there is no site yet. Build it with `make book`.\n"


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(press, capsys, monkeypatch):
    def fail(path, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", fail)
    assert print_book.main() == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("print: the disk is full.")
    assert not list((press.parent / "print" / "A4").iterdir())


def test_a_font_that_is_left_out_is_found(tmp_path):
    book = pikepdf.new()
    page = book.add_blank_page()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.add_resource(book.make_indirect(font), pikepdf.Name.Font)
    book.Root.Names = pikepdf.Dictionary(Dests=pikepdf.NameTree.new(book).obj)
    book.save(tmp_path / "bare.pdf")
    assert join_pdf.find_faults(tmp_path / "bare.pdf") == ["the font /Helvetica isn't embedded"]


# What print.js does to a page, and undoes.

ORDER = """() => [...document.querySelectorAll('#asked, #near, #said')].map(element => element.id)"""
LOOK = "() => document.querySelector('article').innerHTML"


def fire(page, name):
    """Tell a page that it is about to be printed, or was."""
    page.evaluate(f"window.dispatchEvent(new Event('{name}'))")


@pytest.fixture
def page(printer, site):
    """The first page in a tab in dark mode."""
    page = printer.browser.new_page(color_scheme="dark")
    page.goto((site / "book" / "one.html").as_uri())
    yield page
    page.close()


def test_for_paper_answers_go_to_the_end_of_the_page_and_afterwards_back(page):
    before = page.evaluate(LOOK)
    assert page.evaluate(ORDER) == ["asked", "said", "near"] and not page.is_visible("#said")
    fire(page, "beforeprint")
    assert page.evaluate(ORDER) == ["asked", "near", "said"] and page.is_visible("#said")
    assert page.inner_text("#place-1-on-paper") == "Answer 1 is at the end of this chapter."
    fire(page, "afterprint")
    assert page.evaluate(LOOK) == before


def test_an_answer_that_was_printed_is_not_taken_for_one_that_was_opened(page):
    page.evaluate("document.addEventListener('toggle', () => { window.opened = true; }, true)")
    fire(page, "beforeprint")
    fire(page, "afterprint")
    page.wait_for_timeout(100)
    assert page.evaluate("window.opened") is None


def test_paper_is_light_in_dark_mode_too_and_has_no_buttons(page):
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    fire(page, "beforeprint")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert not page.is_visible("button")
    fire(page, "afterprint")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_finder_s_flags_keep_a_browser_from_the_outside():
    assert any("~NOTFOUND" in flag for flag in finder.browser_flags())
