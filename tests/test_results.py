"""The page of results: the lessons' own code is trained, the record is whole, page and lessons say what it says."""

import json
import math
import random
import statistics
import textwrap
import tomllib
from pathlib import Path

import convolutional_networks
import language_models
import lesson_code
import nbformat
import pytest
import records
import results_page
import torch
import trained_models
from lesson_slices import Slice, names_in
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
MODELS = trained_models.read_catalogue()
RECORD = records.read_record(trained_models.RECORD)
SECONDS = records.read_record(results_page.seconds_path("cpu"))
LESSON = """
import math
from d2lutils.training import set_seed
set_seed(3)

RATE = 2.0
rows = [1, 2, 3]
rows = [row + 1 for row in rows]
table = {}
print("this must not run", table["missing"])

def later(x):
    return x * FACTOR

FACTOR = 10

def train(curves=None):
    \"\"\"Return something.\"\"\"
    set_seed(0)
    return math.floor(RATE), rows, seed, curves  # a comment

for row in rows:
    table[row] = later(row)

with open("nowhere") as file:
    text = file.read()
model = train(curves=LiveCurves(ylim=(0, 1)))
rows = "something else"
"""


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """Store a lesson with a code cell and return its name."""
    monkeypatch.setattr(lesson_code, "NOTEBOOKS", tmp_path)

    def store(code=LESSON):
        new = nbformat.v4
        nbformat.write(new.new_notebook(cells=[new.new_code_cell(code, id="all")]), tmp_path / "lesson.ipynb")
        return "lesson"

    return store


def run(lesson, code, **given):
    """Run the slice for some code and then the code; return the namespace."""
    namespace = {"seed": 7, **given}
    Slice(lesson, code, {"seed", *given, "LiveCurves"}).run(namespace)
    exec(code, namespace)
    return namespace


def test_a_slice_holds_what_is_needed_and_nothing_else_runs(lesson):
    namespace = run(lesson(), "found = table, later(2)")
    assert namespace["found"] == ({2: 20, 3: 30, 4: 40}, 20)
    assert not {"train", "RATE", "text", "model"} & set(namespace)


def test_a_function_sees_what_stood_there_when_it_was_defined(lesson):
    assert run(lesson(), "found = train()")["found"] == (2, [2, 3, 4], 7, None)


def test_a_fixed_seed_in_a_function_becomes_the_runs_and_live_curves_are_left_out(lesson):
    assert run(lesson(), "found = model")["found"] == (2, [2, 3, 4], 7, None)
    assert random.random() == random.Random(7).random(), "set_seed(0) inside train has become set_seed(7)"


def test_a_name_that_the_lesson_lacks_is_refused(lesson):
    with pytest.raises(ValueError, match="lesson doesn't bind absent"):
        Slice(lesson(), "train(absent)")


def test_the_names_of_some_code_are_told_apart_from_its_own():
    uses, own = names_in("import math\nf = lambda x: x + y\nfor i in f(math.pi): print(i, z)\ndef g(y): return u")
    assert uses - own == {"y", "z", "u", "print"} and own == {"math", "f", "i", "g"}


def test_a_comprehension_keeps_its_own_names():
    uses, own = names_in("table = {key: [value + n for value in row if value] for key, row in rows.items()}")
    assert (uses - own, own) == ({"rows", "n"}, {"table"})


