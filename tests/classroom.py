"""What the tests of the classroom share: a course in a folder of its own, and made-up hand-ins."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from assignments import intake, sandbox, soundness
from assignments.course import HERE, Course

ROOT = HERE.parent
FIRST = "01_arrays"
NOBODY = 65534  # the number of a user without any privilege
NEEDED = bool(os.environ.get("CI"))  # there a missing sandbox is a failure, not a reason to skip


def make_course(folder, names=(FIRST,)):
    """A course in a folder, with some of our assignments, released."""
    for name in names:
        shutil.copytree(HERE / "source" / name, folder / "source" / name)
        for kind in ("judges", "mutants"):
            (folder / kind).mkdir(exist_ok=True)
            shutil.copy(HERE / kind / f"{name}.py", folder / kind)
    done = command(folder, "release")
    assert done.returncode == 0, done.stderr
    return Course(folder)


def command(folder, *arguments, limit=600, before=(), **options):
    """Run `python -m assignments` on a course's folder, behind the words `before`."""
    return subprocess.run(
        [*before, sys.executable, "-m", "assignments", "--course", str(folder), *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
        **options,
    )


def as_ordinary_user(home):
    """Words that run the command behind them as a user without privileges, for tests that run as root.

    Python may lie in a folder that is closed to others, such as root's home. For this command alone an open folder
    stands in its place, which holds nothing else.
    """
    needed = sorted({Path(sys.base_prefix).resolve(), Path(sys.prefix), ROOT})
    closed = {next(filter(is_closed, reversed([folder, *folder.parents])), None) for folder in needed} - {None}
    words = [sandbox.find_bwrap(), "--dev-bind", "/", "/"]
    for folder in sorted(closed):
        words += ["--perms", "0755", "--tmpfs", str(folder)]
    for folder in needed:
        if not closed.isdisjoint([folder, *folder.parents]):
            words += [*sandbox.open_way(folder), "--ro-bind", str(folder), str(folder)]
    words += ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--no-new-privs"]
    return [*words, "env", f"HOME={home}", f"MPLCONFIGDIR={home}/matplotlib"]


def is_closed(folder):
    """True for a folder that others may not enter."""
    return not folder.stat().st_mode & 0o001


@contextmanager
def open_folder():
    """A folder of a short name that other users may enter, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="classroom-", dir="/tmp"))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder)


def give_away(folder):
    """Make the user without privileges the owner of a folder and of all in it."""
    for path in (folder, *folder.rglob("*")):
        os.lchown(path, NOBODY, NOBODY)


def need_sandbox():
    """Skip a test, loudly, where no sandbox can be had; fail in CI."""
    try:
        sandbox.prove(HERE)
    except sandbox.SandboxError as error:
        if NEEDED:
            raise
        pytest.skip(f"NOT TESTED, since no sandbox can be had: {error}")


def hand_in(assignment, answers=None, extra=None, essay="The tensor needs 146 GB."):
    """A hand-in as text: the release with some answers, and code cells behind some of them.

    Args:
        answers: {grade id: source}; "right" gives all of the reference.
        extra: {grade id: source of a code cell behind it}.
        essay: The answer in words, None leaves it as it is.
    """
    answers = soundness.reference_answers(assignment) if answers == "right" else answers or {}
    notebook = soundness.filled(json.loads(assignment.released.read_text(encoding="utf-8")), answers)
    cells = []
    for cell in notebook["cells"]:
        name = intake.grade_id_of(cell)
        if cell["cell_type"] == "markdown" and cell["metadata"].get("nbgrader", {}).get("solution") and essay:
            cell["source"] = essay
        cells.append(cell)
        if extra and name in extra:
            cells.append({"cell_type": "code", "metadata": {}, "source": extra[name], "outputs": []})
    return json.dumps({**notebook, "cells": cells})


def write_hand_in(course, name, student, text):
    """Put a hand-in where `collect` would."""
    path = course.assignment(name).submitted_file(student)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def exported(course, folder):
    """Marks of a course: {(student, assignment): row}."""
    import csv

    path = Path(folder) / "marks.csv"
    done = command(course.root, "export", "--to", path)
    assert done.returncode == 0, done.stderr
    with path.open(encoding="utf-8") as file:
        return {(row["student"], row["assignment"]): row for row in csv.DictReader(file)}
