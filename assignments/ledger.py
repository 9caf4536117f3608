"""What is remembered of each student's hand-in, and the marks that come of it."""

import csv
import io
import json

import nbformat

from assignments import intake
from assignments.course import CourseError, digest, read_json, write_whole
from assignments.grading import rebuilt
from assignments.handins import student_name


def write_rebuilt(assignment, student):
    """Write the rebuilt hand-in where nbgrader reads it, with the time at which it came in, if that is known."""
    notebook, _ = rebuilt(assignment, student)
    target = assignment.course.state / "rebuilt" / student / assignment.name / f"{assignment.name}.ipynb"
    write_whole(target, nbformat.writes(notebook))
    stamp = assignment.submitted_file(student).with_name("timestamp.txt")
    if stamp.is_file() and not stamp.is_symlink():
        write_whole(target.with_name(stamp.name), stamp.read_text(encoding="utf-8", errors="replace")[:100])


def record_path(assignment, student):
    """Where a student's state is remembered."""
    return assignment.course.state / assignment.name / "students" / f"{student}.json"


def submission_digest(assignment, student):
    """Digest of what a student handed in and of what its marks depend on."""
    try:
        data = intake.read_file(assignment.submitted_file(student)).encode()
    except intake.RejectedError as error:
        data = str(error).encode()
    return digest(data + assignment.key.encode() + assignment.blueprint.metadata["source_digest"].encode())


def record(assignment, student, status, notes):
    """Remember what came of a student's hand-in."""
    content = {"status": status, "notes": notes, "digest": submission_digest(assignment, student)}
    write_whole(record_path(assignment, student), json.dumps(content))


def state_of(assignment, student):
    """What is remembered of a student's hand-in: a dictionary with status and notes."""
    found = read_json(record_path(assignment, student))
    if not found or found["digest"] != submission_digest(assignment, student):
        return {"status": "not graded", "notes": ["it waits for: grade"]}
    return found


def is_recorded(assignment, student):
    """True if this very hand-in has been graded or rejected."""
    return state_of(assignment, student)["status"] in {"graded", "rejected"}


def roster(course):
    """Names of the students in roster.csv (its column `student`), an empty list where there is no such file.

    They are written as `collect` writes those of files. Columns may be parted by commas, semicolons or tabs.

    Raises:
        CourseError: The file can't be read, has no such column, or holds a name twice.
    """
    path = course.root / "roster.csv"
    if not path.is_file():
        return []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CourseError(f"{path} isn't in UTF-8: save it again as CSV in UTF-8") from error
    header = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=next((mark for mark in ",;\t" if mark in header), ","))
    if "student" not in (rows.fieldnames or []):
        raise CourseError(f"{path} has no column 'student' (its first line is {header.strip()[:80]!r}): name it so")
    names = [name for row in rows if (name := student_name(row["student"] or ""))]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CourseError(f"{path} holds {', '.join(twice)} twice: give each student a name of their own")
    return names


def marks(course, assignments):
    """Yield a dictionary of marks for each student and assignment."""
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "deep-learning") as book:
        for assignment in assignments:
            handed_in = assignment.students()
            for student in sorted({*roster(course), *handed_in}):
                row = {"student": student, "assignment": assignment.name, "status": "nothing came in"}
                if student in handed_in:
                    row["status"] = state_of(assignment, student)["status"]
                if row["status"] == "graded":
                    try:
                        found = book.find_submission(assignment.name, student)
                    except MissingEntry:
                        row["status"] = "not graded"
                    else:
                        row["status"] = "to be marked by hand" if found.needs_manual_grade else "graded"
                        row |= {"points": round(found.score, 2), "of": found.max_score}
                        row["late penalty"] = round(found.late_submission_penalty or 0, 2)
                yield row
