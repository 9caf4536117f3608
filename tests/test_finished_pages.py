"""What finishing does to the built pages: formulas rendered, style sheets made one, scripts put off."""

import importlib
import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))
formulas = importlib.import_module("render_formulas")
styles = importlib.import_module("bundle_styles")
finishing = importlib.import_module("finish_site")


def inline(latex):
    """A formula in a sentence, as the builder writes it."""
    return f'<p>So <span class="math notranslate nohighlight">\\({latex}\\)</span>.</p>'


@pytest.fixture
def kept(tmp_path):
    """Where rendered formulas are kept."""
    return tmp_path / "formulas.json"


def test_a_formula_becomes_html_with_mathml_for_screen_readers(kept):
    page = formulas.Formulas(kept).render_pages({"a.html": inline("x_1 &lt; 2")})["a.html"]
    assert "\\(" not in page and page.startswith("<p>So <span class=") and page.endswith("</span>.</p>")
    assert "<math><msub><mi>x</mi><mn>1</mn></msub><mo>&lt;</mo><mn>2</mn></math>" in page


def test_a_displayed_formula_keeps_its_number(kept):
    number = '<span class="eqno">(3)<a class="headerlink" href="#e">#</a></span>'
    page = f'<div class="math notranslate nohighlight" id="e">\n{number}\\[\nx^2\n\\]</div>\n'
    done = formulas.Formulas(kept).render_pages({"a.html": page})["a.html"]
    assert number in done and 'display="true"' in done and done.index(number) < done.index("<mjx-container")


@pytest.mark.parametrize(
    "latex, said",
    [
        (r"\nonsense + 1", r"lesson\.html: Undefined control sequence \\nonsense in the formula \\nonsense \+ 1"),
        (r"\frac{1", r"lesson\.html: Missing close brace in the formula"),
    ],
)
def test_bad_latex_stops_the_build_with_page_and_formula_named(kept, latex, said):
    with pytest.raises(formulas.FormulaError, match=said):
        formulas.Formulas(kept).render_pages({"fine.html": inline("x"), "lesson.html": inline(latex)})
    assert not kept.exists()


def test_what_is_marked_as_a_formula_and_is_none_stops_the_build(kept):
    with pytest.raises(formulas.FormulaError, match=r"odd\.html: this isn't LaTeX: plain"):
        formulas.Formulas(kept).render_pages({"odd.html": '<span class="math">plain</span>'})


def test_formulas_that_were_rendered_before_are_not_rendered_again(kept, monkeypatch):
    first = formulas.Formulas(kept).render_pages({"a.html": inline("x")})
    monkeypatch.setattr(formulas, "render_all", lambda wanted: pytest.fail(f"renders {wanted}"))
    assert formulas.Formulas(kept).render_pages({"a.html": inline("x")}) == first


@pytest.mark.parametrize("damage", ["{", '{"fingerprint": "other"}'])
def test_a_damaged_or_an_older_record_is_made_anew(kept, damage):
    kept.write_text(damage, encoding="utf-8")
    assert "<mjx-container" in formulas.Formulas(kept).render_pages({"a.html": inline("x")})["a.html"]
    assert list(json.loads(kept.read_text(encoding="utf-8"))["rendered"]) == ["inline x"]


def test_the_style_sheet_holds_the_letters_and_fonts_in_use_and_no_others(kept, tmp_path):
    book = formulas.Formulas(kept)
    book.render_pages({"a.html": inline(r"\mathbf{x}")})
    book.write_style(tmp_path / "formulas")
    css = (tmp_path / "formulas" / "formulas.css").read_text(encoding="utf-8")
    assert "mjx-c1D431.TEX-B" in css and "mjx-c1D432.TEX-B" not in css
    assert "font-family: MJXTEX-B;" in css and "font-family: MJXTEX-I;" not in css


def rest_of(css, known):
    """What is left of a style sheet when elements can have the `known` classes."""
    return styles.keep_rules(styles.tinycss2.parse_stylesheet(css, True, True), known)


MATH = '<span class="math notranslate nohighlight"><mjx-container><mjx-math></mjx-math></mjx-container></span>'


