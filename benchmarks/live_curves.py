"""What LiveCurves costs inside a Jupyter kernel, and what it leaves: one small picture, no memory.

Each measurement is a function that runs as the only cell of a new notebook, so drawing and sending count.
"""

import base64
import json
import math
import random
import sys
import tempfile
from pathlib import Path

import d2l_package
import training_loop
from measure import announce, differences, limit_threads, print_table, ratios, summarise, take_turns

HERE = Path(__file__).resolve().parent
LONG_RUN_SECONDS = 6.5  # a machine that is quicker later on still needs the five that are promised
UPDATES_BEFORE, UPDATES_AFTER = 200, 2000


def measure():
    """Return the records of a long run, a short run, and of many updates."""
    return [*measure_long_run(), *measure_short_run(), *measure_many_updates()]


def measure_long_run():
    """Return the records of a LeNet that trains for five seconds or more."""
    announce("LeNet for five seconds or more, with LiveCurves, in a kernel")
    seconds, _ = run_in_kernel("long_run()")
    return [
        summarise("live_long", ratios(seconds["live"], seconds["plain"])),
        summarise("live_long_seconds", seconds["plain"]),
    ]


def measure_short_run():
    """Return the records of softmax regression, with d2l beside it where it can be installed."""
    with tempfile.TemporaryDirectory() as folder:
        announce("softmax regression, with LiveCurves, in a kernel")
        installed = d2l_package.install(folder)
        if not installed:
            announce(f"{d2l_package.REQUIREMENT} can't be installed here: going on without it")
        seconds, _ = run_in_kernel(f"short_run({folder if installed else None!r})")
    extra = differences(seconds["live"], seconds["train"])
    rows = [
        summarise("live_short", extra),
        summarise("live_short_first", extra[:1]),
        summarise("live_short_ratio", ratios(seconds["live"], seconds["plain"])),
    ]
    if installed:
        rows += [
            summarise("d2l_ratio", ratios(seconds["d2l"], seconds["plain"])),
            summarise("d2l_plot_ratio", ratios(seconds["d2l_plot"], seconds["plain"])),
            summarise("d2l_plot", differences(seconds["d2l_plot"], seconds["d2l"])),
        ]
    return rows


def measure_many_updates():
    """Return the records of the notebook and of the kernel's memory after 2,000 redraws."""
    announce(f"{UPDATES_AFTER:,} redraws in a kernel")
    memory, pictures = run_in_kernel("many_updates()")
    return [
        summarise("stored_pictures", [abs(len(pictures) - 1)]),
        summarise("stored_size", [sum(len(base64.b64decode(png)) for png in pictures) / 1e3]),
        summarise("memory_growth", [(memory["after"] - memory["before"]) / 1e6]),
        summarise("memory_ratio", [memory["after"] / memory["before"]]),
    ]


def run_in_kernel(call, module="live_curves"):
    """Run one function of a module here in a new notebook; return what it returns, and the stored pictures."""
    import nbformat
    from nbclient import NotebookClient

    lines = ["import sys", f"sys.path.insert(0, {str(HERE)!r})", f"import json, {module}"]
    cell = nbformat.v4.new_code_cell("\n".join([*lines, f"print(json.dumps({module}.{call}))"]))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, timeout=1800, kernel_name="python3").execute()
    outputs = notebook.cells[0].outputs
    printed = "".join(output.text for output in outputs if output.get("name") == "stdout")
    pictures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    return json.loads(printed.splitlines()[-1]), pictures


def long_run():
    """In a kernel: return the seconds of LeNets trained plainly and with LiveCurves."""
    limit_threads()
    training_loop.train_plainly(training_loop.lenet_task(epochs=1))
    probe = take_turns({"plain": lambda: training_loop.train_plainly(training_loop.lenet_task(epochs=1))}, rounds=3)
    epochs = math.ceil(LONG_RUN_SECONDS / min(probe["plain"]))
    task = training_loop.lenet_task(epochs)
    return take_turns({"plain": lambda: training_loop.train_plainly(task), "live": lambda: train_live(task)})


def short_run(d2l_folder):
    """In a kernel: return the seconds of softmax regressions; the first LiveCurves of a kernel counts."""
    limit_threads()
    task = training_loop.softmax_task()
    training_loop.train_with_package(task)
    contenders = {
        "plain": lambda: training_loop.train_plainly(task),
        "train": lambda: training_loop.train_with_package(task),
        "live": lambda: train_live(task),
    }
    if d2l_folder:
        d2l = d2l_package.load(d2l_folder)
        contenders["d2l"] = lambda: d2l_package.fit(d2l, task, plot=False)
        contenders["d2l_plot"] = lambda: d2l_package.fit(d2l, task, plot=True)
    return take_turns(contenders, warm_up=False)


def train_live(task):
    """Train with the package, a picture of the loss growing meanwhile."""
    from d2lutils.plotting import LiveCurves

    training_loop.train_with_package(task, curves=LiveCurves(ylabel="loss"))


def many_updates():
    """In a kernel: redraw two noisy curves at each point; return the kernel's memory before and after, in bytes."""
    import psutil
    from IPython import get_ipython

    from d2lutils import plotting

    plotting.SECONDS_BETWEEN_REDRAWS, plotting.REDRAW_SHARE = 0, math.inf
    sent, memory = [], {}
    get_ipython().display_pub.register_hook(lambda message: sent.append(message["msg_type"]) or message)
    curves, noise = plotting.LiveCurves(ylabel="loss, accuracy"), random.Random(0)
    for step in range(1, UPDATES_AFTER + 1):
        loss = 2 / (1 + step / 200) + noise.gauss(0, 0.05)
        curves.add(step, {"train loss": loss, "accuracy": 1 - loss / 2.5})
        if step in (UPDATES_BEFORE, UPDATES_AFTER):
            memory["before" if step == UPDATES_BEFORE else "after"] = psutil.Process().memory_info().rss
    curves.finish()
    if len(sent) < UPDATES_AFTER:
        raise RuntimeError(f"only {len(sent)} redraws happened, the figures would prove nothing")
    return memory


if __name__ == "__main__":
    sys.exit(print_table(measure()))
