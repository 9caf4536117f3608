"""Write the tables of the book's page of results from the records: book/results_tables.md.

    python benchmarks/results_page.py

The page includes them piece by piece, between comments that name the pieces. A test compares the file with the records.
"""

import json
import math
import re
import statistics
import sys
import tomllib
from pathlib import Path

import convolutional_networks
import language_models
import trained_models
from lesson_code import NOTEBOOKS
from lesson_times import slowest
from records import RESULTS, read_record

TABLES = Path(__file__).resolve().parent.parent / "book" / "results_tables.md"
PARTS = {
    3: "Linear regression",
    4: "Softmax regression",
    5: "Multilayer perceptrons",
    6: "Building models",
    7: "Convolutional networks",
    8: "Recurrent networks",
}
LONG_SCRIPTS = {7: convolutional_networks, 8: language_models}
LONG_TASKS = {
    7: ("07_convolutional_networks/07_resnet", "digits, 12 epochs, rate falling to 0", "test accuracy"),
    8: ("08_recurrent_networks/08_lstm", "the tale, 30 epochs, rate falling to 0", "held-out perplexity"),
}
MORE = {  # record → heading, command, what stands in its table
    "package_speed": (
        "The package's speed",
        "make bench",
        "What `d2lutils` adds to plain PyTorch, medians of runs that took turns; × is a ratio to the plain way.",
    ),
    "side_by_side": (
        "The package beside others",
        ".venv/bin/python benchmarks/side_by_side.py",
        "Seconds, and in parentheses the ratio to plain PyTorch in the same row; what stands in a row took turns.",
    ),
    "lesson_times": (
        "The lessons' own time",
        ".venv/bin/python benchmarks/lesson_times.py",
        "All lessons run under strict nbval, as `make test` runs them; the ones that take longest, in seconds.",
    ),
    "pages": (
        "The pages' weight and speed",
        "make measure-pages",
        "What a reader's browser fetches at a first and at a later visit, compressed, pictures apart; how far a page's "
        "text jumps while it loads (desktop / phone); and Lighthouse's scores for performance, accessibility, best "
        "practices and search engines, medians of several runs. The Nu checker finds no error in any page.",
    ),
    "grading": (
        "Grading",
        ".venv/bin/python benchmarks/grading.py",
        "Hand-ins of all eight assignments, graded in the sandbox by two processes; seconds.",
    ),
}


def main():
    """Write the file; return 0."""
    TABLES.write_text(write_tables(), encoding="utf-8")
    print(f"written: book/{TABLES.name}")
    return 0


def write_tables():
    """Return the text of the file."""
    pieces = {"versions": versions()}
    pieces |= {f"part {part}": part_tables(part) for part in PARTS}
    pieces |= {"left out": left_out(), "more": more_records()}
    head = "% Written by `make results`; a test compares it with the records."
    return "\n\n".join([head, *(f"% begin {name}\n\n{text}\n\n% end {name}" for name, text in pieces.items())]) + "\n"


def versions():
    """Return a table of when and on what the records of training were made."""
    found = {
        "held-out figures, parameters": trained_models.RECORD,
        "seconds": seconds_path("cpu"),
        "seconds on a graphics card": seconds_path("cuda"),
        "long runs of part 7": convolutional_networks.RECORD,
        "long runs of part 8": language_models.RECORD,
    }
    rows = []
    for name, path in found.items():
        if record := read_record(path):
            device = f"{record['device']}; " if "cuda" in path.name else ""
            date = record["date"].replace("-", "\N{NON-BREAKING HYPHEN}")  # the column is narrow
            rows.append([name, date, device + describe(record["machine"])])
    return table(["what", "recorded", "on"], rows)


def describe(machine):
    """Return a record's machine and versions in words."""
    threads = "one thread" if machine["threads"] == 1 else f"{machine['threads']} threads"
    return (
        f"{threads} on {machine['processor']} ({machine['cores']} cores, {machine['system']}), "
        f"Python {machine['python']}, PyTorch {machine['torch']}"
    )


def seconds_path(device):
    """Return the record of the seconds on a device."""
    return RESULTS / f"training_seconds_{device}.json"