CHANGES = {
    "a comment": (LESSON.replace("  # a comment", ""), True),
    "a docstring": (LESSON.replace("Return something", "Return it"), True),
    "something that isn't used": (LESSON.replace("FACTOR = 10", "FACTOR = 11"), True),
    "a constant of the function": (LESSON.replace("RATE = 2.0", "RATE = 3.0"), False),
    "data that it uses": (LESSON.replace("row + 1", "row + 2"), False),
    "the lesson's seed": (LESSON.replace("set_seed(3)", "set_seed(4)"), False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_digest_of_a_slice_sees_what_is_in_it(lesson, change):
    code, same = CHANGES[change]
    before = Slice(lesson(), "train()", {"seed"}).digest("more")
    assert code != LESSON and (Slice(lesson(code), "train()", {"seed"}).digest("more") == before) is same
    assert Slice(lesson(), "train()", {"seed"}).digest("other") != before


def test_every_lesson_of_parts_3_to_8_is_in_the_catalogue_or_left_out_with_a_reason():
    catalogue = tomllib.loads(trained_models.CATALOGUE.read_text(encoding="utf-8"))
    listed, left_out = {one["lesson"] for one in catalogue["training"]}, catalogue["left_out"]
    lessons = {
        str(path.relative_to(ROOT / "notebooks").with_suffix("")) for path in ROOT.glob("notebooks/0[3-8]_*/*.ipynb")
    }
    assert listed | set(left_out) == lessons and not listed & set(left_out)
    assert all(len(reason.split()) > 2 for reason in left_out.values())


def test_the_models_of_the_catalogue_have_names_of_their_own():
    assert len({model.key for model in MODELS}) == len(MODELS) > 100


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.key)
def test_a_model_was_recorded_as_its_lesson_defines_it_now(model):
    entry = RECORD["networks"].get(model.key, {})
    assert entry.get("definition") == model.definition(), (
        f"{model.key} has changed since it was recorded: run `make results`"
    )
    values = trained_models.values_of(entry)
    assert len(values) >= 5 and all(map(math.isfinite, values))
    if any(word in model.training["measure"] for word in ("accuracy", "share")):
        assert 0 <= min(values) <= max(values) <= 1
    assert SECONDS["networks"][model.key]["definition"] == entry["definition"], "run `make results`"
    assert 0 < SECONDS["networks"][model.key]["seconds"] < 120


def test_the_record_holds_no_model_that_the_catalogue_lacks():
    assert list(RECORD["networks"]) == [model.key for model in MODELS]
    assert list(SECONDS["networks"]) == [model.key for model in MODELS] + trained_models.list_long_runs()
    assert SECONDS["machine"]["threads"] == 2 and RECORD["machine"]["threads"] == 1


CHEAP = "04_softmax_regression/01_softmax: softmax regression, one feature"


def test_training_again_gives_what_is_recorded():
    model = next(model for model in MODELS if model.key == CHEAP)
    again = [trained_models.train_once(model, seed) for seed in trained_models.SEEDS]
    recorded = trained_models.values_of(RECORD["networks"][CHEAP])
    assert [one.values[0] for one in again] == pytest.approx(recorded, abs=0.011)  # one bird of 102
    assert again[0].parameters == RECORD["networks"][CHEAP]["parameters"] == 6


@pytest.fixture
def recorder(tmp_path, monkeypatch):
    """Return a function that records one model in an empty folder, and the list of the seeds that were trained."""
    monkeypatch.setattr(trained_models, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(trained_models, "limit_threads", lambda: None)
    model = next(model for model in MODELS if model.key == CHEAP)
    trained = []

    def record(stop_at=None, fresh=False):
        def train_once(model, seed):
            if seed == stop_at:
                raise KeyboardInterrupt
            trained.append(seed)
            return trained_models.Run([0.5 + seed / 100], 6, 0.25, 0.125)

        monkeypatch.setattr(trained_models, "train_once", train_once)
        trained_models.record_models([model], [model], fresh)

    return record, trained


def test_an_interrupted_run_goes_on_where_it_stopped(recorder, capsys):
    record, trained = recorder
    with pytest.raises(KeyboardInterrupt):
        record(stop_at=3)
    assert trained == [0, 1, 2]
    record()
    assert trained == [0, 1, 2, 3, 4]
    record()
    assert trained == [0, 1, 2, 3, 4], "what is recorded isn't trained again"
    record(fresh=True)
    assert trained == [0, 1, 2, 3, 4] * 2
    assert f"1 of 1  {CHEAP}, seed 4: 0.540" in capsys.readouterr().out
    entry = records.read_record(trained_models.RECORD)["networks"][CHEAP]
    assert trained_models.values_of(entry) == [0.5, 0.51, 0.52, 0.53, 0.54]
    assert (entry["parameters"], entry["processor_seconds"]) == (6, 0.125)


def test_a_model_whose_code_has_changed_is_trained_anew(recorder, monkeypatch):
    record, trained = recorder
    record()
    monkeypatch.setattr(trained_models.Model, "definition", lambda self: "another")
    record()
    assert trained == [0, 1, 2, 3, 4] * 2


def test_networks_trained_side_by_side_need_one_run(recorder, monkeypatch):
    record, trained = recorder
    record()
    path = trained_models.RECORD
    entry = json.loads(path.read_text(encoding="utf-8"))
    entry["networks"][CHEAP]["values"] = {"0": [0.1] * 10}
    path.write_text(json.dumps(entry), encoding="utf-8")
    record()
    assert trained == [0, 1, 2, 3, 4]


def test_a_training_that_fails_says_which_in_one_line(recorder, monkeypatch):
    model = MODELS[0]._replace(training=MODELS[0].training | {"train": "1 / 0"})
    with pytest.raises(SystemExit, match=r"02_gradient_descent: .* from seed 0 failed: ZeroDivisionError: division by"):
        trained_models.record_models([model], [model], fresh=False)


def test_words_that_no_model_holds_are_refused(capsys):
    with pytest.raises(SystemExit):
        trained_models.main(["--only", "transformer"])
    assert "no model's lesson or name holds 'transformer'" in capsys.readouterr().err


def test_a_device_that_isnt_here_is_refused_in_one_line():
    with pytest.raises(SystemExit, match="can't compute on 'xpu:7' here: "):
        trained_models.check_device("xpu:7")


def test_what_a_lesson_holds_is_moved_with_all_that_is_inside():
    lesson_values = {"x": torch.zeros(2), "deep": [(torch.zeros(1), {"w": torch.zeros(3)})], "n": 3, "text": "as it is"}
    moved = trained_models.move(lesson_values, "meta")
    found = [moved["x"], moved["deep"][0][0], moved["deep"][0][1]["w"]]
    assert [tensor.device.type for tensor in found] == ["meta"] * 3 and (moved["n"], moved["text"]) == (3, "as it is")
    model = next(model for model in MODELS if model.name == "PyTorch's" or "early exit" in model.name)
    namespace = {"seed": 0, "device_of_run": torch.device("cpu")}
    model.slice().run(namespace)
    assert trained_models.move(namespace["digits"], "meta").train_images.device.type == "meta"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0.9, 0.92, 0.94], "0.920 ± 0.020"),
        ([0.0100, 0.0102, 0.0104], "0.0102 ± 0.0002"),
        ([4.5, 4.53, 4.47], "4.50 ± 0.03"),
        ([1.0, 1.0], "1.000 ± 0.000"),
    ],
)
def test_a_mean_has_the_digits_that_its_deviation_deserves(values, text):
    assert results_page.mean_and_deviation(values).replace("\u00a0", " ") == text


