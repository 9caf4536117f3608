"""What the benchmarks share: the goals, runs that take turns, their medians, and the machine in words."""

import os
import platform
import statistics
import time
from pathlib import Path
from typing import NamedTuple


class Quantity(NamedTuple):
    """Something measured: the claim in words, its unit, and the most it may be (None: shown for comparison)."""

    claim: str
    unit: str
    limit: float | None = None


QUANTITIES = {
    "import_package": Quantity("import of d2lutils adds to import torch", "s", 0.15),
    "import_plotting": Quantity("import of its plotting adds to import matplotlib.pyplot", "s", 0.15),
    "import_package_ratio": Quantity("  the first as a ratio", "×"),
    "import_plotting_ratio": Quantity("  the second as a ratio", "×"),
    "take_batches": Quantity("take_batches ÷ indexing by a permutation", "×", 1.1),
    "data_loader": Quantity("  DataLoader ÷ indexing by a permutation", "×"),
    "cached_load": Quantity("load_images of 60,000 + 10,000 cached images", "s", 0.3),
    "read_idx": Quantity("read_idx ÷ gunzip and frombuffer, 60,000 images", "×", 1.1),
    "train_softmax": Quantity("train ÷ plain loop, softmax regression", "×", 1.05),
    "train_lenet": Quantity("train ÷ plain loop, LeNet", "×", 1.05),
    "live_long": Quantity("train with LiveCurves ÷ plain loop, LeNet", "×", 1.1),
    "live_long_seconds": Quantity("  that plain loop", "s"),
    "live_short": Quantity("LiveCurves adds to train, softmax regression", "s", 0.3),
    "live_short_first": Quantity("  the same, first run in a fresh kernel", "s"),
    "live_short_ratio": Quantity("  train with LiveCurves ÷ plain loop, same run", "×"),
    "d2l_ratio": Quantity("  d2l 1.0.3 without plot ÷ plain loop, same run", "×"),
    "d2l_plot_ratio": Quantity("  d2l 1.0.3 with plot ÷ plain loop, same run", "×"),
    "d2l_plot": Quantity("  d2l 1.0.3: its plot adds", "s"),
    "stored_pictures": Quantity("pictures stored after 2,000 updates, off from one by", "pictures", 0),
    "stored_size": Quantity("size of what is stored after 2,000 updates", "kB", 60),
    "memory_growth": Quantity("memory after 2,000 updates − after 200", "MB", 20),
    "memory_ratio": Quantity("  the same as a ratio", "×"),
    "book_cold": Quantity("building the site from nothing", "s", 30),
    "book_changed": Quantity("building it after one lesson has changed", "s", 8),
}
GOALS = {name: quantity for name, quantity in QUANTITIES.items() if quantity.limit is not None}


def take_turns(contenders, rounds=7, warm_up=True):
    """Run contenders by turns (A B A B …) and return the seconds of each, a dict of name to list.

    A shared machine slows down and speeds up by the minute; what runs side by side feels the same.

    Args:
        contenders: Dict of name to callable without arguments.
        rounds: How often each runs.
        warm_up: Run each once more before, untimed.
    """
    if warm_up:
        for run in contenders.values():
            run()
    seconds = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def ratios(numerators, denominators):
    """Return the ratio of each pair of runs that stood side by side."""
    return [a / b for a, b in zip(numerators, denominators, strict=True)]


def differences(longer, shorter):
    """Return the difference of each pair of runs that stood side by side."""
    return [a - b for a, b in zip(longer, shorter, strict=True)]


def summarise(name, values):
    """Return the record of one quantity: its median, extremes and, where there is a limit, whether it is met."""
    quantity = QUANTITIES[name]
    median = round(statistics.median(values), 4)
    met = None if quantity.limit is None else median <= quantity.limit
    spread = {"median": median, "min": round(min(values), 4), "max": round(max(values), 4), "runs": len(values)}
    return {"name": name, **quantity._asdict(), "claim": quantity.claim.strip(), **spread, "met": met}


def format_row(row):
    """Return one line of the table that people read."""
    verdict = {True: "met", False: "MISSED", None: ""}[row["met"]]
    limit = "" if row["limit"] is None else f"≤ {row['limit']:g}"
    spread = f"{row['median']:9.3f}  ({row['min']:.3f} … {row['max']:.3f})"
    claim = QUANTITIES[row["name"]].claim
    return f"{claim:57}{spread:32}{row['unit']:9}{limit:8}{verdict}"


def print_table(rows):
    """Print what was measured; return 1 when a goal is missed, else 0: a program's exit status."""
    print(f"{'':57}{'   median  (min … max)':32}{'unit':9}goal")
    print("\n".join(format_row(row) for row in rows))
    return int(any(row["met"] is False for row in rows))


def announce(text):
    """Print what is being measured, at once."""
    print(f"… {text}", flush=True)


def limit_threads():
    """Let PyTorch use one thread, or OMP_NUM_THREADS: two on a busy machine measure the neighbours."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))


def describe_machine():
    """Return what a reader needs to place the figures, without names of hosts, people or folders."""
    import matplotlib
    import torch

    return {
        "processor": _processor_model(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "matplotlib": matplotlib.__version__,
    }


def _processor_model():
    """Return the processor's model; platform.processor() is empty on many Linux systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
