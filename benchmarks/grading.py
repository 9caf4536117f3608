"""How long grading takes: hand-ins of all eight assignments, in the sandbox, over the cores of this machine.

    python benchmarks/grading.py            one hand-in of each assignment alone, then 30 of all, then 300
    python benchmarks/grading.py 30         only these; what the record holds for other numbers stays
    python benchmarks/grading.py 0          only one of each assignment

A hand-in is the reference with a number of its own in it, so that no result is found ready. Goals: 30 in at most 60
seconds on two cores, 300 at no more for each, and for one alone at most 2 seconds beyond the start of a kernel, on
average over the assignments. Writes results/grading.json; exits with 1 when a goal is missed.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from measure import describe_machine
from nbformat.v4 import new_notebook

from assignments import running, soundness
from assignments.course import HERE, Course
from assignments.grading import rebuilt, run_and_judge
from assignments.running import Budget

RESULTS = Path(__file__).resolve().parent / "results" / "grading.json"
NUMBERS = (30, 300)
WORKERS = 2
REPEATS = 3  # of one hand-in alone
LIMIT_FOR_30 = 60  # seconds
LIMIT_BEYOND_START = 2.0  # seconds, mean over the assignments
GROWTH = 1.1  # 300 hand-ins may take this times the seconds of 30, for each


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


def make_course(root, number):
    """Return a course with all assignments, released, and so many hand-ins."""
    for kind in ("source", "judges", "mutants"):
        shutil.copytree(HERE / kind, root / kind)
    command(root, "release")
    course = Course(root)
    write_hand_ins(course, number)
    return course


def seconds_of(work):
    """Return the median of the seconds that a function takes."""
    found = []
    for _ in range(REPEATS):
        began = time.monotonic()
        work()
        found.append(time.monotonic() - began)
    return statistics.median(found)


def measure_each():
    """Return the seconds that a kernel's start takes, and those that one hand-in of each assignment takes beyond it."""
    with tempfile.TemporaryDirectory() as folder:
        names = Course(HERE).names
        course = make_course(Path(folder), len(names))
        start = seconds_of(lambda: running.run(new_notebook(), Budget()))
        print(f"a kernel's start: {start:.2f} s", flush=True)
        beyond = {}
        for name in names:
            assignment = course.assignment(name)
            (student,) = assignment.students()
            notebook, _ = rebuilt(assignment, student)
            work = partial(run_and_judge, notebook, assignment, Budget(), confined=True)
            beyond[name] = round(seconds_of(work) - start, 2)
            print(f"{name}: {beyond[name]:.2f} s beyond it", flush=True)
    return {"kernel's start": round(start, 2), "beyond it": beyond}


def measure(number):
    """Return the seconds that so many hand-ins take, sandbox, verdicts and gradebook included."""
    with tempfile.TemporaryDirectory() as folder:
        course = make_course(Path(folder), number)
        began = time.monotonic()
        said = command(course.root, "grade", "--workers", str(WORKERS))
        seconds = time.monotonic() - began
        graded = said.count(": graded\n")
        if graded != number:
            raise SystemExit(f"grading: {graded} of {number} were graded")
        return seconds


def missed_goals(entry):
    """Yield a line for each goal that a record misses."""
    each, many = entry.get("alone"), entry["hand-ins"]
    if each and statistics.mean(each["beyond it"].values()) > LIMIT_BEYOND_START:
        yield f"one hand-in takes more than {LIMIT_BEYOND_START:g} s beyond the kernel's start, on average"
    if "30" in many and many["30"]["seconds"] > LIMIT_FOR_30:
        yield f"30 hand-ins take more than {LIMIT_FOR_30} s"
    if {"30", "300"} <= set(many) and many["300"]["for each"] > GROWTH * many["30"]["for each"]:
        yield "300 hand-ins take longer for each than 30"


def main():
    """Measure, print and record; return the exit status."""
    numbers = [int(word) for word in sys.argv[1:]] or [0, *NUMBERS]
    entry = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"hand-ins": {}}
    for number in numbers:
        if number == 0:
            entry["alone"] = measure_each()
            continue
        seconds = measure(number)
        entry["hand-ins"][str(number)] = {"seconds": round(seconds, 1), "for each": round(seconds / number, 2)}
        print(f"{number} hand-ins: {seconds:.0f} s, {seconds / number:.2f} s each, {WORKERS} workers", flush=True)
    entry |= {"date": datetime.now(UTC).date().isoformat(), "machine": describe_machine()}
    RESULTS.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    missed = list(missed_goals(entry))
    for line in missed:
        print(f"goal missed: {line}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
