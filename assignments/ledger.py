"""What is remembered of each student's hand-in, and the marks that come of it."""

import csv
import io
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path

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


def recorded(assignment):
    """Names of the students whose very hand-in has been rejected, or graded and its points are in the gradebook.

    Raises:
        CourseError: The gradebook is damaged, or doesn't know the assignment.
    """
    states = {student: state_of(assignment, student)["status"] for student in assignment.students()}
    known = in_gradebook(assignment) if states else set()
    return {
        student
        for student, status in states.items()
        if status == "rejected" or (status == "graded" and student in known)
    }


def find_alembic():
    """Let nbgrader find `alembic`, which it calls by its bare name, also where the environment isn't activated."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


@contextmanager
def gradebook(course):
    """Open nbgrader's gradebook of a course.

    Raises:
        CourseError: It can't be read or written.
    """
    from nbgrader.api import Gradebook
    from sqlalchemy.exc import DatabaseError

    find_alembic()
    path = course.root / "gradebook.db"
    try:
        with Gradebook(f"sqlite:///{path}", "deep-learning") as book:
            yield book
    except DatabaseError as error:
        raise CourseError(
            f"{path}: {error.orig}. If the file is damaged, put a copy of it there; without one, delete it, type "
            "release and grade, and give the marks by hand anew"
        ) from error


def in_gradebook(assignment):
    """Names of the students whose hand-ins are in the gradebook.

    Raises:
        CourseError: It can't be used, or doesn't know the assignment.
    """
    from nbgrader.api import MissingEntry

    with gradebook(assignment.course) as book:
        try:
            book.find_assignment(assignment.name)
        except MissingEntry as error:
            raise CourseError(
                f"{assignment.course.root / 'gradebook.db'} doesn't know {assignment.name}. If you have a copy of it, "
                f"put it there; else: python -m assignments release {assignment.name}"
            ) from error
        return {submission.student.id for submission in book.assignment_submissions(assignment.name)}


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
    from nbgrader.api import MissingEntry

    with gradebook(course) as book:
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
