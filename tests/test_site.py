"""The built site: every page there, every link leads somewhere, nothing comes from outside.

These tests read the files below _build/html, which `make book` writes.
"""

import json
import re
from base64 import b64decode
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
FORMULAS = SITE / "_static" / "formulas"
# The drawn part of a formula is thousands of elements without words, addresses or names of places.
DRAWN = re.compile(r"<mjx-math .*?</mjx-math>", re.DOTALL)
# What a browser fetches by itself, and the attribute that names it. A plain link is fetched by a click only.
FETCHED = {"script": "src", "img": "src", "source": "srcset", "iframe": "src", "video": "src", "audio": "src"}
CSS_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


@pytest.fixture(scope="module", autouse=True)
def built_site():
    """Stop with one line when there is nothing to test."""
    if not (SITE / "index.html").is_file():
        pytest.fail("there is no _build/html/index.html: run `make book` first", pytrace=False)


def list_contents():
    """Pages of the table of contents in reading order, without endings."""
    contents = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    found = [contents["root"]]

    def walk(entries):
        for entry in entries:
            found.append(entry["file"])
            walk(entry.get("sections", ()))

    for part in contents["parts"]:
        walk(part["chapters"])
    return found


@cache
def parse(path):
    """A page as a tree of elements, the drawn parts of formulas left out."""
    return BeautifulSoup(DRAWN.sub("", path.read_text(encoding="utf-8")), "html.parser")


def all_pages():
    """Paths of all pages, without the root's index.html, which only leads on to the first page."""
    return sorted(path for path in SITE.rglob("*.html") if "_static" not in path.parts and path != SITE / "index.html")


def page_path(name):
    """Path of the page that the table of contents calls `name`."""
    return SITE / f"{name.removesuffix('.ipynb').removesuffix('.md')}.html"


def is_outside(address):
    """True for an address on some host, with or without a scheme."""
    return bool(urlsplit(address).netloc)


def target_of(page, address):
    """File that a link on a page leads to; the 404 page's links start at the site's root."""
    path = unquote(urlsplit(address).path)
    if not path:
        return page
    target = SITE / path.lstrip("/") if path.startswith("/") else page.parent / path
    return target.resolve()


def fetched_addresses(tree):
    """Yield the addresses that a browser fetches for a page, without a click."""
    for name, attribute in FETCHED.items():
        yield from (tag[attribute] for tag in tree.find_all(name) if tag.get(attribute))
    for tag in tree.find_all("link", href=True):
        # These name relations between pages and fetch nothing.
        if not {"next", "prev", "search", "index", "canonical", "author", "license"}.intersection(tag.get("rel", ())):
            yield tag["href"]
    for tag in tree.find_all(style=True):
        yield from css_addresses(tag["style"])
    for tag in tree.find_all("style"):
        yield from css_addresses(tag.get_text())


def css_addresses(css):
    """Addresses that a style sheet's text makes the browser fetch."""
    return [first or second for first, second in CSS_ADDRESS.findall(css)]


@cache
def anchors(page):
    """All places in a page that a link can lead to."""
    tree = parse(page)
    return {tag["id"] for tag in tree.find_all(id=True)} | {
        tag["name"] for tag in tree.find_all("a", attrs={"name": True})
    }


def test_every_page_of_the_table_of_contents_is_built():
    missing = [name for name in list_contents() if not page_path(name).is_file()]
    assert not missing


def test_the_site_opens_at_the_book_s_first_page():
    refresh = parse(SITE / "index.html").find("meta", attrs={"http-equiv": "Refresh"})
    assert refresh["content"] == f"0; url={list_contents()[0]}.html"


def test_the_landing_page_leads_to_the_first_lesson_with_one_click():
    landing = page_path(list_contents()[0])
    button = parse(landing).select_one("a.start-button")
    first_lesson = next(name for name in list_contents() if name.startswith("notebooks/"))
    assert target_of(landing, button["href"]) == page_path(first_lesson)


def test_every_lesson_offers_its_notebook_for_download():
    for name in list_contents():
        if name.startswith("notebooks/"):
            page = page_path(name)
            links = [tag["href"] for tag in parse(page).find_all("a", href=True, download=True)]
            notebooks = [target_of(page, link) for link in links if link.endswith(".ipynb")]
            assert notebooks, f"{name} offers no notebook"
            source = ROOT / f"{name.removesuffix('.ipynb')}.ipynb"
            for notebook in notebooks:
                assert notebook.read_bytes() == source.read_bytes(), f"{name} offers another notebook than its own"


