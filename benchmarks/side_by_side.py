"""The package beside plain PyTorch, the d2l package 1.0.3, and what the machine itself needs, in one table.

    python benchmarks/side_by_side.py              everything, about twenty minutes on a quiet machine
    python benchmarks/side_by_side.py NAME …       some rows; the record's others stay

What stands in one row was run by turns (A B A B …) in one Jupyter kernel, pictures drawn and sent; imports in fresh
processes. Seconds are medians, ratios are medians of the ratios of neighbours. Writes results/side_by_side.json;
exits with 1 when a goal is missed.
"""

import json
import math
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import d2l_package
import training_loop
from batches import BATCH_SIZE, NUM_IMAGES, cut_by_hand, pass_over
from live_curves import run_in_kernel, train_live
from measure import announce, limit_threads, take_turns
from records import RESULTS, check_names, run_script, write_entry

RECORD = RESULTS / "side_by_side.json"
LONG = 6.0  # seconds that a plain loop trains at least, so that what happens once is small beside it
ROUNDS = 5
TASKS = {
    "softmax regression": training_loop.softmax_task,
    "multilayer perceptron": training_loop.mlp_task,
    "LeNet": training_loop.lenet_task,
    "recurrent network": training_loop.character_task,
}
ROWS = ("import", "60,000 images, one pass", *TASKS)
PLAIN, PACKAGE, PLOT = "plain PyTorch", "d2lutils", "d2lutils, live plot"
LOADER, D2L, D2L_PLOT, LEAST = "DataLoader", "d2l 1.0.3", "d2l 1.0.3, live plot", "the machine's least"
COLUMNS = (LEAST, PLAIN, PACKAGE, PLOT, LOADER, D2L, D2L_PLOT)
GOALS = (  # (rows, numerator, denominator, limit)
    (ROWS[1:], PACKAGE, PLAIN, 1.05),
    (tuple(TASKS), PLOT, PLAIN, 1.1),
    (("import",), PACKAGE, D2L, 1.0),
    (("softmax regression",), PLOT, D2L_PLOT, 0.2),
)


def main(names):
    """Measure the rows named, or all; print the table; return 1 when a goal is missed, else 0."""
    check_names("row", names, ROWS)
    limit_threads()
    with tempfile.TemporaryDirectory() as folder:
        where = folder if d2l_package.install(folder) else None
        if where is None:
            announce(f"{d2l_package.REQUIREMENT} can't be installed here: going on without it")
        for name in names or ROWS:
            announce(name)
            write_entry(RECORD, name, measure(name, where), order=ROWS, goals=list_goals())
    entries = json.loads(RECORD.read_text(encoding="utf-8"))["networks"]
    print_table(entries)
    missed = [*missed_goals(entries)]
    print("\n".join(missed) or "all goals met")
    return int(bool(missed))


def measure(name, folder):
    """Return the entry of one row: {column: {seconds, ratio}}, ratios to plain PyTorch; `folder` holds d2l, or None.

    Where something is trained, `each` tells how many images or tokens went through the network in one run.
    """
    each = {}
    if name == "import":
        seconds = time_imports(folder)
    elif name in TASKS:
        (seconds, number), _ = run_in_kernel(f"train({name!r}, {folder!r})", "side_by_side")
        each = {"each": {"unit": "token" if name == "recurrent network" else "image", "number": number}}
    else:
        seconds = time_pass(folder)
    ways = {column: summarise(values, seconds) for column, values in seconds.items()}
    return ways | {"runs": list_ratios(seconds)} | each


def summarise(values, seconds):
    """Return the median seconds, and the median ratio to plain PyTorch's run beside it."""
    ratios = [a / b for a, b in zip(values, seconds[PLAIN], strict=False)]
    return {"seconds": round(statistics.median(values), 5), "ratio": round(statistics.median(ratios), 4)}


def list_ratios(seconds):
    """Return {goal: median ratio within pairs} for the goals that concern what was measured."""
    pairs = {(over, under) for _, over, under, _ in GOALS if over in seconds and under in seconds}
    found = {}
    for over, under in sorted(pairs):
        ratios = [a / b for a, b in zip(seconds[over], seconds[under], strict=False)]
        found[f"{over} ÷ {under}"] = round(statistics.median(ratios), 4)
    return found


