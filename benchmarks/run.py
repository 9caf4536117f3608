"""Measure everything and record it, or one topic without recording: python benchmarks/run.py [TOPIC]."""

import datetime
import importlib
import json
import sys
from pathlib import Path

from measure import announce, describe_machine, limit_threads, print_table

TOPICS = ("import_time", "batches", "data_files", "training_loop", "live_curves", "book_build")
RECORD = Path(__file__).resolve().parent / "results" / "package_speed.json"


def main(topics):
    """Measure the topics, print the table, and return 1 when a goal is missed."""
    unknown = set(topics) - set(TOPICS)
    if unknown:
        raise SystemExit(f"unknown topic {', '.join(sorted(unknown))}; known: {', '.join(TOPICS)}")
    limit_threads()
    rows = []
    for number, topic in enumerate(topics or TOPICS, start=1):
        announce(f"{topic} ({number} of {len(topics or TOPICS)})")
        rows += importlib.import_module(topic).measure()
    if not topics:
        write_record(rows)
    return print_table(rows)


def write_record(rows):
    """Keep what was measured, with the date and the machine."""
    record = {"date": datetime.date.today().isoformat(), "machine": describe_machine(), "quantities": rows}
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
