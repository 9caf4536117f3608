"""The built site in a real Chromium, everything but localhost blocked: what a reader sees, hears and can reach.

A check is a function that takes a loaded page and returns a list of faults; further below each is shown to
report a planted one. The last part tests how the browser is found.
"""

import gzip
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import axe_playwright_python
import pages
import pytest

from browser import ROOT, browser_path, finder, open_chromium, record_faults
from test_site import SITE, list_contents

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 800}
PAGES = [name.removesuffix(".ipynb").removesuffix(".md") for name in list_contents()] + ["search", "404"]
# One whose text and formulas weigh most; a test says so when another one does.
HEAVIEST = "notebooks/03_linear_regression/03_saddle_points_and_noise"
LESSON = "notebooks/03_linear_regression/05_linear_regression_from_scratch"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
AXE_OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
    # Else axe asks for style sheets anew, from addresses where there are none.
    "preload": False,
}

# Nine tenths of axe's time go into thousands of code tokens of some twenty kinds, and into the drawn parts of
# formulas, which have no colour of their own. One token of each kind stays; the others become plain text.
# It has two letters at least, for axe doesn't judge the colour of one.
THIN_OUT = """() => {
    const seen = new Set();
    for (const token of document.querySelectorAll(".highlight span")) {
        const place = token.closest(".cell_input, .cell_output, .highlight").className;
        const kind = `${token.className} in ${place}`;
        if (seen.has(kind) || token.textContent.trim().length < 2) token.replaceWith(...token.childNodes);
        else seen.add(kind);
    }
    const drawn = "mjx-container:not([display]) > mjx-math, mjx-assistive-mml > math";
    document.querySelectorAll(drawn).forEach(formula => formula.replaceChildren());
    document.body.normalize();
}"""

OPEN_ALL = "() => document.querySelectorAll('details').forEach(element => { element.open = true; })"

# A colour that is still changing would be judged half way.
RUN_AXE = """async options => {
    document.getAnimations().forEach(animation => animation.finish());
    const results = await axe.run(document, options);
    const why = node => [...node.any, ...node.all, ...node.none][0]?.message;
    return results.violations.flatMap(({id, help, nodes}) => nodes.map(node =>
        `axe ${id}: ${help}: ${node.html.replace(/\\s+/g, " ")} (${why(node)})`));
}"""

# What lies in a closed answer has no size yet.
FIND_BARE_FORMULAS = """async () => {
    await document.fonts.ready;
    const isDrawn = formula => [...formula.querySelectorAll("mjx-math")].some(drawn =>
        !drawn.checkVisibility() || drawn.getBoundingClientRect().height > 4);
    return [...document.querySelectorAll(".math")].filter(formula => !isDrawn(formula))
        .map(formula => `formula isn't drawn: ${formula.textContent}`);
}"""

FIND_BAD_PICTURES = """async () => {
    const pictures = [...document.images];
    pictures.forEach(picture => { picture.loading = "eager"; });
    await Promise.allSettled(pictures.map(picture => picture.decode()));
    return pictures.flatMap(picture => [
        ...(picture.alt.trim() ? [] : [`picture without alt text: ${picture.outerHTML}`]),
        ...(picture.naturalWidth > 0 ? [] : [`picture isn't loaded: ${picture.outerHTML}`])]);
}"""

FIND_WIDE_ELEMENTS = """() => {
    const root = document.scrollingElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = [...document.body.querySelectorAll("*")].filter(
        element => element.getBoundingClientRect().right > root.clientWidth + 1 && !element.firstElementChild);
    const named = wide.slice(0, 3).map(element => element.outerHTML.slice(0, 200));
    return [`${root.scrollWidth} px wide on a screen of ${root.clientWidth}: ${named.join(" | ")}`];
}"""

# The lower edge of a formula, and the upper one of the sign that follows it.
MEASURE_SIGNS = """() => [...document.querySelectorAll("span.math")].flatMap(formula => {
    const next = formula.nextSibling;
    if (!/^[,.;:!?)]/.test(next?.data ?? "")) return [];
    const range = document.createRange();
    range.setStart(next, 0);
    range.setEnd(next, 1);
    return [[range.getBoundingClientRect().top, formula.getBoundingClientRect().bottom]];
})"""

