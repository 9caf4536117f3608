"""Long runs and their records: one entry for each network, written as soon as it is done, the others' entries kept."""

import datetime
import json
import statistics
import sys
import time
from pathlib import Path

from measure import describe_machine

RESULTS = Path(__file__).resolve().parent / "results"


def check_names(kind, names, known):
    """Exit with one line when a name isn't among the known ones."""
    unknown = set(names) - set(known)
    if unknown:
        raise SystemExit(f"unknown {kind} {', '.join(sorted(unknown))}; known: {'; '.join(known)}")


def read_record(path):
    """Return a record, an empty dict where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def train_epochs(optimizer, run_epoch, epochs, highest_rate, clock=time.process_time):
    """Run epochs with a learning rate that falls in equal steps towards zero.

    Returns:
        What the last `run_epoch()` returned, and the seconds of the quickest one, the processor's unless another
        clock is given.
    """
    seconds = []
    for epoch in range(epochs):
        optimizer.param_groups[0]["lr"] = highest_rate * (1 - epoch / epochs)
        start = clock()
        result = run_epoch()
        seconds.append(clock() - start)
    return result, min(seconds)


def write_entry(path, name, entry, *, order, **about):
    """Put one entry into a record, which is replaced in one step.

    Args:
        path: The record, a JSON file that may not exist yet.
        name: The entry's name.
        entry: What was measured, ready for JSON.
        order: The names in the order in which the record lists them.
        about: What else the record says, such as the recipe.
    """
    networks = read_record(path).get("networks", {}) | {name: entry}
    record = {
        "date": datetime.date.today().isoformat(),
        "machine": describe_machine(),
        **about,
        "networks": {key: networks[key] for key in order if key in networks},
    }
    unfinished = path.with_suffix(".part")
    try:
        unfinished.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise SystemExit(f"{name} can't be recorded in {path} ({error.strerror}): {json.dumps(entry)}") from None


def print_spread(name, values):
    """Print mean and standard deviation over seeds."""
    print(f"{name:24s} {statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}", flush=True)


def run_script(main):
    """Run a script's main on its arguments and return its exit status; one line says that it was stopped."""
    try:
        return main(sys.argv[1:])
    except KeyboardInterrupt:
        print("\nstopped; what was done before this network is recorded", file=sys.stderr)
        return 130