def time_imports(folder):
    """Return the seconds of imports in fresh processes; plain PyTorch is torch, pandas and Matplotlib."""
    path = f"import sys; sys.path.insert(0, {str(Path(__file__).resolve().parent)!r}); import d2l_package; "
    lines = {
        PLAIN: "import torch, pandas, matplotlib.pyplot",
        PACKAGE: "import pandas, d2lutils.data, d2lutils.training, d2lutils.plotting, d2lutils.text",
    }
    if folder:
        lines[D2L] = f"{path}d2l_package.load({folder!r})"
    runs = {
        name: partial(subprocess.run, [sys.executable, "-P", "-c", line], check=True) for name, line in lines.items()
    }
    return take_turns(runs, rounds=7)


def time_pass(folder):
    """Return the seconds of one shuffled pass over 60,000 images; the least is one copy of all in memory."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    from d2lutils.data import take_batches

    images, labels = torch.rand(NUM_IMAGES, 1, 28, 28), torch.randint(10, (NUM_IMAGES,))
    place = torch.empty_like(images)
    runs = {
        LEAST: lambda: place.copy_(images),
        PLAIN: lambda: pass_over(cut_by_hand(images, labels)),
        PACKAGE: lambda: pass_over(take_batches(images, labels, batch_size=BATCH_SIZE)),
        LOADER: lambda: pass_over(DataLoader(TensorDataset(images, labels), batch_size=BATCH_SIZE, shuffle=True)),
    }
    if folder:
        d2l = d2l_package.load(folder)
        runs[D2L] = lambda: pass_over(d2l_package.make_data(d2l, images, labels, BATCH_SIZE).train_dataloader())
    return take_turns(runs, rounds=9)


def train(name, folder):
    """In a kernel: return the seconds of training one model in every way, and of its matrix products alone.

    And how many images, or tokens of text, one run trains on, each counted in every epoch.
    """
    limit_threads()
    task = make_long(TASKS[name])
    runs = {
        PLAIN: lambda: training_loop.train_plainly(task),
        PACKAGE: lambda: training_loop.train_with_package(task),
        PLOT: lambda: train_live(task),
    }
    if training_loop.train_plainly(task) != training_loop.train_with_package(task):
        raise RuntimeError(f"{name}: the two loops don't compute the same losses")
    if task.layers:
        runs[LEAST] = training_loop.multiply_only(task)
    if folder:
        d2l = d2l_package.load(folder)
        runs[D2L] = lambda: d2l_package.fit(d2l, task, plot=False)
        runs[D2L_PLOT] = lambda: d2l_package.fit(d2l, task, plot=True)
    number = task.inputs.numel() if task.vocabulary_size else len(task.inputs)
    return take_turns(runs, ROUNDS, warm_up=False), task.epochs * number


def make_long(make_task):
    """Return a task with as many epochs as a plain loop of some seconds needs."""
    epochs, seconds = 1, 0.0
    while seconds < LONG / 4:  # a shorter run would tell of the machine's waking
        epochs *= 2
        task = make_task(epochs=epochs)
        seconds = min(take_turns({PLAIN: partial(training_loop.train_plainly, task)}, rounds=2)[PLAIN])
    return make_task(epochs=math.ceil(epochs * LONG / seconds))


def list_goals():
    """Return the goals as sentences."""
    return [f"{over} ÷ {under}: at most {limit:g}, for {', '.join(rows)}" for rows, over, under, limit in GOALS]


def missed_goals(entries):
    """Yield a line for each goal that a record misses."""
    for rows, over, under, limit in GOALS:
        for row in rows:
            ratio = entries.get(row, {}).get("runs", {}).get(f"{over} ÷ {under}")
            if ratio is not None and ratio > limit:
                yield f"goal missed, {row}: {over} ÷ {under} is {ratio:.2f}, and should be at most {limit:g}"


def print_table(entries):
    """Print seconds, and ratios to plain PyTorch."""
    print(f"{'':26}" + "".join(f"{column:>24}" for column in COLUMNS))
    for row, entry in entries.items():
        cells = [entry.get(column) for column in COLUMNS]
        print(f"{row:26}" + "".join(f"{format_cell(cell):>24}" for cell in cells))


def format_cell(cell):
    """Return seconds and ratio in words."""
    return "–" if cell is None else f"{cell['seconds']:.3g} s ({cell['ratio']:.2f} ×)"


if __name__ == "__main__":
    sys.exit(run_script(main))
