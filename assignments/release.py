"""Make the students' notebook from the instructor's, and the blueprint from which hand-ins are rebuilt."""

import re

import nbformat
from nbformat.v4 import new_markdown_cell

from assignments.course import CourseError, digest, write_whole

RAISED = re.compile(r"^\s*(?:\w+\.)*\w*(?:Error|Exception|Entry): (?!Please see the)(.+)", re.MULTILINE)


def release(assignment, api):
    """Write release/NAME/NAME.ipynb and the blueprint.

    Args:
        assignment: An `Assignment`.
        api: nbgrader's interface to the course.

    Raises:
        CourseError: nbgrader refused; its reason is in the message.
    """
    said = api.generate_assignment(assignment.name)
    if not said["success"]:
        raise CourseError(f"{assignment.name} can't be released: {reason(said)}")
    source = nbformat.read(assignment.source, as_version=4)
    released = nbformat.read(assignment.released, as_version=4)
    blueprint = with_hidden_cells(released, source)
    blueprint.metadata["source_digest"] = digest(assignment.source.read_bytes())
    write_whole(assignment.blueprint_path, nbformat.writes(blueprint))


def with_hidden_cells(released, source):
    """Return the students' notebook with what graded cells held before it was stripped, and with the rubrics.

    An answer that is marked by hand holds its rubric in the instructor's notebook; it is shown behind the answer when
    the hand-in is marked, and in the feedback.
    """
    originals = {cell.metadata.nbgrader.grade_id: cell for cell in source.cells if "nbgrader" in cell.metadata}
    cells = []
    for cell in released.cells:
        about = cell.metadata.get("nbgrader", {})
        original = originals.get(about.get("grade_id"))
        cells.append(cell)
        if original is None or not about.get("grade"):
            continue
        if about.get("solution"):
            text = f"**How this answer is marked**\n\n{original.source}"
            cells.append(new_markdown_cell(text, id=f"rubric-{about['grade_id']}"[:64]))
        else:
            cell.source = original.source
    return nbformat.from_dict({**released, "cells": cells})


def reason(said):
    """What went wrong, of what nbgrader said: the last error that it names, else its last line."""
    text = "\n".join(said.get(part) or "" for part in ("error", "log")).strip()
    return (RAISED.findall(text) or text.splitlines() or ["nbgrader gave no reason"])[-1]
