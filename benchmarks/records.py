"""Records of long runs: one entry for each network, written as soon as it is done, the others' entries kept."""

import datetime
import json
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
    unfinished.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(path)