def test_a_bar_in_a_cell_doesnt_end_it():
    assert results_page.table(["a", "b"], [["x | y", ""]]).splitlines()[2] == "| x \\| y |  |"


def test_the_page_shows_what_is_recorded():
    text = results_page.TABLES.read_text(encoding="utf-8")
    assert text == results_page.write_tables(), "run `make results`"
    page = (ROOT / "book" / "results.md").read_text(encoding="utf-8")
    pieces = {line.removeprefix("% begin ") for line in text.splitlines() if line.startswith("% begin ")}
    assert all(f':start-after: "% begin {piece}"\n:end-before: "% end {piece}"' in page for piece in pieces)
    assert page.count("{include}") == len(pieces)


def test_every_recorded_model_is_on_the_page_once():
    text = results_page.TABLES.read_text(encoding="utf-8")
    for model in MODELS:
        values = trained_models.values_of(RECORD["networks"][model.key])
        line = f"| {model.name} | {results_page.mean_and_deviation(values)} | "
        assert line in text, line


@pytest.mark.parametrize("ending", ["", "_dark"])
def test_the_pictures_show_what_is_recorded(ending, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book" / "figures"))
    import draw_results

    models = draw_results.collect()
    for name, groups in (("digits", draw_results.DIGIT_READERS), ("tale", draw_results.TALE_READERS)):
        with Image.open(ROOT / "book" / "figures" / f"results_{name}{ending}.png") as picture:
            assert picture.info["Digest"] == draw_results.digest(groups, models), "run `make results`"


# Figures of records in lessons. The words are looked for in the lesson as they stand, filled in from the record.

DIGITS = records.read_record(convolutional_networks.RECORD)
TALE = records.read_record(language_models.RECORD)
BLOCKS, RESNET = convolutional_networks.SMALL_BLOCKS, convolutional_networks.RESNET
CONCISE, LSTM = language_models.LESSON, "08_recurrent_networks/08_lstm"
BLOCK_NAMES = ("modern_lenet", "small_alexnet", "small_vgg", "small_nin", "small_inception")


def read_lesson(name):
    """Return all prose, alternative texts and printed lines of a lesson."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    parts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    parts += [cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "") for cell in notebook.cells]
    parts += [output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(parts)


def accuracies(*names):
    """Return the recorded test accuracies of all runs of some networks of part 7."""
    return [value for name in names for value in DIGITS["networks"][name]["test_accuracy"]]


def perplexities(kind):
    """Return the recorded held-out perplexities of a kind of network of part 8."""
    return TALE["networks"][kind]["held_out_perplexity"]


def spread(values, digits=3):
    """Return (low, high) as text."""
    return f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"


def quote_digits():
    """Yield (lesson, words) of the record of part 7."""
    epochs, seeds = DIGITS["recipe"]["epochs"], DIGITS["recipe"]["seeds"]
    yield BLOCKS, f"recorded on {DIGITS['date']}: {epochs} epochs of Adam, {seeds} seeds"
    for name in BLOCK_NAMES:
        entry, (low, high) = DIGITS["networks"][name], spread(accuracies(name))
        cost = f"{entry['parameters']:11,}{entry['multiply_adds']:15,}{entry['seconds_per_epoch']:18.1f}"
        yield BLOCKS, f"{name:16s}{cost}  {statistics.mean(accuracies(name)):.3f} ({low}, {high})"
    for name, entry in DIGITS["networks"].items():
        low, high = spread(accuracies(name))
        cost = f"{entry['parameters']:10,}{entry['multiply_adds']:15,}{entry['seconds_per_epoch']:15.1f}"
        yield RESNET, f"{name:24s}{cost}   {statistics.mean(accuracies(name)):.3f} ({low} to {high})"
    low, high = spread(accuracies(*BLOCK_NAMES[1:]))
    yield BLOCKS, f"lie at about the same height, between {low} and {high}"
    low, high = spread(accuracies("modern_lenet"))
    yield BLOCKS, f"LeNet's lies lower, between {low} and {high}"
    sizes = [DIGITS["networks"][name]["parameters"] for name in BLOCK_NAMES[1:]]
    yield BLOCKS, f"from about {min(sizes) / 1000:.0f} thousand to {max(sizes) / 1000:.0f} thousand"
    yield BLOCKS, f"be it with {max(sizes) / 1000:.0f},000 parameters or with {min(sizes) / 1000:.0f},000"
    percent = math.floor(100 * min(accuracies(*BLOCK_NAMES[1:])) - 0.5)
    yield BLOCKS, f"read more than {percent} % of the digits with each, in every run"
    rate = DIGITS["recipe"]["learning rate"].split()[0]
    yield RESNET, f"in equal steps from {rate} towards zero"
    yield RESNET, f"batches of {DIGITS['recipe']['batch size']}"


def quote_tale():
    """Yield (lesson, words) of the record of part 8."""
    recipe, rnn, gru, lstm = TALE["recipe"], *(perplexities(kind) for kind in ("rnn", "gru", "lstm"))
    five = f"{TALE['n_grams']['5']:.2f}"
    low, high = spread(rnn, 2)
    yield CONCISE, f"recorded: {recipe['epochs']} epochs, {recipe['units']} units, {recipe['seeds']} seeds"
    yield CONCISE, f"held-out perplexity {low} to {high}"
    yield CONCISE, f"of {recipe['units']} units for {recipe['epochs']} epochs"
    yield CONCISE, f"with a learning rate that falls from {recipe['learning rate'].split()[0]} towards 0"
    yield CONCISE, f"at a perplexity of {statistics.mean(rnn):.1f}"
    yield CONCISE, f"comes near the 5-gram's {five}"
    yield LSTM, f"5-gram {float(five):45.2f}"
    for kind, entry in TALE["networks"].items():
        seen, held = torch.tensor(entry["train_perplexity"]), torch.tensor(entry["held_out_perplexity"])
        line = f"{kind:7s} {entry['parameters']:11,}{seen.mean():14.2f} ± {seen.std():.2f}"
        yield LSTM, f"{line}{held.mean():16.2f} ± {held.std():.2f}"
    low, high = spread(lstm, 2)
    yield LSTM, f"where the LSTM as drawn ends between {low} and {high}"
    yield LSTM, f"beats all fifteen**, {five} against {min(rnn + gru + lstm):.2f} at best"
    gru_seen, lstm_seen = (statistics.mean(TALE["networks"][kind]["train_perplexity"]) for kind in ("gru", "lstm"))
    yield LSTM, f"The GRU has come to {gru_seen:.1f} on the text it learned from"
    yield LSTM, f"The LSTM stands at {lstm_seen:.1f} in training"
    for n, lesson in (("2", "04_rnn_from_scratch"), ("5", "04_rnn_from_scratch"), ("5", "03_language_models")):
        name = "bigram" if n == "2" else "5-gram"
        words = "the 5-gram's" if lesson.startswith("03") else f"{name}"
        yield f"08_recurrent_networks/{lesson}", f"{words} {TALE['n_grams'][n]:.2f}"
    for temperature, sample in TALE["networks"]["rnn"]["samples"].items():
        yield CONCISE, f"temperature {temperature}\n" + textwrap.fill(" ".join(sample.split()), width=90)
    for temperature, sample in TALE["networks"]["lstm"]["samples"].items():
        yield LSTM, f"temperature {temperature}\n" + textwrap.fill(" ".join(sample.split())[:260], width=90)


def quote_models():
    """Yield (lesson, words) of figures that lessons print, as the record of all models has them."""
    means = {key: statistics.mean(trained_models.values_of(entry)) for key, entry in RECORD["networks"].items()}

    def of(lesson, name):
        return means[f"{lesson}: {name}"]

    softmax = "04_softmax_regression/03_softmax_from_scratch"
    found = of(softmax, "softmax regression from scratch")
    yield softmax, f"accuracy on the exam, mean over the seeds: {found:.2f}"
    scratch = "05_multilayer_perceptrons/03_mlp_from_scratch"
    yield scratch, f"one hidden layer  test accuracy {of(scratch, '128 hidden units, from scratch'):.2f}"
    dropout = "05_multilayer_perceptrons/11_dropout"
    remedies = {
        "neither": "no remedy",
        "dropout 0.8": "dropout 0.8",
        "weight decay 0.03": "decay 0.03",
        "dropout 0.5 and decay 0.01": "dropout 0.5 and decay 0.01",
    }
    for printed, name in remedies.items():
        yield dropout, f"{printed:27s} test accuracy {of(dropout, f'128 hidden units, {name}'):.2f}"
    adam = "05_multilayer_perceptrons/13_momentum_and_adam"
    for name, rate in (("SGD", "0.3"), ("momentum", "0.03"), ("Adam", "0.01")):
        mistakes = 100 * (1 - of(adam, f"32 hidden units, {name}"))
        yield adam, f"{name:9s} best rate {rate:>5}   mistakes in 100: {mistakes:2.0f}"
    sequences = "08_recurrent_networks/01_sequences"
    yield sequences, f"linear     RMSE {of(sequences, 'linear model, by formula'):.3f}"


QUOTES = [*quote_digits(), *quote_tale(), *quote_models()]


@pytest.mark.parametrize(("lesson_name", "words"), QUOTES, ids=[words[:60] for _, words in QUOTES])
def test_a_lesson_quotes_the_record_as_it_is(lesson_name, words):
    assert words in read_lesson(lesson_name), f"{lesson_name} should say what the record says: {words!r}"


def test_what_lessons_conclude_from_the_records_still_follows():
    rnn, gru, lstm = (perplexities(kind) for kind in ("rnn", "gru", "lstm"))
    assert max(rnn) - min(rnn) < 0.1, "agree to within 0.1"
    assert max(gru + lstm) < min(rnn), "all ten gated networks are better than all five plain ones"
    gains = [statistics.mean(rnn) - statistics.mean(one) for one in (gru, lstm)]
    assert all(0.15 < gain < 0.35 for gain in gains), "by two to three tenths in the mean"
    smaller = 1 - TALE["networks"]["gru"]["parameters"] / TALE["networks"]["lstm"]["parameters"]
    assert 0.2 < smaller < 0.3, "a quarter fewer parameters"
    plain, augmented, dense = (
        statistics.mean(accuracies(name)) for name in ("small_resnet", "small_resnet, augmented", "small_densenet")
    )
    assert 0.002 < augmented - plain < 0.006 and dense > augmented, "by about a standard error, 0.004"
    seconds = {name: entry["seconds_per_epoch"] for name, entry in DIGITS["networks"].items()}
    assert 1.3 < seconds["small_densenet"] / seconds["small_resnet"] < 1.7, "half as long again"
