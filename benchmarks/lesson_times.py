"""How long the lessons take: all of them under strict nbval, as `make test` runs them, on two processes.

    python benchmarks/lesson_times.py

Writes results/lesson_times.json; exits with 1 when a lesson fails, or when a goal is missed. A quiet machine needs some
ten minutes.
"""

import datetime
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from measure import announce, describe_machine
from records import RESULTS, run_script

ROOT = Path(__file__).resolve().parent.parent
RECORD = RESULTS / "lesson_times.json"
MOST_OF_ALL, MOST_OF_ONE = 12 * 60, 60  # seconds
SHOWN = 10


def main(arguments):
    """Run the lessons, print and record their seconds; return 1 when something failed or a goal is missed, else 0."""
    if arguments:
        raise SystemExit("lesson_times takes no arguments: it runs all lessons")
    announce("all lessons under strict nbval, ten minutes")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        start = time.perf_counter()
        command = [sys.executable, "-m", "pytest", "notebooks", f"--junitxml={report}"]
        done = subprocess.run(command, cwd=ROOT, check=False)
        all_seconds = time.perf_counter() - start
        if done.returncode:
            raise SystemExit("lesson_times: a lesson fails (see above); nothing is recorded")
        lessons = seconds_by_lesson(ElementTree.parse(report))
    record = {
        "date": datetime.date.today().isoformat(),
        "machine": describe_machine(),
        "goals": [f"all lessons: at most {MOST_OF_ALL} s", f"one lesson: at most {MOST_OF_ONE} s"],
        "all lessons": round(all_seconds),
        "lessons": lessons,
    }
    unfinished = RECORD.with_suffix(".part")
    unfinished.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(RECORD)
    for name, seconds in slowest(record):
        print(f"{seconds:6.1f} s  {name}")
    missed = list(missed_goals(record))
    print("\n".join(missed) or f"{len(lessons)} lessons in {record['all lessons']} s: all goals met")
    return int(bool(missed))


def seconds_by_lesson(report):
    """Return {lesson: seconds} in the book's order, from the tests' report; a kernel's start counts to its lesson."""
    seconds = {}
    for case in report.iter("testcase"):
        lesson = case.get("classname").removeprefix("notebooks.").replace(".", "/").removesuffix("/ipynb")
        seconds[lesson] = seconds.get(lesson, 0) + float(case.get("time"))
    return {lesson: round(seconds[lesson], 1) for lesson in sorted(seconds)}


def slowest(record):
    """Return (lesson, seconds) of the slowest lessons, the slowest first."""
    return sorted(record["lessons"].items(), key=lambda pair: -pair[1])[:SHOWN]


def missed_goals(record):
    """Yield a line for each goal that a record misses."""
    if record["all lessons"] > MOST_OF_ALL:
        yield f"goal missed: all lessons take {record['all lessons']} s, and should at most {MOST_OF_ALL}"
    for name, seconds in record["lessons"].items():
        if seconds > MOST_OF_ONE:
            yield f"goal missed: {name} takes {seconds:.0f} s, and should at most {MOST_OF_ONE}"


if __name__ == "__main__":
    sys.exit(run_script(main))