FIND_WIDE_FORMULAS = """async () => {
    const wide = [...document.querySelectorAll("span.math")].filter(formula =>
        formula.querySelector("mjx-math").getBoundingClientRect().width > formula.clientWidth + 1);
    await new Promise(requestAnimationFrame);  // hidden answers tell that they were opened a moment later
    return wide.map(formula => [getComputedStyle(formula).overflowX, formula.tabIndex]);
}"""


@pytest.fixture(scope="module")
def server():
    """The built site, served gzipped until the module's tests are done."""
    if not (SITE / "index.html").is_file():
        pytest.fail("there is no _build/html/index.html: run `make book` first", pytrace=False)
    with pages.serve(SITE) as server:
        yield server


@pytest.fixture(scope="module")
def site(server):
    """Address of the built site."""
    return server.address


@pytest.fixture(scope="module")
def context(site):
    """One browser for all tests of the module: an empty profile on a desktop screen in light mode."""
    with open_chromium() as browser:
        context = browser.new_context(viewport=DESKTOP, color_scheme="light")
        context.set_default_timeout(10_000)
        yield context


@pytest.fixture
def page(context):
    """An empty tab."""
    page = context.new_page()
    yield page
    page.close()


def formula_faults(page):
    """Formulas of a loaded page that aren't drawn or that hold an error."""
    return page.evaluate(FIND_BARE_FORMULAS)


def picture_faults(page):
    """Pictures without alt text, and those that can't be shown."""
    return page.evaluate(FIND_BAD_PICTURES)


def scroll_faults(page):
    """What makes a page scroll sideways on a phone."""
    page.set_viewport_size(PHONE)
    faults = page.evaluate(FIND_WIDE_ELEMENTS)
    page.set_viewport_size(DESKTOP)
    return faults


def axe_faults(page):
    """What axe-core finds in light and in dark. Changes the page, so it comes last."""
    page.evaluate(THIN_OUT)
    page.evaluate(AXE)
    faults = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        faults += [f"{scheme}: {fault}" for fault in page.evaluate(RUN_AXE, AXE_OPTIONS)]
    return faults


def visit(page, address):
    """All faults of a page, hidden answers opened, from one visit."""
    faults = record_faults(page)
    page.goto(address)
    drawn = formula_faults(page)
    page.evaluate(OPEN_ALL)
    return [*drawn, *picture_faults(page), *scroll_faults(page), *axe_faults(page), *faults]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_no_fault_in_light_in_dark_and_on_a_phone(page, site, name):
    faults = visit(page, f"{site}/{name}.html")
    assert not faults, f"{name}:\n" + "\n".join(faults)


def visit_faults(context, server, name):
    """Goals that a page misses: the weight of a first visit and of a later one, and layout shift."""
    return pages.missed_goals({name: pages.measure_visits(context.browser, server, name)})


@pytest.mark.parametrize("name", [PAGES[0], HEAVIEST, "notebooks/02_preliminaries/01_ndarray"])
def test_a_page_is_light_and_stays_where_it_is(context, server, name):
    assert visit_faults(context, server, name) == []


def test_no_page_is_heavier_than_the_one_that_is_weighed():
    sizes = {name: len(gzip.compress((SITE / f"{name}.html").read_bytes())) for name in PAGES}
    assert sizes[HEAVIEST] >= max(sizes.values()) - 4000, max(sizes, key=sizes.get)


def test_a_heavy_script_and_a_moving_page_would_be_seen(context, server):
    jump = "setTimeout(() => document.querySelector('main').prepend(Object.assign(document.createElement('div'), "
    jump += "{style: 'height: 300px'})), 100)"
    server.planted["course.js"] = f"{jump} // {os.urandom(pages.FIRST_VISIT).hex()}".encode()
    server.planted["index.html"] = b"<!doctype html><title>Light</title>"
    try:
        faults = visit_faults(context, server, HEAVIEST)
    finally:
        server.planted.clear()
    assert [re.search("first|later|shift", fault)[0] for fault in faults] == ["first", "later", "shift", "shift"]


def test_a_click_on_a_link_leads_to_the_first_lesson(page, site):
    page.goto(f"{site}/{PAGES[0]}.html")
    page.click("a.start-button")
    page.wait_for_url(f"{site}/{next(name for name in PAGES if name.startswith('notebooks/'))}.html")


