"""Where things lie in a course's folder, and what is known of its assignments."""

import hashlib
import json
import os
import types
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

HERE = Path(__file__).resolve().parent


class CourseError(Exception):
    """Something is missing or wrong in the course's folder; one line that says what to do."""


@dataclass(frozen=True)
class Course:
    """A course's folder: sources, judges and mutants in it, and all that grading writes."""

    root: Path = HERE

    @property
    def names(self):
        """Names of its assignments, in order."""
        folders = sorted(path.parent for path in (self.root / "source").glob("*/*.ipynb"))
        return [folder.name for folder in dict.fromkeys(folders)]

    def assignment(self, name):
        """The `Assignment` of this name.

        Raises:
            CourseError: There is none.
        """
        if name not in self.names:
            raise CourseError(
                f"no assignment {name!r} in {self.root / 'source'}; there are: {', '.join(self.names) or 'none'}"
            )
        return Assignment(self, name)

    @property
    def submitted(self):
        """Folder of what came in: submitted/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb."""
        return self.root / "submitted"

    @property
    def state(self):
        """Folder of what our own commands remember."""
        return self.root / "state"


@dataclass(frozen=True)
class Assignment:
    """One assignment: a source notebook, its judge, and what was made of them."""

    course: Course
    name: str

    @property
    def source(self):
        """Path of the instructor's notebook."""
        return self.course.root / "source" / self.name / f"{self.name}.ipynb"

    @property
    def released(self):
        """Path of the students' notebook."""
        return self.course.root / "release" / self.name / f"{self.name}.ipynb"

    @property
    def blueprint_path(self):
        """Path of what hand-ins are rebuilt from: the students' notebook with the hidden cells."""
        return self.course.state / self.name / "blueprint.ipynb"

    @property
    def judge_path(self):
        """Path of the judge, a Python file with the expected values."""
        return self.course.root / "judges" / f"{self.name}.py"

    @property
    def mutants_path(self):
        """Path of the planted mistakes and other right answers."""
        return self.course.root / "mutants" / f"{self.name}.py"

    @cached_property
    def blueprint(self):
        """The notebook that hand-ins are rebuilt from.

        Raises:
            CourseError: The assignment hasn't been released, or its source has changed since.
        """
        try:
            text = self.blueprint_path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise CourseError(f"{self.name} isn't released yet: python -m assignments release {self.name}") from error
        notebook = nbformat.reads(text, as_version=4)
        if notebook.metadata.get("source_digest") != digest(self.source.read_bytes()):
            raise CourseError(f"{self.name} has changed since its release: python -m assignments release {self.name}")
        return notebook

    @cached_property
    def judges(self):
        """{grade id: list of cases}, from the judge's own file.

        Raises:
            CourseError: There is no judge, or it fails.
        """
        module = load(self.judge_path)
        if not hasattr(module, "judges"):
            raise CourseError(f"{self.judge_path} should define a function judges()")
        return module.judges()

    def cases(self, name):
        """The list of cases for the hidden cell of this id.

        Raises:
            CourseError: The judge leaves it out.
        """
        if name not in self.judges:
            raise CourseError(f"{self.judge_path} has no cases for the hidden cell {name}")
        return self.judges[name]

    @property
    def key(self):
        """Digest of all that a verdict depends on besides the hand-in."""
        code = [
            present(self.judge_path),
            HERE / "verdict.py",
            HERE / "running.py",
            *sorted((HERE / "sandboxed").glob("*.py")),
        ]
        return digest(b"".join(path.read_bytes() for path in code))

    def result_path(self, key):
        """Path of the result that was kept under a key."""
        return self.course.state / self.name / "results" / f"{key}.json"

    def students(self):
        """Names of those from whom something came in, in order."""
        found = self.course.submitted.glob(f"*/{self.name}")
        return sorted(path.parent.name for path in found)

    def submitted_file(self, student):
        """Path of what came in from a student."""
        return self.course.submitted / student / self.name / f"{self.name}.ipynb"


def present(path):
    """Return the path of a file that an instructor writes.

    Raises:
        CourseError: There is none.
    """
    if not path.is_file():
        raise CourseError(f"there is no {path}: write it, or take that of 01_arrays as a pattern")
    return path


def load(path):
    """Run a Python file of the course as a module of its own and return it; nothing is written beside it."""
    module = types.ModuleType(f"course_{present(path).parent.name}_{path.stem}")
    module.__file__ = str(path)
    try:
        exec(compile(path.read_text(encoding="utf-8"), path, "exec"), module.__dict__)
    except Exception as error:
        raise CourseError(f"{path} fails: {type(error).__name__}: {error}") from error
    return module


def digest(data):
    """Short digest of bytes."""
    return hashlib.sha256(data).hexdigest()[:24]


def write_whole(path, content):
    """Write a file, text or bytes, so that nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_json(path):
    """Return what a JSON file holds, None if it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
