"""The self-tests in a real Chromium, read from files as from a memory stick: questions that are answered and judged."""

import pytest

from browser import open_chromium, record_faults
from test_book_pages import SELF_TESTS, questions_of, reader
from test_browser import DESKTOP, OPEN_ALL, PHONE, axe_faults, formula_faults, scroll_faults
from test_site import SITE, all_pages, parse

FIRST = SELF_TESTS[0]
LARGEST_SCRIPT = 8_000  # bytes
RIGHT, WRONG, LATE = "Right.", "Not quite. Try again, or open the answer.", "Right, though not at the first try."

# Gives each answer to its question; tells the verdict and which lines of feedback are shown, by their number.
ANSWER = """tries => tries.map(([place, given]) => {
    const box = document.querySelectorAll(".question")[place];
    box.querySelectorAll("input").forEach((input, i) => {
        if (input.type === "text") input.value = given[i];
        else input.checked = given[i];
    });
    box.querySelector("form").requestSubmit();
    const told = [...box.querySelectorAll("details > ul > li")].map(line => line.textContent);
    const shown = [...box.querySelectorAll(".verdict li")].map(line => told.indexOf(line.textContent));
    return [box.querySelector(".verdict > strong").textContent, shown];
})"""

FORBID_STORAGE = """Object.defineProperty(window, "localStorage", {get() {
    throw new DOMException("Access is denied for this document.", "SecurityError");
}})"""

FIND_SMALL_TARGETS = """() => [...document.querySelectorAll(".question input, .question button, .score button")]
    .filter(target => target.checkVisibility())
    .filter(target => { const {width, height} = target.getBoundingClientRect(); return width < 24 || height < 24; })
    .map(target => target.outerHTML)"""

STORE = """value => document.querySelectorAll(".question").forEach(
    box => { localStorage["self-test " + box.dataset.name] = value; })"""

FOCUSED = "selector => document.activeElement.matches(selector)"
OUTLINE = "parseFloat(getComputedStyle(document.activeElement).outlineWidth)"


@pytest.fixture(scope="module")
def chromium():
    """A browser for all tests of the module."""
    with open_chromium() as browser:
        yield browser


@pytest.fixture
def page(chromium):
    """A tab with a memory of its own, and the list of its faults, which must stay empty."""
    context = chromium.new_context(viewport=DESKTOP, color_scheme="light")
    context.set_default_timeout(10_000)
    page = context.new_page()
    faults = record_faults(page)
    yield page
    context.close()
    assert faults == []


def address(path):
    """Where the built page of a self-test lies."""
    return (SITE / "book" / f"{path.stem}.html").as_uri()


def score(page):
    """The line that counts the answers."""
    return page.locator(".score p").first.inner_text()


def question(page, number):
    """The part of the page that holds a question."""
    return page.locator(".question").nth(number - 1)


def reload(page, beginning):
    """Load the page anew, until its score begins so: what was stored takes a moment to reach the next page."""
    for _ in range(10):
        page.reload()
        if score(page).startswith(beginning):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"after a reload the score is: {score(page)}")


def check(page, number, *options):
    """Choose options by the mouse and press Check; returns the verdict's first line."""
    for option in options:
        question(page, number).locator("label").nth("ABCDE".index(option)).click()
    question(page, number).get_by_role("button", name="Check").click()
    return question(page, number).locator(".verdict > strong").inner_text()


def list_tries(place, item):
    """Answers to a question, each with the verdict and the numbers of the lines of feedback that it should get."""
    lines = item.feedback
    if item.kind == "blanks":
        right = {letter: item.right(letter) for letter in item.items}
        for number, line in enumerate(lines):
            for form in line.forms:
                given = [form if letter == line.letter else right[letter].forms[0] for letter in right]
                shown = [number if letter == line.letter else lines.index(right[letter]) for letter in right]
                yield [place, given], [line.right, shown]
    elif item.kind == "one":
        for number, line in enumerate(lines):
            yield [place, [number == other for other in range(len(lines))]], [line.right, [number]]
    elif item.kind == "several":
        rights = [line.right for line in lines]
        yield [place, rights], [True, [number for number, right in enumerate(rights) if right]]
        for number in range(len(lines)):
            given = [right ^ (number == other) for other, right in enumerate(rights)]
            shown = [other for other, chosen in enumerate(given) if chosen]
            yield [place, given], [False, shown + ([-1] if rights[number] else [])]  # -1: how many are missing