def test_a_click_on_an_anchor_brings_its_section_into_sight(page, site):
    page.goto(f"{site}/{LESSON}.html")
    page.click(".bd-sidebar-secondary a[href='#exercises']")
    page.wait_for_function("""() => {
        const top = document.querySelector("#exercises h2").getBoundingClientRect().top;
        return location.hash === "#exercises" && top >= 0 && top < innerHeight / 2;
    }""")


@pytest.mark.parametrize("word", ["broadcasting", "take_batches"])
def test_the_search_finds_a_word_and_leads_to_a_page_that_has_it(page, site, word):
    page.goto(f"{site}/{PAGES[0]}.html")
    page.click(".bd-sidebar-primary .search-button-field")
    page.keyboard.insert_text(word)
    page.keyboard.press("Enter")
    page.click("#search-results li a >> nth=0")
    page.wait_for_url(lambda address: "/search.html" not in address)
    assert word in page.inner_text("main").lower()


def test_the_keyboard_reaches_the_content_by_the_skip_link(page, site):
    page.goto(f"{site}/{LESSON}.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
    assert page.locator("#pst-skip-link a").is_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_formula_in_a_sentence_that_is_wider_than_a_phone_can_be_scrolled(page, site):
    page.set_viewport_size(PHONE)
    page.goto(f"{site}/notebooks/04_softmax_regression/03_softmax_from_scratch.html")
    page.evaluate(OPEN_ALL)  # one of the two stands in an answer
    assert page.evaluate(FIND_WIDE_FORMULAS) == [["auto", 0], ["auto", 0]]


def test_no_line_ends_between_a_formula_and_its_comma(page, site):
    page.set_viewport_size(PHONE)
    page.goto(f"{site}/{HEAVIEST}.html")
    page.evaluate(OPEN_ALL)
    formulas = page.evaluate(MEASURE_SIGNS)
    assert len(formulas) > 20
    assert all(below < bottom for below, bottom in formulas)


def test_on_a_phone_the_contents_of_a_page_close_when_a_section_is_chosen(page, site):
    page.set_viewport_size(PHONE)
    page.goto(f"{site}/{LESSON}.html")
    page.get_by_role("button", name="Contents of this page").click()
    panel = page.get_by_role("dialog", name="Contents of this page")
    panel.get_by_role("link", name="Exercises").click()
    assert page.locator("dialog[open]").count() == 0
    assert page.evaluate("[document.activeElement.id, location.hash]") == ["exercises", "#exercises"]
    assert 0 <= page.locator("#exercises h2").bounding_box()["y"] < PHONE["height"] / 2


def test_on_a_phone_no_title_of_the_map_is_cut(page, site):
    page.set_viewport_size(PHONE)
    page.goto(f"{site}/book/map.html")
    rows = page.evaluate("""[...document.querySelectorAll(".lesson-map li a")].map(
        ({scrollWidth, clientWidth, scrollHeight, clientHeight}) =>
            scrollWidth <= clientWidth && scrollHeight <= clientHeight)""")
    assert len(rows) > 50 and all(rows)


def test_the_list_of_lessons_shows_the_lesson_that_is_read(page, site):
    page.set_viewport_size({"width": 1280, "height": 800})
    for name in ("book/index", "notebooks/08_recurrent_networks/10_seq2seq", "book/results", LESSON):
        page.goto(f"{site}/{name}.html")
        box = page.locator(".bd-sidebar-primary li.active > a").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 800, name


def test_the_magnifying_glass_lies_beside_what_is_typed(page, site):
    page.goto(f"{site}/search.html")
    form = page.locator("main form.bd-search")
    glass, field = form.locator("i").bounding_box(), form.locator("input").bounding_box()
    assert glass["x"] + glass["width"] <= field["x"]


def test_the_search_tells_a_screen_reader_how_many_pages_it_found(page, site):
    page.goto(f"{site}/search.html?q=dropout")
    told = page.get_by_role("search").get_by_role("searchbox")
    assert told.input_value() == "dropout"
    page.wait_for_function("document.querySelector('[role=status]')?.textContent.includes('found')")


def test_the_button_for_colours_says_at_which_it_is(page, site):
    page.goto(f"{site}/{LESSON}.html")
    names = set()
    for _ in range(3):
        page.click(".theme-switch-button")
        names.add(page.locator(".theme-switch-button").get_attribute("aria-label"))
    assert names == {"Colours: as the system", "Colours: light", "Colours: dark"}


@pytest.mark.parametrize("name", ["search", LESSON])
def test_no_icon_is_read_out(page, site, name):
    page.goto(f"{site}/{name}.html")
    icons = page.locator("[class*='fa-']")
    assert icons.count() > 5
    assert page.locator("[class*='fa-']:not([aria-hidden='true'])").count() == 0


def names_of(page, role):
    """What the browser itself calls the elements of a role, for a screen reader."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [node["name"]["value"] for node in nodes if not node["ignored"] and node["role"]["value"] == role]


def test_formulas_are_part_of_the_names_of_answers_and_questions(page, site):
    page.goto(f"{site}/book/self_test_5_multilayer_perceptrons.html")
    page.locator(".question form").last.wait_for()
    page.wait_for_function("document.querySelector('label math[aria-label]')")
    answers = names_of(page, "radio")
    assert not [name for name in answers if len(name) <= 2] and len(set(answers)) == len(answers) > 10
    assert "A. What is ∂e/∂c ?" in names_of(page, "textbox")
    assert any("d sub l+1" in name and "W sub l+1" in name for name in names_of(page, "group"))


def test_formulas_are_part_of_the_names_of_columns(page, site):
    page.goto(f"{site}/notebooks/03_linear_regression/01_linear_model.html")
    page.wait_for_function("document.querySelector('th math[aria-label]')")
    assert names_of(page, "columnheader")[:5] == ["x", "y", "y hat =3x", "error e", "e sup 2"]


def test_the_button_to_the_top_is_legible(page, site):
    page.set_viewport_size(PHONE)
    page.goto(f"{site}/{LESSON}.html")
    page.evaluate("scrollTo(0, 3000)")
    page.wait_for_timeout(200)
    page.mouse.wheel(0, -300)
    page.locator("#pst-back-to-top").wait_for()
    assert axe_faults(page) == []


def toggle_faults(page, selector):
    """Ways in which the first <details> that matches doesn't open or close, by keyboard and mouse."""
    details = page.locator(selector).first
    summary, hidden = details.locator("summary"), details.locator(":scope > :not(summary)").first
    acts = {"mouse": summary.click, "Enter": partial(summary.press, "Enter"), "Space": partial(summary.press, "Space")}
    faults = ["open before anybody asked"] if hidden.is_visible() else []
    for name, act in acts.items():
        act()
        faults += [] if hidden.is_visible() else [f"doesn't open by {name}"]
        act()
        faults += [f"doesn't close by {name}"] if hidden.is_visible() else []
    return faults


@pytest.mark.parametrize("selector", ["details:not([class])", ".tag_hide-cell > details"], ids=["answer", "solution"])
def test_what_is_hidden_opens_and_closes_by_keyboard_and_mouse(page, site, selector):
    page.goto(f"{site}/{LESSON}.html")
    assert toggle_faults(page, selector) == []


def test_the_theme_switch_goes_to_dark_and_to_light_and_is_remembered(page, site):
    page.goto(f"{site}/{LESSON}.html")
    seen = {}
    for _ in range(3):
        page.click(".theme-switch-button")
        mode, theme = page.evaluate("[document.documentElement.dataset.mode, document.documentElement.dataset.theme]")
        seen[mode] = (theme, page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.reload()
        assert page.evaluate("document.documentElement.dataset.mode") == mode
    assert {mode: theme for mode, (theme, _) in seen.items()} == {"auto": "light", "light": "light", "dark": "dark"}
    assert seen["light"][1] == seen["auto"][1] != seen["dark"][1]


# Each check finds a planted fault.

SOUND = """<!doctype html><html lang="en"><title>Sound</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><main><h1>Sound</h1><p>Text</p>{}</main></html>"""


@pytest.fixture
def plant(page, site):
    """Function that opens a sound page with a piece of HTML planted into it."""

    def open_planted(piece):
        address = f"{site}/planted.html"
        page.route(address, lambda route: route.fulfill(body=SOUND.format(piece), content_type="text/html"))
        return address

    return open_planted


@pytest.mark.parametrize(
    "piece, said",
    [
        ("<script src='https://example.com/a.js'></script>", "asks for https://example.com/a.js"),
        ("<script>fetch('http://localhost.example.com/').catch(() => 0)</script>", "asks for http://localhost.example"),
        ("<script>new WebSocket('wss://example.com/')</script>", "asks for wss://example.com"),
        ("<script>console.error('lost')</script>", "console error: lost"),
        ("<script>throw new Error('thrown')</script>", "error in a script: thrown"),
        ("<script src='/nothing.js'></script>", "/nothing.js"),
        ("<span class='math'>\\(x\\)</span>", "formula isn't drawn: \\(x\\)"),
        ("<span class='math'><mjx-math>x</mjx-math></span><style>mjx-math {font-size: 0}</style>", "isn't drawn: x"),
        ("<img src='/_static/favicon.svg'>", "picture without alt text: <img"),
        ("<img alt='A cat' src='data:image/png;base64,AAAA'>", "picture isn't loaded: <img"),
        ("<div style='width: 600px'>wide</div>", "px wide on a screen of 375"),
        ("<p style='color: #bbb; background: #fff'>pale</p>", "light: axe color-contrast"),
        ("<style>@media (prefers-color-scheme: dark) {h1 {color: #777; background: #888}}</style>", "dark: axe color-"),
        ("<details><summary>More</summary><p style='color: #bbb'>pale</p></details>", "light: axe color-contrast"),
        (
            "<pre class='highlight'><span>a</span><span style='color: #bbb'>pale</span></pre>",
            "light: axe color-contrast",
        ),
        ("<button></button>", "axe button-name"),
    ],
)
def test_a_planted_fault_is_reported(page, plant, piece, said):
    faults = visit(page, plant(piece))
    assert any(said in fault for fault in faults), faults


def test_a_sound_page_has_no_fault(page, plant):
    assert visit(page, plant("<img alt='The sign of the book' src='/_static/favicon.svg'>")) == []


def test_what_doesn_t_open_or_close_is_reported(page, plant):
    page.goto(plant("<details><summary onclick='event.preventDefault()'>More</summary><p>hidden</p></details>"))
    assert toggle_faults(page, "details") == [f"doesn't open by {name}" for name in ("mouse", "Enter", "Space")]


# How the browser is found.

ATTEMPTS = ["named_browser", "installed_browser", "downloaded_browser", "fetch_browser", "install_package"]


@pytest.fixture
def attempts(monkeypatch, tmp_path):
    """Outcomes of the attempts, all without success until a test says otherwise, and a list of those made."""
    outcomes, made = dict.fromkeys(ATTEMPTS), []

    def attempt(name):
        made.append(name)
        return outcomes[name]

    for name in ATTEMPTS:
        monkeypatch.setattr(finder, name, partial(attempt, name))
    monkeypatch.setattr(finder, "BUILD", tmp_path / "_build")
    return outcomes, made


@pytest.mark.parametrize("number, name", list(enumerate(ATTEMPTS)))
def test_the_first_attempt_that_finds_a_browser_is_the_last(attempts, number, name):
    outcomes, made = attempts
    outcomes[name] = "/some/browser"
    assert finder.find_browser() == "/some/browser"
    assert list(dict.fromkeys(made)) == ATTEMPTS[: number + 1]


def test_without_any_browser_the_command_says_what_to_do(attempts, capsys):
    assert finder.main() == 1
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err == f"browser: {finder.ADVICE}\n"


def test_the_command_prints_the_path(attempts, capsys):
    attempts[0]["fetch_browser"] = "/some/browser"
    assert finder.main() == 0 and capsys.readouterr().out == "/some/browser\n"


def test_without_any_browser_tests_are_skipped_with_the_reason_in_sight(attempts, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.warns(UserWarning, match="no Chromium"), pytest.raises(pytest.skip.Exception, match="CHROMIUM="):
        browser_path()


def test_without_any_browser_tests_fail_where_ci_is_set(attempts, monkeypatch):
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="CI needs a browser: no Chromium"):
        browser_path()


@pytest.fixture
def programs(monkeypatch):
    """Names of the programs that can be found: none until a test adds one."""
    names = set()
    monkeypatch.setattr(finder.shutil, "which", lambda name: f"found {name}" if name in names else None)
    return names


def test_a_named_browser_must_be_a_program(monkeypatch, programs):
    monkeypatch.setenv("CHROMIUM", "mine")
    with pytest.raises(finder.NoBrowserError, match="CHROMIUM is 'mine', and should be"):
        finder.find_browser()
    programs.add("mine")
    assert finder.find_browser() == "found mine"
    monkeypatch.delenv("CHROMIUM")
    assert finder.named_browser() is None


def test_an_installed_browser_is_found_by_each_of_its_names(programs):
    assert finder.installed_browser() is None
    for name in (finder.PLACES[0], "chrome", "google-chrome", "chromium-browser", "chromium"):
        programs.add(name)
        assert finder.installed_browser() == f"found {name}"


@pytest.fixture
def commands(monkeypatch):
    """What a program prints, by the last word of its command, and a list of the commands that were run."""
    printed, run = {}, []

    def fake(command, **options):
        run.append((command, options["timeout"]))
        outcome = printed.get(command[-1], "")
        if isinstance(outcome, Exception):
            raise outcome
        return subprocess.CompletedProcess(command, 0, outcome, "")

    monkeypatch.setattr(finder.subprocess, "run", fake)
    return printed, run


def test_playwright_fetches_within_a_bounded_time(commands, monkeypatch):
    _, run = commands
    monkeypatch.setattr(finder, "downloaded_browser", lambda: "/fetched" if run else None)
    assert finder.fetch_browser() == "/fetched"
    ((command, limit),) = run
    assert command[1:] == ["-m", "playwright", "install", "chromium"] and limit == finder.FETCH_LIMIT


@pytest.mark.parametrize(
    "error", [subprocess.TimeoutExpired("playwright", 1), subprocess.CalledProcessError(1, "playwright"), OSError()]
)
def test_a_fetch_that_fails_or_takes_too_long_finds_nothing(commands, error):
    commands[0]["chromium"] = error
    assert finder.fetch_browser() is None


def test_a_browser_that_playwright_names_must_be_there(commands, tmp_path):
    printed, run = commands
    assert finder.downloaded_browser() is None
    printed[run[0][0][-1]] = f"{tmp_path / 'chrome'}\n"
    assert finder.downloaded_browser() is None
    (tmp_path / "chrome").touch()
    assert finder.downloaded_browser() == str(tmp_path / "chrome")


@pytest.fixture
def debian(monkeypatch, tmp_path, programs):
    """Root's Debian with apt-get and no browser, as far as the tool looks: its file that names the system."""
    release = tmp_path / "os-release"
    release.write_text('NAME="Some Linux"\nID=debian\n', encoding="utf-8")
    monkeypatch.setattr(finder, "OS_RELEASE", release)
    monkeypatch.setattr(finder, "is_root", lambda: True)
    programs.add("apt-get")
    return release


def test_root_on_debian_installs_the_package(debian, commands, programs):
    assert finder.install_package() is None
    assert [command[1:] for command, _ in commands[1]] == [["update"], ["install", "-y", "chromium"]]
    assert {limit for _, limit in commands[1]} == {finder.PACKAGE_LIMIT}
    programs.add("chromium")
    assert finder.install_package() == "found chromium"


@pytest.mark.parametrize(
    "line, known", [("ID_LIKE=debian", True), ('ID_LIKE="ubuntu debian"', True), ("ID=fedora", False)]
)
def test_debian_is_known_by_its_family(debian, line, known):
    debian.write_text(f"{line}\n", encoding="utf-8")
    assert finder.is_debian() is known


def test_nobody_but_root_on_debian_installs_anything(debian, commands, programs, monkeypatch):
    monkeypatch.setattr(finder, "is_root", lambda: False)
    assert finder.install_package() is None
    monkeypatch.setattr(finder, "is_root", lambda: True)
    programs.discard("apt-get")
    assert finder.install_package() is None
    programs.add("apt-get")
    debian.unlink()
    assert finder.install_package() is None
    assert commands[1] == []


def test_the_tool_runs_from_the_command_line():
    command = [sys.executable, ROOT / "tools" / "find_browser.py"]
    # Any program will do: the tool looks for it and doesn't start it.
    environment = {**os.environ, "CHROMIUM": sys.executable}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"{sys.executable}\n"
