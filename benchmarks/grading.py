"""How long grading takes: hand-ins of all eight assignments, in the sandbox, over the cores of this machine.

    python benchmarks/grading.py            30 hand-ins, then 300, and their times for each
    python benchmarks/grading.py 30         only these; what the record holds for other numbers stays

A hand-in is the reference with a number of its own in it, so that no result is found ready. Goals: 30 in at most 60
seconds on two cores, and 300 at no more for each. Writes results/grading.json.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from measure import describe_machine

from assignments import soundness
from assignments.course import HERE, Course

RESULTS = Path(__file__).resolve().parent / "results" / "grading.json"
NUMBERS = (30, 300)
WORKERS = 2


def command(course, *arguments):
    """Run one of the classroom's commands; return what it printed."""
    line = [sys.executable, "-m", "assignments", "--course", str(course), *arguments]
    done = subprocess.run(line, cwd=HERE.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"grading: {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def write_hand_ins(course, number):
    """Put so many hand-ins into a course, of all assignments in turn."""
    for student in range(number):
        assignment = course.assignment(course.names[student % len(course.names)])
        answers = soundness.reference_answers(assignment)
        notebook = json.loads(assignment.released.read_text(encoding="utf-8"))
        own = {name: f"{source}\n\n# {student}" for name, source in answers.items()}
        path = assignment.submitted_file(f"s{student:03d}")
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(soundness.filled(notebook, own)), encoding="utf-8")


def measure(number):
    """Return the seconds that so many hand-ins take, sandbox, verdicts and gradebook included."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for kind in ("source", "judges", "mutants"):
            shutil.copytree(HERE / kind, root / kind)
        command(root, "release")
        write_hand_ins(Course(root), number)
        began = time.monotonic()
        said = command(root, "grade", "--workers", str(WORKERS))
        seconds = time.monotonic() - began
        graded = said.count(": graded\n")
        if graded != number:
            raise SystemExit(f"grading: {graded} of {number} were graded")
        return seconds


def main():
    """Measure, print and record."""
    numbers = [int(word) for word in sys.argv[1:]] or NUMBERS
    found = json.loads(RESULTS.read_text(encoding="utf-8"))["hand-ins"] if RESULTS.exists() else {}
    for number in numbers:
        seconds = measure(number)
        found[str(number)] = {"seconds": round(seconds, 1), "for each": round(seconds / number, 2)}
        print(f"{number} hand-ins: {seconds:.0f} s, {seconds / number:.2f} s each, {WORKERS} workers", flush=True)
    entry = {"date": datetime.now(UTC).date().isoformat(), "machine": describe_machine(), "hand-ins": found}
    RESULTS.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