def test_no_page_fetches_anything_from_another_host():
    outside = [
        f"{page.relative_to(SITE)}: {address}"
        for page in all_pages()
        for address in fetched_addresses(parse(page))
        if is_outside(address)
    ]
    assert not outside


def test_no_style_sheet_fetches_anything_from_another_host():
    outside = [
        f"{sheet.relative_to(SITE)}: {address}"
        for sheet in (SITE / "_static").rglob("*.css")
        for address in css_addresses(sheet.read_text(encoding="utf-8"))
        if is_outside(address)
    ]
    assert not outside


def test_everything_that_a_page_fetches_is_part_of_the_site():
    missing = [
        f"{page.relative_to(SITE)}: {address}"
        for page in all_pages()
        for address in fetched_addresses(parse(page))
        if not is_outside(address) and not address.startswith("data:") and not target_of(page, address).is_file()
    ]
    assert not missing


def test_every_formula_is_rendered_when_the_site_is_built():
    formulas = {page: parse(page).select(".math") for page in all_pages()}
    assert sum(map(len, formulas.values())) > 5000
    bare = [
        f"{page.relative_to(SITE)}: {formula.get_text()}"
        for page, found in formulas.items()
        for formula in found
        if not formula.select_one("mjx-container mjx-assistive-mml > math")
    ]
    assert not bare


def test_pages_with_formulas_and_no_others_ask_for_their_style_sheet():
    asking = {page for page in all_pages() if parse(page).select("link[href*='formulas/formulas.css']")}
    assert asking == {page for page in all_pages() if parse(page).select(".math")}


def test_a_paragraph_that_begins_with_a_number_is_no_list():
    assert [f"{page.name}: {found}" for page in all_pages() for found in parse(page).select("ol[start]")] == []


def test_no_paragraph_holds_another_or_a_list():
    assert [f"{page.name}: {found}" for page in all_pages() for found in parse(page).select("p p, p ul, p ol")] == []


def test_no_page_loads_mathjax():
    assert [page.name for page in all_pages() if "tex-chtml" in page.read_text(encoding="utf-8")] == []
    assert "Apache License" in (FORMULAS / "LICENSE.txt").read_text(encoding="utf-8")


def test_every_letter_of_a_formula_has_a_glyph():
    css = (FORMULAS / "formulas.css").read_text(encoding="utf-8")
    fonts = re.findall(r"font-family: MJXTEX-?(\w*); src: url\(\"data:font/woff2;base64,([^\"]+)", css)
    glyphs = {name: set(TTFont(BytesIO(b64decode(text))).getBestCmap()) for name, text in fonts}
    rules = re.findall(r"mjx-c\.(mjx-c[0-9A-F]+)(?:\.TEX-(\w+))?::before \{\n.*\ncontent: \"(.*)\"", css)
    shown = {
        (letter, font): re.sub(r"\\([0-9A-F]+)", lambda m: chr(int(m[1], 16)), text) for letter, font, text in rules
    }
    texts = [page.read_text(encoding="utf-8") for page in all_pages()]
    used = {pair for text in texts for pair in re.findall(r'<mjx-c class="(mjx-c[0-9A-F]+)(?: TEX-(\w+))?"', text)}
    assert len(used) > 150
    missing = []
    for letter, font in used:
        content = shown.get((letter, font)) or shown[letter, ""]
        # A backslash is written as two; an invisible operator shows nothing.
        missing += [] if not content or ord(content[-1]) in glyphs[font] else [(letter, font)]
    assert not missing


def test_displayed_formulas_are_numbered_by_us_or_by_the_lesson_and_not_by_both():
    tagged = 0
    for page in all_pages():
        tree = parse(page)
        formulas, numbers = tree.select("div.math"), tree.select(".eqno")
        if any(formula.find("mlabeledtr") for formula in formulas):
            tagged += 1
            assert numbers == [], page.name
        else:
            assert len(numbers) == len(formulas), page.name
    assert tagged, "no page tags its formulas: the case can go from book/_ext/numbered_equations.py"