def part_tables(part):
    """Return the tables of the models of one part, one for each way to train, with a line above it."""
    devices = {name: read_record(seconds_path(name)) for name in ("cpu", "cuda", "mps")}
    devices = {name: record.get("networks", {}) for name, record in devices.items() if record or name == "cpu"}
    names = {"cpu": "seconds", "cuda": "seconds, graphics card", "mps": "seconds, graphics card"}
    groups = {}
    for about, measure, cells in [*lesson_rows(part, devices), *long_rows(part, devices)]:
        groups.setdefault((about, measure), []).append(cells)
    tables = []
    for (about, measure), rows in groups.items():
        header = ["model", measure, "parameters", *(names[device] for device in devices), "runs"]
        tables.append(f"{about}\n\n{table(header, rows)}")
    return "\n\n".join(tables)


def lesson_rows(part, devices):
    """Yield a line about its training, what is measured, and the cells, of each model that a part's lessons train."""
    entries = read_record(trained_models.RECORD)["networks"]
    for model in trained_models.read_catalogue():
        training = model.training
        entry = entries.get(model.key, {"values": {}})
        values = trained_models.values_of(entry)
        if len(values) >= trained_models.FEWEST_VALUES and training["lesson"].startswith(f"{part:02d}_"):
            cells = model_cells(model.name, values, entry["parameters"], seconds_of(model.key, devices))
            yield describe_training(training["lesson"], training["task"]), training["measure"], cells


def long_rows(part, devices):
    """Yield the same for the networks that are trained by the scripts for long runs."""
    if part not in LONG_SCRIPTS:
        return
    script = LONG_SCRIPTS[part]
    record, (lesson, task, measure) = read_record(script.RECORD), LONG_TASKS[part]
    about = describe_training(lesson, task)
    for name, entry in record["networks"].items():
        values = entry["test_accuracy" if part == 7 else "held_out_perplexity"]
        seconds = seconds_of(f"{trained_models.LONG_RUNS[script]}: {name}", devices)
        yield about, measure, model_cells(f"`{name}`", values, entry["parameters"], seconds)
    for n, value in record.get("n_grams", {}).items():
        yield about, measure, [f"{n}-gram, counted", f"{value:.2f}", *["–"] * (len(devices) + 2)]


def describe_training(lesson, task):
    """Return the line above the models of a training: its lesson, and what they are given."""
    return f"**[{title_of(lesson)}](../notebooks/{lesson}.ipynb)**: {task}"


def title_of(lesson):
    """Return a lesson's title."""
    source = json.loads((NOTEBOOKS / f"{lesson}.ipynb").read_text(encoding="utf-8"))["cells"][0]["source"]
    return re.match(r"# (.+)", "".join(source))[1]


def model_cells(name, values, parameters, seconds):
    """Return the cells of one model."""
    count = "–" if parameters is None else f"{parameters:,}"
    return [name, mean_and_deviation(values), count, *seconds, str(len(values))]


def mean_and_deviation(values):
    """Return mean ± standard deviation with the digits that the deviation deserves, two to four of them."""
    mean, deviation = statistics.mean(values), statistics.stdev(values)
    digits = 2 if mean >= 1.5 else 3
    if 0 < deviation < 0.5 * 10**-digits:
        digits = min(4, math.ceil(-math.log10(deviation)))
    return f"{mean:.{digits}f}\u00a0±\u00a0{deviation:.{digits}f}"


def seconds_of(key, devices):
    """Return a cell for each device with the seconds that one training takes, a dash where none are recorded."""
    cells = []
    for networks in devices.values():
        seconds = networks.get(key, {}).get("seconds")
        cells.append("–" if seconds is None else f"{seconds:#.2g}" if seconds < 9.5 else f"{seconds:.0f}")
    return cells


def left_out():
    """Return the table of lessons, and trainings within lessons, that the tables above leave out."""
    rows = tomllib.loads(trained_models.CATALOGUE.read_text(encoding="utf-8"))["left_out"]
    links = [[f"[{title_of(lesson)}](../notebooks/{lesson}.ipynb)", reason] for lesson, reason in rows.items()]
    return table(["lesson", "why"], links)


