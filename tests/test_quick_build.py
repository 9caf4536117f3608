"""What makes the site's build quicker must change nothing on its pages."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from sphinx import addnodes
from sphinx.search.en import SearchEnglish

sys.path.append(str(Path(__file__).resolve().parent.parent / "book" / "_ext"))
quick_build = importlib.import_module("quick_build")
lesson_facts = importlib.import_module("lesson_facts")


def entry(text, *below):
    """An item of a page's contents, as Sphinx keeps them."""
    link = nodes.reference("", text, refuri="page", anchorname="")
    return nodes.list_item("", addnodes.compact_paragraph("", "", link), *below)


def test_a_page_without_its_sections_keeps_its_title_and_the_pages_below_it():
    below = nodes.bullet_list("", addnodes.toctree(entries=[(None, "other")]))
    toc = nodes.bullet_list("", entry("Page", nodes.bullet_list("", entry("Section", below), entry("Last"))))
    sections = nodes.bullet_list("", entry("Page", nodes.bullet_list("", entry("Section"), entry("Last"))))
    assert quick_build.without_sections(sections).astext() == "Page"
    assert sections.astext().split() == ["Page", "Section", "Last"]  # what the page itself shows stays
    kept = quick_build.without_sections(toc)
    assert [node["entries"] for node in kept.findall(addnodes.toctree)] == [[(None, "other")]]


@pytest.mark.parametrize("fails", [False, True])
def test_the_pages_own_contents_are_back_after_the_sidebar_was_made(fails):
    whole = {"page": nodes.bullet_list("", entry("Page", nodes.bullet_list("", entry("Section"))))}
    app, seen = SimpleNamespace(env=SimpleNamespace(tocs=whole)), []

    def resolve(**options):
        seen.append((options, app.env.tocs["page"].astext()))
        if fails:
            raise RuntimeError

    context = {"toctree": resolve}
    quick_build.list_pages_only(app, "page", "page.html", context, None)
    if fails:
        with pytest.raises(RuntimeError):
            context["toctree"](maxdepth=4)
    else:
        context["toctree"](maxdepth=4)
    assert seen == [({"maxdepth": 4}, "Page")] and app.env.tocs is whole


def test_stems_are_those_of_the_search_that_readers_use():
    words = ["gradients", "Descending", "batches", "networks", "über", "relu", "12", "normalisation", "normalisation"]
    plain, caching = SearchEnglish({}), quick_build.CachingEnglish({})
    assert [caching.stem(word) for word in words] == [plain.stem(word) for word in words]


def test_what_was_found_in_libraries_is_forgotten_when_the_package_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(lesson_facts, "FOUND", {})
    module = tmp_path / "d2lutils" / "training.py"
    module.parent.mkdir()
    module.write_text("def train(): pass\n", encoding="utf-8")
    app, env = SimpleNamespace(srcdir=tmp_path), SimpleNamespace()
    lesson_facts.remember_found(app, env, [])
    assert not lesson_facts.is_function("numpy.nonsense") and lesson_facts.is_function("numpy.dot")
    # The environment is stored after a build and read before the next one.
    later = SimpleNamespace(**{**vars(env), "found_in_libraries": dict(lesson_facts.FOUND)})
    for text, found in (("def train(): pass\n", 2), ("def train_more(): pass\n", 0)):
        module.write_text(text, encoding="utf-8")
        lesson_facts.FOUND.clear()
        lesson_facts.remember_found(app, SimpleNamespace(**vars(later)), [])
        assert len(lesson_facts.FOUND) == found