def test_every_icon_of_a_page_has_a_glyph():
    css = (SITE / "_static/styles/book.css").read_text(encoding="utf-8")
    rules = re.findall(r'((?:\.fa-[\w-]+:before,?)+)\{content:"(.)"\}', css)
    points = {name: ord(glyph) for names, glyph in rules for name in re.findall(r"\.(fa-[\w-]+):", names)}
    drawn = set()
    for font in (SITE / "_static/vendor/fontawesome/webfonts").glob("*.woff2"):
        drawn |= set(TTFont(font).getBestCmap())
    shown = {name for page in all_pages() for tag in parse(page).select("[class*='fa-']") for name in tag["class"]}
    assert len(shown & set(points)) >= 5
    assert [name for name in shown & set(points) if points[name] not in drawn] == []


def test_every_link_inside_the_site_leads_to_a_place_that_exists():
    broken = []
    for page in all_pages():
        for tag in parse(page).find_all("a", href=True):
            address, anchor = urldefrag(tag["href"])
            if is_outside(address) or urlsplit(address).scheme:
                continue
            target = target_of(page, address)
            known = target.is_file()
            if known and anchor and target.suffix == ".html":
                known = unquote(anchor) in anchors(target)
            if not known:
                broken.append(f"{page.relative_to(SITE)}: {tag['href']}")
    assert not broken


def test_every_picture_has_alt_text():
    # No picture of the theme is decoration only: its icons are letters of a font. So none may be empty.
    bare = [
        f"{page.relative_to(SITE)}: {tag.get('src')}"
        for page in all_pages()
        for tag in parse(page).find_all("img")
        # Where an author gave no text, the builder writes the picture's address.
        if not tag.get("alt", "").strip() or tag["alt"].endswith((".png", ".jpg", ".jpeg", ".svg"))
    ]
    assert not bare


def test_every_picture_reserves_its_space_before_it_comes():
    pictures = [picture for page in all_pages() for picture in parse(page).find_all("img", loading="lazy")]
    assert pictures and all(int(picture["width"]) > 50 < int(picture["height"]) for picture in pictures)


def test_no_header_cell_of_a_table_is_empty():
    headers = [header for page in all_pages() for header in parse(page).find_all("th")]
    assert headers and all(header.get_text(strip=True) or header.find(class_="math") for header in headers)


def test_the_404_page_leads_to_the_contents_and_the_search():
    links = {tag["href"] for tag in parse(SITE / "404.html").select("article a[href]")}
    assert {f"/{list_contents()[0]}.html", "/search.html"} <= links


def test_every_page_links_to_the_next_and_the_previous():
    pages = [page_path(name) for name in list_contents()]
    for before, after in pairwise(pages):
        forward = parse(before).select_one("a.right-next")
        back = parse(after).select_one("a.left-prev")
        assert forward and target_of(before, forward["href"]) == after, f"{before.name} leads elsewhere"
        assert back and target_of(after, back["href"]) == before, f"{after.name} leads back elsewhere"


def test_the_search_index_knows_every_page_and_its_words():
    text = (SITE / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text[text.index("{") : text.rindex("}") + 1])
    names = [name.removesuffix(".ipynb").removesuffix(".md") for name in list_contents()]
    assert set(names) <= set(index["docnames"])
    for name in names:
        number = index["docnames"].index(name)
        words = [
            word for word, pages in index["terms"].items() if number in (pages if isinstance(pages, list) else [pages])
        ]
        assert words, f"no word of {name} can be found"
        if name.endswith("/01_ndarray"):
            # Words are kept by their stems.
            assert any(word.startswith("broadcast") for word in words)


def test_every_page_has_one_main_heading():
    counts = {str(page.relative_to(SITE)): len(parse(page).find_all("h1")) for page in all_pages()}
    assert {name: count for name, count in counts.items() if count != 1} == {}


def test_every_page_has_a_language_a_title_and_a_description():
    for name in list_contents():
        tree = parse(page_path(name))
        assert tree.html["lang"] == "en", name
        assert tree.title.get_text(strip=True), name
        assert tree.find("meta", attrs={"name": "description"}), f"{name} has no paragraph to describe it by"


def test_no_page_names_a_file_that_was_left_out_of_the_site():
    left_out = [
        str(page.relative_to(SITE)) for page in all_pages() if "fontawesome.js" in page.read_text(encoding="utf-8")
    ]
    assert not left_out
    assert not [path for ending in ("*.map", "*.po", "*.mo") for path in SITE.rglob(ending)]