@pytest.mark.parametrize("path", SELF_TESTS, ids=lambda path: path.stem)
def test_each_answer_gets_its_own_verdict_and_feedback(page, path):
    pairs = [pair for place, item in enumerate(questions_of(path)) for pair in list_tries(place, item)]
    page.goto(address(path))
    verdicts = page.evaluate(ANSWER, [given for given, _ in pairs])
    found = [[head in (RIGHT, LATE), shown] for head, shown in verdicts]
    assert [(*pair, got) for pair, got in zip(pairs, found, strict=True) if pair[1] != got] == []


TYPED = {
    1: [
        (2, ["9.0", "−18", "1,9"], RIGHT),
        (2, ["9", "- 18", "1.90"], WRONG),
        (8, ["1,000,000", "1000"], RIGHT),
        (8, ["1 000 000", "1.000e3"], RIGHT),
        (8, ["10**6", "10^3"], RIGHT),
        (8, ["1 * 10^6", "1 000"], RIGHT),
        (8, ["1000010", "1000"], WRONG),
        (8, ["10^6x", "1000"], WRONG),
    ],
    2: [
        (1, ["4", "3", "1,4"], RIGHT),
        (1, ["torch.Size([4])", "[3]", "1 4"], RIGHT),
        (1, ["(4)", "(3,)", "(4, 1)"], WRONG),
        (10, ["2 %"], RIGHT),
        (10, ["1.9%"], RIGHT),
        (10, ["0,019"], RIGHT),
        (10, ["0.2"], WRONG),
    ],
    4: [
        (2, ["1/4, 1/4, 1/2", "(.25, .25, .5)"], RIGHT),
        (2, ["0.25 0.25 0.5", "[1 / 4, 1 / 4, 1 / 2]"], RIGHT),
        (2, ["0.25 0.25", "0.25 0.25 0.5"], WRONG),
    ],
    8: [(4, ["State.Detach( )"], RIGHT), (4, ["attach"], WRONG), (3, ["4", "Infinite."], RIGHT)],
}


@pytest.mark.parametrize("part", TYPED)
def test_what_is_typed_is_read_as_it_is_meant(page, part):
    page.goto(address(SELF_TESTS[part - 1]))
    for number, typed, verdict in TYPED[part]:
        ((head, _),) = page.evaluate(ANSWER, [[number - 1, typed]])
        assert (typed, head.replace(LATE, RIGHT)) == (typed, verdict)


def test_the_mouse_answers_and_the_score_counts_first_tries(page):
    page.goto(address(FIRST))
    assert score(page) == "0 of 10 answered right at first try, 10 still to answer."
    assert check(page, 3, "C") == RIGHT
    assert "nobody has said and nobody has checked" in question(page, 3).locator(".verdict").inner_text()
    assert score(page) == "1 of 10 answered right at first try, 9 still to answer."
    assert check(page, 4, "A") == WRONG
    assert "Choosing is learning too" in question(page, 4).locator(".verdict").inner_text()
    assert check(page, 4, "B") == LATE
    assert check(page, 1, "A", "C", "E") == RIGHT
    assert score(page) == "2 of 10 answered right at first try, 7 still to answer."
    assert page.locator(".score a").all_inner_texts() == ["The craft: from data to a program"]


def test_an_answer_without_a_choice_is_no_try(page):
    page.goto(address(FIRST))
    question(page, 3).get_by_role("button", name="Check question 3", exact=True).click()
    question(page, 2).get_by_role("textbox").first.fill("9")
    question(page, 2).get_by_role("button", name="Check").click()
    assert question(page, 3).locator(".verdict").inner_text() == "Choose first."
    assert question(page, 2).locator(".verdict").inner_text() == "Fill in every blank first."
    assert score(page).startswith("0 of 10") and "10 still" in score(page)


