"""Records of long runs: one entry for each network, written as soon as it is done, the others' entries kept."""

import datetime
import json
import sys
from pathlib import Path

from measure import describe_machine

RESULTS = Path(__file__).resolve().parent / "results"


def write_entry(path, name, entry, *, order, **about):
    """Put one entry into a record, which is replaced in one step.

    Args:
        path: The record, a JSON file that may not exist yet.
        name: The entry's name.
        entry: What was measured, ready for JSON.
        order: The names in the order in which the record lists them.
        about: What else the record says, such as the recipe.
    """
    networks = json.loads(path.read_text(encoding="utf-8"))["networks"] if path.exists() else {}
    networks |= {name: entry}
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


def run_script(main):
    """Run a script's main on its arguments and return its exit status; one line says that it was stopped."""
    try:
        return main(sys.argv[1:])
    except KeyboardInterrupt:
        print("\nstopped; what was done before this network is recorded", file=sys.stderr)
        return 130
