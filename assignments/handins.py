"""Take in a folder or a zip file of hand-ins, as a learning platform exports them."""

import re
import stat
import unicodedata
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from assignments.course import CourseError, write_whole
from assignments.intake import LARGEST_FILE

MOST_FILES = 20_000  # in one archive
FOLDERS_OF_THE_SYSTEM = {"__MACOSX", ".ipynb_checkpoints"}
FILES_OF_THE_SYSTEM = {".DS_Store", "Thumbs.db", "desktop.ini"}
STUDENT = re.compile(r"[^\w.@+-]+")
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
)  # the last one: encrypted, or packed in a rare way


def student_name(text):
    """A student's name as files and tables of the course have it: without blanks, each accented letter one character.

    macOS writes such a letter as two characters, and the names on a platform have blanks.
    """
    return STUDENT.sub("-", unicodedata.normalize("NFC", text)).strip("-.")


def student_of(path, pattern=None):
    """Return the student's name in a hand-in's path, None if there is none.

    Args:
        path: Path within the folder or archive.
        pattern: A regular expression with a group `student`, searched in the path; by default the first folder's name
            counts, or a file's name, up to the first underscore that isn't its first letter.
    """
    if pattern is not None:
        found = re.search(pattern, str(path))
        name = (found and found["student"]) or ""
    else:
        first = path.parts[0] if len(path.parts) > 1 else path.stem
        name = first[:1] + first[1:].split("_")[0]
    return student_name(name) or None


def is_of_the_system(path):
    """True for what a system or Jupyter puts beside a student's files."""
    if not FOLDERS_OF_THE_SYSTEM.isdisjoint(path.parts):
        return True
    return path.name in FILES_OF_THE_SYSTEM or path.name.startswith("._")


def found_in_folder(folder):
    """Yield (path within the folder, function that opens it) for each file in it; None stands for a link's function."""
    for path in sorted(folder.rglob("*")):
        about, inside = path.lstat(), path.relative_to(folder)
        if not stat.S_ISDIR(about.st_mode) and not is_of_the_system(inside):
            yield inside, path.open if stat.S_ISREG(about.st_mode) else None


def found_in_zip(archive):
    """Yield (path within the archive, function that opens it) for each file in it; nothing is unpacked to disk."""
    for entry in archive.infolist()[:MOST_FILES]:
        path = PurePosixPath(entry.filename)
        if entry.is_dir() or is_of_the_system(path):
            continue
        is_link = stat.S_ISLNK(entry.external_attr >> 16)
        yield path, None if is_link else lambda _mode, entry=entry: archive.open(entry)


def collect(assignment, place, pattern=None):
    """Copy what came in to the course's folder; yield (student, note) for each file found.

    A student's later file replaces an earlier one only if its bytes differ. Only bytes are copied here; nothing is
    opened, run or trusted before `grade`.

    Raises:
        CourseError: The place is neither a folder nor a whole zip file, or the pattern has no group `student`.
    """
    place = Path(place)
    if pattern is not None:
        try:
            has_group = "student" in re.compile(pattern).groupindex
        except re.error as error:
            raise CourseError(f"the pattern {pattern!r} is no regular expression: {error}") from error
        if not has_group:
            raise CourseError(f"the pattern {pattern!r} says nowhere what the name is: put it into (?P<student>…)")
    if place.is_dir():
        yield from copied(assignment, found_in_folder(place), pattern)
        return
    try:
        archive = zipfile.ZipFile(place)
    except zipfile.BadZipFile as error:
        raise CourseError(f"{place} isn't a folder or a zip file, or only a part of one: download it again") from error
    with archive:
        yield from copied(assignment, found_in_zip(archive), pattern)


def copied(assignment, found, pattern):
    """Copy each notebook that was found; yield (student, note), also for a student of whom only other files came."""
    seen, others = {}, {}
    for path, opener in found:
        student = student_of(path, pattern)
        if path.suffix != ".ipynb":
            others.setdefault(student, path)
        elif student is None:
            yield str(path), "left out: no student's name in its path; say --pattern"
        elif opener is None:
            yield student, "left out: it is a link, not a file"
        elif student in seen:
            yield student, f"left out: {path} is a second file of this student, after {seen[student]}"
        else:
            try:
                with opener("rb") as file:
                    data = file.read(LARGEST_FILE + 1)
            except UNREADABLE as error:
                yield student, f"left out: {path} can't be unpacked ({error}); download it again"
                continue
            seen[student] = path
            target = assignment.submitted_file(student)
            if target.is_file() and target.read_bytes() == data:
                yield student, "was here already"
                continue
            note = "taken again: it has changed" if target.is_file() else "taken"
            write_whole(target, data)
            yield student, note
    for student, path in others.items():
        if student is not None and student not in seen:
            yield student, f"left out: {path} isn't a notebook (.ipynb), and no other file came"