def test_answers_and_score_survive_a_reload_until_one_starts_over(page):
    page.goto(address(FIRST))
    check(page, 3, "C")
    check(page, 4, "A")
    reload(page, "1 of 10 answered right at first try, 8 still to answer.")
    assert question(page, 3).locator(".verdict > strong").inner_text() == RIGHT
    assert question(page, 4).get_by_role("radio").first.is_checked()
    assert check(page, 4, "B") == LATE  # its first try was before
    page.goto(address(SELF_TESTS[1]))
    assert score(page).startswith("0 of 10")
    page.goto(address(FIRST))
    page.get_by_role("button", name="Start over").click()
    assert score(page) == "0 of 10 answered right at first try, 10 still to answer."
    assert page.locator("input:checked").count() == page.locator(".verdict:not(:empty)").count() == 0
    assert page.evaluate(FOCUSED, ".question input")
    reload(page, "0 of 10")
    assert check(page, 4, "B") == RIGHT


def test_an_answer_that_is_opened_first_doesn_t_count(page):
    page.goto(address(FIRST))
    question(page, 3).locator("summary").click()
    question(page, 3).locator(".verdict", has_text="doesn't count").wait_for()  # a browser tells it a moment later
    assert check(page, 3, "C") == LATE
    check(page, 4, "B")
    question(page, 4).locator("summary").click()
    assert score(page) == "1 of 10 answered right at first try, 8 still to answer."


def test_who_answers_in_words_is_the_judge(page):
    page.goto(address(next(path for path in SELF_TESTS if questions_of(path)[9].kind == "words")))
    had, had_not = (question(page, 10).get_by_role("button", name=name) for name in ("I had it", "I didn't"))
    assert not had.is_visible()
    question(page, 10).locator("summary").click()
    assert score(page).startswith("0 of 10 answered right at first try, 10 still")
    had.click()
    assert score(page).startswith("1 of 10 answered right at first try, 9 still")
    had_not.click()
    reload(page, "0 of 10 answered right at first try, 9 still")
    question(page, 10).locator("summary").click()
    assert [button.get_attribute("aria-pressed") for button in (had, had_not)] == ["false", "true"]


def press_until(page, key, selector):
    """Press a key until the focus is on a match; the focus must be seen there."""
    for _ in range(200):
        page.keyboard.press(key)
        if page.evaluate(FOCUSED, selector):
            assert page.evaluate(OUTLINE) >= 2
            return
    pytest.fail(f"{key} doesn't lead to {selector}")


