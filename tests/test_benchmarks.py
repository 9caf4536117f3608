"""The benchmarks' arithmetic, their goals, and that the recorded result says what its numbers say."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import grading
import lesson_times
import measure
import pages
import pytest
import side_by_side

from assignments.course import HERE, Course

ROOT = Path(__file__).resolve().parent.parent
RECORD = json.loads((ROOT / "benchmarks" / "results" / "package_speed.json").read_text(encoding="utf-8"))
ROWS = {row["name"]: row for row in RECORD["quantities"]}
LIMITS = {
    "import_package": (0.15, "s"),
    "import_plotting": (0.15, "s"),
    "take_batches": (1.1, "×"),
    "cached_load": (0.3, "s"),
    "read_idx": (1.1, "×"),
    "train_softmax": (1.05, "×"),
    "train_lenet": (1.05, "×"),
    "live_long": (1.1, "×"),
    "live_short": (0.3, "s"),
    "stored_pictures": (0, "pictures"),
    "stored_size": (60, "kB"),
    "memory_growth": (20, "MB"),
    "book_cold": (30, "s"),
    "book_changed": (8, "s"),
}


def test_each_promise_of_speed_is_a_goal_with_its_limit():
    assert {name: (goal.limit, goal.unit) for name, goal in measure.GOALS.items()} == LIMITS


def test_the_median_is_of_ratios_within_pairs_not_the_ratio_of_medians():
    ratios = measure.ratios([2.0, 30.0, 3.0], [1.0, 10.0, 2.0])
    assert ratios == [2.0, 3.0, 1.5]
    row = measure.summarise("take_batches", ratios)
    assert (row["median"], row["min"], row["max"], row["runs"]) == (2.0, 1.5, 3.0, 3)  # of medians: 3 / 2


def test_differences_are_taken_within_pairs():
    assert measure.differences([3.0, 9.0], [1.0, 8.0]) == [2.0, 1.0]


def test_pairs_of_unequal_number_are_refused():
    with pytest.raises(ValueError, match="zip"):
        measure.ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(("values", "met"), [([1.1], True), ([1.1001], False), ([1.0, 1.09, 9.0], True)])
def test_a_goal_is_met_up_to_its_limit_by_the_median(values, met):
    assert measure.summarise("take_batches", values)["met"] is met


def test_what_is_shown_for_comparison_is_neither_met_nor_missed():
    assert measure.summarise("data_loader", [50.0])["met"] is None


def test_a_missed_goal_shows_in_the_table_and_in_the_exit_status(capsys):
    met, missed = measure.summarise("live_short", [0.1]), measure.summarise("live_short", [0.4])
    assert measure.print_table([met]) == 0 and "MISSED" not in capsys.readouterr().out
    assert measure.print_table([met, missed]) == 1 and capsys.readouterr().out.count("MISSED") == 1


def test_contenders_run_by_turns_after_one_untimed_round():
    calls = []
    seconds = measure.take_turns({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=2)
    assert calls == ["a", "b"] * 3 and [len(seconds[name]) for name in "ab"] == [2, 2]


@pytest.mark.parametrize("name", LIMITS)
def test_the_record_says_met_where_its_numbers_do(name):
    row = ROWS[name]
    assert (row["limit"], row["unit"]) == LIMITS[name]
    assert row["min"] <= row["median"] <= row["max"]
    assert row["met"] is (row["median"] <= row["limit"])


COMPARED = [
    "import_package",
    "import_plotting",
    "take_batches",
    "train_softmax",
    "train_lenet",
    "live_long",
    "live_short",
]


@pytest.mark.parametrize("name", COMPARED)
def test_recorded_timings_come_from_seven_pairs_or_more(name):
    assert ROWS[name]["runs"] >= 7


def test_the_recorded_long_run_took_five_seconds_or_more():
    assert ROWS["live_long_seconds"]["min"] >= 5


def test_the_record_has_a_date_and_names_the_machine_without_hosts_or_folders():
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", RECORD["date"])
    machine = RECORD["machine"]
    assert set(machine) == {"processor", "cores", "threads", "system", "python", "torch", "matplotlib"}
    assert not re.search(r"/|\\\\|@|\.(local|lan|com)\b", json.dumps(machine))


GRADING = json.loads((ROOT / "benchmarks" / "results" / "grading.json").read_text(encoding="utf-8"))


def test_the_record_of_grading_meets_its_goals():
    assert set(GRADING["alone"]["beyond it"]) == set(Course(HERE).names)
    assert {"30", "300"} <= set(GRADING["hand-ins"])
    assert list(grading.missed_goals(GRADING)) == []


def test_each_goal_of_grading_can_be_missed():
    slow = {"alone": {"beyond it": {"a": 1.0, "b": 3.1}}, "hand-ins": {}}
    slow["hand-ins"] = {"30": {"seconds": 61.0, "for each": 2.0}, "300": {"seconds": 700.0, "for each": 2.3}}
    assert len(list(grading.missed_goals(slow))) == 3


SIDE = json.loads((ROOT / "benchmarks" / "results" / "side_by_side.json").read_text(encoding="utf-8"))["networks"]


def test_the_record_side_by_side_is_whole_and_meets_its_goals():
    assert tuple(SIDE) == side_by_side.ROWS
    for rows, over, under, _ in side_by_side.GOALS:
        assert all(f"{over} ÷ {under}" in SIDE[row]["runs"] for row in rows)
    assert list(side_by_side.missed_goals(SIDE)) == []


@pytest.mark.parametrize("name", side_by_side.TASKS)
def test_the_runs_side_by_side_took_five_seconds_or_more(name):
    assert SIDE[name][side_by_side.PLAIN]["seconds"] >= 5
    assert SIDE[name]["each"]["number"] > 10_000


def test_each_goal_of_the_runs_side_by_side_can_be_missed():
    for rows, over, under, limit in side_by_side.GOALS:
        for row in rows:
            slow = {row: {"runs": {f"{over} ÷ {under}": limit + 0.01}}}
            assert len(list(side_by_side.missed_goals(slow))) == 1


def test_the_seconds_of_a_lesson_are_those_of_its_cells():
    cases = [("notebooks.01_a.02_b.ipynb", 1.5), ("notebooks.01_a.02_b.ipynb", 0.25), ("notebooks.01_a.01_c.ipynb", 3)]
    report = ElementTree.Element("testsuite")
    for name, seconds in cases:
        ElementTree.SubElement(report, "testcase", classname=name, time=str(seconds))
    assert list(lesson_times.seconds_by_lesson(report).items()) == [("01_a/01_c", 3.0), ("01_a/02_b", 1.8)]


def test_each_goal_of_the_lessons_time_can_be_missed():
    record = {"all lessons": 721, "lessons": {"01_a/01_c": 60.0, "01_a/02_b": 61.0}}
    assert len(list(lesson_times.missed_goals(record))) == 2


def test_the_record_of_the_lessons_time_has_every_lesson_and_meets_its_goals():
    record = json.loads((ROOT / "benchmarks" / "results" / "lesson_times.json").read_text(encoding="utf-8"))
    lessons = (path.relative_to(ROOT / "notebooks") for path in (ROOT / "notebooks").rglob("[0-9]*.ipynb"))
    assert set(record["lessons"]) == {
        path.with_suffix("").as_posix() for path in lessons if "checkpoint" not in path.name
    }
    assert list(lesson_times.missed_goals(record)) == []


def test_the_record_of_the_pages_is_whole_and_meets_its_goals():
    found = json.loads((ROOT / "benchmarks" / "results" / "pages.json").read_text(encoding="utf-8"))["pages"]
    assert set(found) == set(pages.PAGES)
    assert all("first_visit_kb" in page and set(page["scores"]) == set(pages.SCREENS) for page in found.values())
    assert list(pages.missed_goals(found)) == []


def test_each_goal_of_a_page_can_be_missed():
    scores = {screen: dict(zip(pages.CATEGORIES, [89, 99, 99, 99], strict=True)) for screen in pages.SCREENS}
    page = {"first_visit_kb": 451, "later_kb": 101, "layout_shift": {"desktop": 0.05, "phone": 0.06}, "scores": scores}
    assert len(list(pages.missed_goals({"a page": page}))) == 4 + 8