def more_records():
    """Return a section for each further record that is there."""
    sections = []
    for name, (heading, command, about) in MORE.items():
        if record := read_record(RESULTS / f"{name}.json"):
            made = f"{about} Recorded on {record['date']}, {describe(record['machine'])}, by"
            rows = TABLES_OF.get(name, plain_table)(record)
            sections.append(f"### {heading}\n\n{made}\n\n```\n{command}\n```\n\n{rows}")
    return "\n\n".join(sections)


def speed_table(record):
    """Return the table of the package's speed."""
    rows = []
    for row in record["quantities"]:
        goal = "" if row["limit"] is None else f"≤ {row['limit']:g}: {'met' if row['met'] else 'missed'}"
        spread = f"{row['median']:.3g} ({row['min']:.3g} to {row['max']:.3g})".replace("-", "−")
        rows.append([row["claim"], spread, row["unit"], goal])
    return table(["what", "median (range)", "unit", "goal"], rows)


def side_table(record):
    """Return the table of several ways to do the same."""
    others = ("runs", "each")
    ways = list(dict.fromkeys(way for entry in record["networks"].values() for way in entry if way not in others))
    rows = []
    for task, entry in record["networks"].items():
        cells = [f"{entry[way]['seconds']:.3g} ({entry[way]['ratio']:.2f})" if way in entry else "–" for way in ways]
        rows.append([task, *cells])
    for task, entry in record["networks"].items():
        if each := entry.get("each"):
            micro = [f"{1e6 * entry[way]['seconds'] / each['number']:.3g}" if way in entry else "–" for way in ways]
            rows.append([f"{task}, µs per {each['unit']}", *micro])
    return table(["", *ways], rows)


def times_table(record):
    """Return the table of the lessons that take longest, and of all together."""
    rows = [[f"all {len(record['lessons'])} lessons, two at a time", str(record["all lessons"])]]
    rows += [[f"[{title_of(name)}](../notebooks/{name}.ipynb)", f"{seconds:.0f}"] for name, seconds in slowest(record)]
    return table(["lesson", "seconds"], rows)


def pages_table(record):
    """Return the table of what a page weighs, how far it jumps, and Lighthouse's scores on both screens."""
    rows = []
    for title, page in record["pages"].items():
        weights = [f"{page[key]:.0f}" for key in ("first_visit_kb", "later_kb", "figures_kb")]
        shifts = " / ".join(f"{shift:.3f}" for shift in page["layout_shift"].values())
        scores = [" ".join(map(str, page["scores"][screen].values())) for screen in ("desktop", "phone")]
        rows.append([title, *weights, shifts, *scores])
    header = ["page", "first visit, kB", "later, kB", "figures, kB", "layout shift", "desktop", "phone"]
    return table(header, rows)


TABLES_OF = {
    "package_speed": speed_table,
    "side_by_side": side_table,
    "lesson_times": times_table,
    "pages": pages_table,
}


def plain_table(record):
    """Return the table of a record whose entries are numbers by name."""
    about = ("date", "machine", "recipe", "goals")
    rest = {key: value for key, value in record.items() if key not in about and isinstance(value, dict)}
    kind, entries = next((k, v) for k, v in rest.items() if all(isinstance(entry, dict) for entry in v.values()))
    names = list(dict.fromkeys(name for entry in entries.values() for name in entry))
    rows = [[key, *(format_plainly(entry.get(name)) for name in names)] for key, entry in entries.items()]
    return table([kind, *names], rows)


def format_plainly(value):
    """Return what a record holds as the text of a cell."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}" if isinstance(value, float) else str(value)


def table(header, rows):
    """Return a Markdown table with numbers at the right; a bar inside a cell is written so that it doesn't end it."""
    rules = ["---", *("---:" if "parameters" in header else "---" for _ in header[1:])]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in (header, *rows)]
    return "\n".join([lines[0], "|" + "|".join(rules) + "|", *lines[1:]])


if __name__ == "__main__":
    sys.exit(main())