def test_the_keyboard_alone_is_enough(page):
    page.goto(address(FIRST))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the skip link
    press_until(page, "Tab", "input[type=checkbox]")
    for key in ("Space", "Tab", "Tab", "Space", "Tab", "Tab", "Space", "Tab", "Enter"):
        page.keyboard.press(key)
    assert question(page, 1).locator(".verdict > strong").inner_text() == RIGHT
    for value in ("9", "-6", "1.9"):
        press_until(page, "Tab", "input[type=text]")
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    assert question(page, 2).locator(".verdict > strong").inner_text() == WRONG
    assert "B, wrong: -6. That is the slope" in question(page, 2).locator(".verdict").inner_text()
    press_until(page, "Tab", "summary")
    page.keyboard.press("Enter")
    assert question(page, 2).locator("details").evaluate("details => details.open")
    press_until(page, "Tab", "input[type=radio]")
    for key in ("Space", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert question(page, 3).locator(".verdict > strong").inner_text() == RIGHT
    press_until(page, "Tab", ".score button")
    assert score(page).startswith("2 of 10")
    page.keyboard.press("Space")
    assert score(page).startswith("0 of 10")


def test_a_screen_reader_hears_questions_options_and_verdicts(page):
    page.goto(address(FIRST))
    group = page.get_by_role("group", name="A network answers “7” with a confidence of 0.99")
    assert group.get_by_role("radio").count() == 4
    group.get_by_role("radio", name="Not necessarily: training asked for nothing").check()
    page.get_by_role("textbox", name="What is the loss?").fill("9")
    # Only what comes into a region that was there before is read out.
    region = question(page, 3).locator("[aria-live=polite]")
    assert region.count() == 1 and region.inner_text() == ""
    question(page, 3).get_by_role("button", name="Check question 3", exact=True).click()
    assert region.inner_text().replace("\n", " ").replace("  ", " ").startswith("Right. C, right. What it does")
    assert page.get_by_role("region", name="Your score").count() == 1


def test_formulas_and_code_are_shown_in_questions_options_and_verdicts(page):
    page.goto(address(SELF_TESTS[4]))
    assert formula_faults(page) == []
    assert question(page, 4).locator("legend mjx-container").count() == 5
    assert question(page, 6).locator("label mjx-container").count() == 4
    check(page, 6, "C")
    assert question(page, 6).locator(".verdict").inner_text().startswith(WRONG)
    page.evaluate(ANSWER, [[5, [False, False, False, True]]])
    assert question(page, 6).locator(".verdict mjx-container").count() == 3
    assert formula_faults(page) == []
    page.goto(address(SELF_TESTS[1]))
    assert question(page, 1).locator("label code").all_inner_texts() == ["X[1]", "X[:, 1]", "X[1:2]"]
    check(page, 2, "D")
    assert question(page, 2).locator(".verdict code").all_inner_texts() == ["Y = X", "X.clone()"]


# The other pages are looked at before anything is answered, in test_browser.
@pytest.mark.parametrize("path", [SELF_TESTS[1], SELF_TESTS[4]], ids=lambda path: path.stem)
def test_an_answered_page_shows_no_fault_in_light_in_dark_and_on_a_phone(page, path):
    """Half of the answers right, half of them wrong, all answers open."""
    page.goto(address(path))
    tries = {}
    for place, item in enumerate(questions_of(path)):
        for given, (right, _) in list_tries(place, item):
            if right == (place % 2 == 0):
                tries.setdefault(place, given)
    page.evaluate(ANSWER, list(tries.values()))
    page.set_viewport_size(PHONE)
    page.evaluate(OPEN_ALL)
    assert page.evaluate(FIND_SMALL_TARGETS) == []
    assert [*formula_faults(page), *scroll_faults(page), *axe_faults(page)] == []


def test_where_nothing_may_be_stored_the_score_lasts_until_the_page_is_left(chromium):
    context = chromium.new_context()  # without the list of faults: the theme complains
    page = context.new_page()
    page.add_init_script(FORBID_STORAGE)
    page.goto(address(FIRST))
    check(page, 3, "C")
    assert score(page).startswith("1 of 10")
    page.get_by_role("button", name="Start over").click()
    assert check(page, 4, "A") == WRONG
    page.reload()
    assert score(page) == "0 of 10 answered right at first try, 10 still to answer."
    context.close()


def test_what_others_have_stored_does_no_harm(page):
    page.goto(address(FIRST))
    for garbage in ("{", "3", "null", '"text"', "[]"):
        page.evaluate(STORE, garbage)
        reload(page, "0 of 10")
        assert check(page, 3, "C") == RIGHT and score(page).startswith("1 of 10")


def test_without_scripts_options_are_read_and_answers_open(chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address(FIRST))
    assert page.locator(".question input, .question button:not(.copybtn)").count() == 0
    options, hidden = question(page, 3).locator(":scope > ul > li"), question(page, 3).locator("details > ul > li")
    assert options.count() == hidden.count() == 4 and options.nth(2).is_visible() and not hidden.nth(2).is_visible()
    question(page, 3).locator("summary").click()
    assert hidden.nth(2).inner_text().startswith("C, right. ")
    context.close()


def test_script_and_style_are_light_and_loaded_where_there_are_questions():
    loading = [page.name for page in all_pages() if 'src="../_static/self_test.js' in page.read_text(encoding="utf-8")]
    assert loading == [f"{path.stem}.html" for path in SELF_TESTS]
    assert [
        page.name for page in all_pages() if 'href="../_static/self_test.css' in page.read_text(encoding="utf-8")
    ] == loading
    assert (SITE / "_static" / "self_test.js").stat().st_size <= LARGEST_SCRIPT


def test_a_page_has_no_handlers_in_its_html():
    tags = parse(SITE / "book" / f"{FIRST.stem}.html").select(".question, .question *")
    assert tags and not [tag for tag in tags if any(name.startswith("on") for name in tag.attrs)]


def test_a_result_is_kept_under_a_name_that_changes_with_the_question():
    (item, *_), text = questions_of(FIRST), FIRST.read_text(encoding="utf-8")
    (other, *_) = reader.read_questions(text.replace("**A, right.** ", "**A, right.** Well: ", 1))
    assert reader.opening_tag("page", item) == reader.opening_tag("page", questions_of(FIRST)[0])
    assert reader.opening_tag("page", item) != reader.opening_tag("page", other)
