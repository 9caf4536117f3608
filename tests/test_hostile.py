"""Bad and broken hand-ins, graded in one run among honest ones; the table in the book is made from this run."""

import hashlib
import json
import os
import random
import sys
from pathlib import Path

import psutil
import pytest

import hostile
from assignments import sandbox
from classroom import (
    FIRST,
    NOBODY,
    ROOT,
    as_ordinary_user,
    command,
    exported,
    give_away,
    hand_in,
    make_course,
    need_sandbox,
    open_folder,
    write_hand_in,
)

TABLE = ROOT / "book" / "hostile_table.md"
HONEST = 6
SECONDS = 25  # for one hand-in
FEW = 10  # attacks in the short version


def build(folder, few):
    """A course with honest and hostile hand-ins; returns it and {student: (what, allowed points, what stops it)}."""
    course = make_course(folder)
    assignment = course.assignment(FIRST)
    expected = {}
    for number in range(2 if few else HONEST):
        text = hand_in(assignment, "right", extra={"summaries": f"mine = {number}"})
        write_hand_in(course, FIRST, f"honest{number}", text)
        expected[f"honest{number}"] = ("honest", {hostile.ALL}, None)
    code = random.Random(0).sample(hostile.CODE, FEW) if few else hostile.CODE
    for number, (name, right, source, points, layer) in enumerate(code):
        text = hand_in(assignment, "right" if right else {}, extra={"standardise": source}, essay=None)
        write_hand_in(course, FIRST, f"code{number:02d}", text)
        # A mark of None: it may harm its own hand-in, so anything up to what the right answers earn.
        allowed = {points} if points is not None else {hostile.BEFORE, 7, 11, 15, hostile.ALL}
        expected[f"code{number:02d}"] = (name, allowed, layer)
    blank = json.loads(hand_in(assignment, {}, essay=None))
    for number, name in enumerate(hostile.FORGED):
        write_hand_in(course, FIRST, f"forged{number}", hostile.forged(blank, name))
        expected[f"forged{number}"] = (name, {0}, hostile.REBUILT)
    for number, (name, make) in enumerate(hostile.FILES.items()):
        path = write_hand_in(course, FIRST, f"file{number:02d}", "")
        path.unlink()
        make(path, course.root)
        expected[f"file{number:02d}"] = (name, {"rejected"}, "intake")
    return course, expected


def digests(folder):
    """{path: digest} of the course's files that no grading may change."""
    kept = (folder / name for name in ("source", "judges", "mutants", "release"))
    files = [path for place in kept for path in place.rglob("*") if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def check_run(folder, tmp_path, few, ordinary=False):
    """Grade the whole set; return (expected, marks) after all that must hold was found to hold."""
    need_sandbox()
    course, expected = build(folder, few)
    before_it = []
    if ordinary:
        (folder / "home").mkdir()
        give_away(folder)
        before_it = as_ordinary_user(folder / "home")
    before, environment = digests(course.root), environment_digest()
    done = command(course.root, "grade", "--seconds", SECONDS, limit=1500, before=before_it)
    assert done.returncode == 0, done.stderr
    said = {line.split(" ")[1].rstrip(":") for line in done.stdout.splitlines() if "/" in line.split(" ")[0]}
    assert said == set(expected), "a line for each hand-in"
    assert digests(course.root) == before and environment_digest() == environment
    assert not Path("/tmp/left-by-a-hand-in").exists()
    assert not [one for one in psutil.process_iter(["cmdline"]) if "3599" in (one.info["cmdline"] or [])]
    marks = {student: row for (student, _), row in exported(course, tmp_path).items()}
    for student, (name, allowed, _) in expected.items():
        row = marks[student]
        got = "rejected" if row["status"] == "rejected" else float(row["points"] or -1)
        assert got in allowed, f"{student}, {name}: {got}, not {allowed}"
    return expected, marks


def environment_digest():
    """Digest of one file that a hand-in would like to change: torch's first module."""
    found = [path for path in Path(sys.prefix).rglob("torch/__init__.py")]
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in found]


def test_a_few_hostile_hand_ins_among_honest_ones(tmp_path):
    check_run(tmp_path / "course", tmp_path, few=True)


@pytest.mark.classroom
def test_all_hostile_hand_ins_graded_by_an_ordinary_user(tmp_path):
    if not sandbox.is_root():
        pytest.skip("the other tests ran as an ordinary user")
    with open_folder() as folder:
        check_run(folder / "course", tmp_path, few=False, ordinary=True)
        record = next((folder / "course" / "state" / FIRST / "students").iterdir())
        assert record.stat().st_uid == NOBODY, "it wasn't the ordinary user who graded"


@pytest.mark.classroom
def test_all_hostile_hand_ins_among_honest_ones(tmp_path):
    expected, marks = check_run(tmp_path / "course", tmp_path, few=False)
    text = table(expected, marks)
    if os.environ.get("HOSTILE_TABLE") == "write":
        TABLE.write_text(text, encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == text, "make hostile-table writes it anew"


def table(expected, marks):
    """The book's page on what was tried."""
    rows = [
        "% Written by `make hostile-table`; a test compares it.",
        "",
        "| hand-in | should get | got | stopped by |",
        "|---|---|---|---|",
    ]
    for student, (name, allowed, layer) in expected.items():
        if student.startswith("honest"):
            continue
        row = marks[student]
        got = row["status"] if row["status"] == "rejected" else f"{float(row['points']):g}"
        if len(allowed) > 1:  # how far it harms itself depends on the machine
            wanted, got = "at most 18", "at most 18"
        else:
            wanted = str(next(iter(allowed)))
        rows.append(f"| {name} | {wanted} | {got} | {layer or 'nothing: it is honest'} |")
    return "\n".join(rows) + "\n"
