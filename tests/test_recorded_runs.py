"""The long runs that lessons show: each record was made from the very code that the lesson has today."""

import json
import statistics

import convolutional_networks
import language_models
import lesson_code
import nbformat
import pytest
import records

LESSON = """
import math
from pathlib import Path as P

SIZE = 3
table = []
print("this must not run", table.missing)

def area(r):
    \"\"\"Return an area.\"\"\"
    return math.pi * r**2 * SIZE  # a comment

def other():
    return P()

class Shape:
    def measure(self):
        return area(2)
"""


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """Store a lesson with that code and return its name."""
    monkeypatch.setattr(lesson_code, "NOTEBOOKS", tmp_path)

    def store(code=LESSON):
        new = nbformat.v4
        nbformat.write(new.new_notebook(cells=[new.new_code_cell(code, id="all")]), tmp_path / "lesson.ipynb")
        return "lesson"

    return store


def test_a_lesson_gives_its_definitions_and_nothing_else_of_it_runs(lesson):
    definitions = lesson_code.load_definitions(lesson())
    assert definitions["Shape"]().measure() == pytest.approx(37.699, abs=1e-3)
    assert "table" not in definitions and definitions["SIZE"] == 3


CHANGES = {
    "a comment": (LESSON.replace("  # a comment", ""), True),
    "a docstring": (LESSON.replace("Return an area", "Return"), True),
    "something that isn't used": (LESSON.replace("return P()", "return 1"), True),
    "the function": (LESSON.replace("r**2", "r**3"), False),
    "a constant that it uses": (LESSON.replace("SIZE = 3", "SIZE = 4"), False),
    "an import that it uses": (LESSON.replace("import math", "import cmath as math"), False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_fingerprint_sees_what_a_definition_depends_on(lesson, change):
    code, same = CHANGES[change]
    before = lesson_code.fingerprint(lesson(), "Shape")
    assert code != LESSON and (lesson_code.fingerprint(lesson(code), "Shape") == before) is same


def test_the_fingerprint_of_what_a_lesson_lacks_is_refused(lesson):
    with pytest.raises(ValueError, match="lesson doesn't define Triangle"):
        lesson_code.fingerprint(lesson(), "Shape", "Triangle")


RECORD = json.loads(convolutional_networks.RECORD.read_text(encoding="utf-8"))


def test_the_convolutional_networks_are_recorded_with_the_recipe_of_the_script():
    assert list(RECORD["networks"]) == list(convolutional_networks.NETWORKS)
    assert RECORD["recipe"] == convolutional_networks.RECIPE


@pytest.mark.parametrize("name", convolutional_networks.NETWORKS)
def test_a_convolutional_network_was_recorded_as_its_lesson_defines_it_now(name):
    row = RECORD["networks"][name]
    assert row["definition"] == convolutional_networks.current_definition(name), (
        f"{name} has changed since it was recorded: run `python benchmarks/convolutional_networks.py {name!r}`"
    )
    assert len(row["test_accuracy"]) == 5 and all(0.9 < value <= 1 for value in row["test_accuracy"])
    assert 0 < row["seconds_per_epoch"] < 60


def test_the_small_resnet_reads_more_than_97_of_100_digits_with_every_seed():
    assert min(RECORD["networks"]["small_resnet, augmented"]["test_accuracy"]) > 0.97


def test_an_unknown_network_is_named_with_the_known_ones():
    with pytest.raises(SystemExit, match="unknown network lenet; known: modern_lenet; small_alexnet"):
        convolutional_networks.main(["lenet"])


def test_one_network_is_recorded_without_losing_the_others(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(convolutional_networks, "RECORD", tmp_path / "record.json")
    rows = [{"test_accuracy": [0.9, 0.9 + step]} for step in (0.0, 0.02, 0.04)]
    for name, row in zip(("small_vgg", "modern_lenet", "small_vgg"), rows, strict=True):
        convolutional_networks.write_record(name, row)
    record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert record["networks"] == {"modern_lenet": rows[1], "small_vgg": rows[2]}
    assert list(tmp_path.iterdir()) == [tmp_path / "record.json"]
    spread = statistics.stdev(rows[2]["test_accuracy"])
    assert f"small_vgg                0.920 ± {spread:.3f}" in capsys.readouterr().out


TALE = json.loads(language_models.RECORD.read_text(encoding="utf-8"))


def test_the_language_models_are_recorded_with_the_recipe_of_the_script():
    assert list(TALE["networks"]) == list(language_models.KINDS)
    assert TALE["recipe"] == language_models.RECIPE
    (train_text, held_out_text), _ = language_models.read_tale()
    assert (len(train_text), len(held_out_text)) == (59325, 6592)
    assert (TALE["recipe"]["training characters"], TALE["recipe"]["held-out characters"]) == (59325, 6592)


@pytest.mark.parametrize("kind", language_models.KINDS)
def test_a_language_model_was_recorded_as_its_lesson_defines_it_now(kind):
    row = TALE["networks"][kind]
    assert row["definition"] == language_models.current_definition(), (
        f"the lesson has changed since {kind} was recorded: run `python benchmarks/language_models.py`"
    )
    assert len(row["held_out_perplexity"]) == len(row["train_perplexity"]) == 5
    assert max(row["held_out_perplexity"]) < TALE["n_grams"]["2"], "every network beats the bigram"
    assert all(text.startswith("The river ") and len(text) == 310 for text in row["samples"].values())
    assert list(row["samples"]) == ["0.5", "1.0", "1.5"]


def test_an_unknown_kind_is_named_with_the_known_ones():
    with pytest.raises(SystemExit, match="unknown kind tree; known: rnn; gru; lstm"):
        language_models.main(["tree"])


def test_a_full_disk_keeps_the_record_and_says_what_was_measured(tmp_path, monkeypatch):
    path = tmp_path / "record.json"
    records.write_entry(path, "a", {"value": 1}, order="ab")
    before = path.read_bytes()

    def fill_up(self, *_, **__):
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", fill_up)
    with pytest.raises(SystemExit, match=r"b can't be recorded in .* \(No space left on device\): {\"value\": 2}"):
        records.write_entry(path, "b", {"value": 2}, order="ab")
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_stopped_run_says_so_in_one_line(capsys):
    def stop(_):
        raise KeyboardInterrupt

    assert records.run_script(stop) == 130
    assert capsys.readouterr().err == "\nstopped; what was done before this network is recorded\n"