@pytest.mark.parametrize(
    "text, done",
    [
        (f"of {MATH} and", f"of {MATH} and"),
        (f"of {MATH}, and", f'of <span class="unbroken">{MATH},</span> and'),
        (f"both ({MATH}). So", f'both <span class="unbroken">({MATH}).</span> So'),
        (f"the {MATH}-th", f'the <span class="unbroken">{MATH}-</span>th'),
        (f"{MATH} or {MATH};", f'{MATH} or <span class="unbroken">{MATH};</span>'),
        (MATH.replace("span", "div") + ".", MATH.replace("span", "div") + "."),
    ],
)
def test_a_formula_stays_with_the_signs_that_touch_it(text, done):
    assert finishing.finish_page(f"<p>{text}</p>", "") == f"<p>{done}</p>"


@pytest.mark.parametrize(
    "css, rest",
    [
        (".used{a:b}", ".used{a:b}"),
        (".unused{a:b}", ""),
        (".used .unused{a:b}", ""),
        ("p,.unused,.used>a{a:b}", "p,.used>a{a:b}"),
        (".used:not(.unused){a:b}", ".used:not(.unused){a:b}"),
        (":is(.unused,h1){a:b}", ":is(.unused,h1){a:b}"),
        ("@media print{.unused{a:b}.used{a:b}}", "@media print{.used{a:b}}"),
        ("@media print{.unused{a:b}}", ""),
        ("@font-face{font-family:x}", "@font-face{font-family:x}"),
        (".tooltip-inner{a:b}", ".tooltip-inner{a:b}"),
    ],
)
def test_only_rules_that_can_match_are_kept(css, rest):
    assert rest_of(css, {"used"}) == rest


def test_sheets_that_all_pages_have_become_one_and_others_stay(tmp_path):
    (tmp_path / "_static" / "styles").mkdir(parents=True)
    (tmp_path / "_static" / "a.css").write_text('.seen{background:url("a.png")}', encoding="utf-8")
    (tmp_path / "_static" / "b.css").write_text(".made-by-script{a:b}.never{a:b}", encoding="utf-8")
    (tmp_path / "_static" / "own.css").write_text("p{a:b}", encoding="utf-8")
    (tmp_path / "_static" / "x.js").write_text('add("made-by-script")', encoding="utf-8")
    links = '<link rel="stylesheet" href="../_static/a.css?v=1" />\n<link href="../_static/b.css" rel="stylesheet" />'
    page = f'<head>{links}</head><p class="seen">'
    own = page.replace("</head>", '<link rel="stylesheet" href="../_static/own.css" /></head>')
    done = styles.bundle_styles(tmp_path, {"x/a.html": page, "x/b.html": own, "index.html": "<p>on"})
    assert done["x/a.html"].count("<link") == 1 and 'href="../_static/styles/book.css?v=' in done["x/a.html"]
    assert done["x/b.html"].count("<link") == 2 and done["index.html"] == "<p>on"
    css = (tmp_path / "_static" / "styles" / "book.css").read_text(encoding="utf-8")
    assert "made-by-script" in css and "never" not in css and 'url("../../_static/a.png")' in css
    assert sorted(path.name for path in tmp_path.rglob("*.css")) == ["book.css", "own.css"]


def test_a_sheet_for_print_alone_stays_apart(tmp_path):
    (tmp_path / "_static" / "styles").mkdir(parents=True)
    (tmp_path / "_static" / "a.css").write_text("p{a:b}", encoding="utf-8")
    (tmp_path / "_static" / "print.css").write_text("p{display:none}", encoding="utf-8")
    paper = '<link rel="stylesheet" media="print" href="_static/print.css" />'
    page = f'<head><link rel="stylesheet" href="_static/a.css" />{paper}</head><p>'
    done = styles.bundle_styles(tmp_path, {"a.html": page})["a.html"]
    assert paper in done and done.count("<link") == 2
    assert "display" not in (tmp_path / "_static" / "styles" / "book.css").read_text(encoding="utf-8")


def test_scripts_wait_for_the_page_and_the_settings_stand_in_it():
    head = '<script src="../_static/documentation_options.js?v=1"></script><script src="a.js"></script>'
    done = finishing.finish_page(f"{head}<script defer src='b.js'></script>", "const OPTIONS = {};")
    assert (
        done
        == "<script>const OPTIONS = {};</script><script defer src=\"a.js\"></script><script defer src='b.js'></script>"
    )


def test_the_page_at_the_root_is_whole_and_leads_on(tmp_path):
    (tmp_path / "index.html").write_text('<meta http-equiv="Refresh" content="0; url=book/index.html" />\n')
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "index.html").write_text("<title>The book</title>", encoding="utf-8")
    finishing.lead_on(tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "<title>The book</title>" in page
    assert 'content="0; url=book/index.html"' in page and '<a href="book/index.html">' in page
