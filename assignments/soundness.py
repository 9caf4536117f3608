"""Is an assignment itself sound? Hand in the reference, nothing, other right answers and planted mistakes, and see."""

import json
import re
from dataclasses import dataclass

import nbformat

from assignments import grading, intake
from assignments.course import CourseError, load
from assignments.verdict import UNJUDGED

FEWEST_ALTERNATIVES, FEWEST_MUTANTS = 2, 12
REFUSED = "not yet"  # how each line of a visible check begins that doesn't accept an answer


@dataclass(frozen=True)
class Trial:
    """One made-up hand-in, and the tasks in which it should lose points: a set of ids, or None for all tasks wholly."""

    name: str
    answers: dict
    should_lose: set | None


def reference_answers(assignment):
    """Return {grade id: source} of the instructor's own code answers."""
    source = nbformat.read(assignment.source, as_version=4)
    return {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in source.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    }


def filled(notebook, answers):
    """Return a copy of a notebook, as plain dictionaries, with these answers, {grade id: source}, in it."""
    copy = json.loads(json.dumps(notebook))
    for cell in copy["cells"]:
        name = intake.grade_id_of(cell)
        cell["source"] = answers.get(name, cell["source"])
    return copy


def task_of(assignment):
    """Return {id of a code answer: id of the hidden cell that judges it}: the next one behind it."""
    tasks, waiting = {}, []
    for cell in assignment.blueprint.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution") and cell.cell_type == "code":
            waiting.append(about["grade_id"])
        elif grading.is_judged(cell):
            tasks.update(dict.fromkeys(waiting, about["grade_id"]))
            waiting = []
    return tasks


def changed(answers, change):
    """Return the answers with one change made.

    Raises:
        CourseError: It is no such change, or the old text isn't there exactly once.
    """
    try:
        name, old, new = change
        _ = answers[name]
    except (KeyError, TypeError, ValueError) as error:
        raise CourseError(
            f"the change {change!r} should be (id of an answer, old text, new text); answers: {', '.join(answers)}"
        ) from error
    if answers[name].count(old) != 1:
        raise CourseError(
            f"the text {old!r} should stand once in the answer {name}, and does {answers[name].count(old)} times"
        )
    return {**answers, name: answers[name].replace(old, new)}


def emptied(answers):
    """Return the answers with each of their functions and classes replaced by a function that returns None."""
    names = {name: re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE) for name, source in answers.items()}
    return {name: "\n".join(f"def {one}(*_, **__): return None" for one in names[name]) for name in answers}


def trials(assignment):
    """Return the list of `Trial`s of an assignment.

    Raises:
        CourseError: Too few alternatives or mutants, or one that doesn't fit the reference.
    """
    planted, answers, tasks = load(assignment.mutants_path), reference_answers(assignment), task_of(assignment)
    if not (hasattr(planted, "ALTERNATIVES") and hasattr(planted, "MUTANTS")):
        raise CourseError(f"{assignment.mutants_path} should define ALTERNATIVES and MUTANTS")
    if len(planted.ALTERNATIVES) < FEWEST_ALTERNATIVES or len(planted.MUTANTS) < FEWEST_MUTANTS:
        least = f"{FEWEST_ALTERNATIVES} alternatives and {FEWEST_MUTANTS} mutants"
        raise CourseError(f"{assignment.mutants_path} should hold at least {least}")
    found = [Trial("the reference", answers, set()), Trial("nothing", {}, None)]
    found.append(Trial("functions that return None", emptied(answers), None))
    for name, changes in planted.ALTERNATIVES.items():
        right = answers
        for change in changes:
            right = changed(right, change)
        found.append(Trial(f"right: {name}", right, set()))
    for name, change in planted.MUTANTS.items():
        found.append(Trial(f"wrong: {name}", changed(answers, change), {tasks[change[0]]}))
    return found


def attempt(assignment, trial, budget, confined=True):
    """Hand in and grade one trial; return None if it came out as it should, else a phrase."""
    notebook = filled(assignment.blueprint, trial.answers)
    answers = intake.find_answers(intake.parse(json.dumps(notebook)), assignment.blueprint)
    result = grading.graded(intake.rebuild(assignment.blueprint, answers), assignment, budget, confined)
    if result["stopped"]:
        return f"the run was stopped: {result['stopped']}"
    shares = {name: share for name, (share, _) in result["verdicts"].items()}
    if trial.should_lose is None:
        kept = [name for name, share in shares.items() if share > 0]
        return f"got points in {', '.join(kept)}" if kept else None
    lost = {name for name, share in shares.items() if share < 1}
    if lost == trial.should_lose:
        return None if lost else failing_check(result) or unjudged(result)
    reasons = [f"{name}: {line}" for name in lost for line in result["verdicts"][name][1] if line.startswith("✗")]
    expected = sorted(trial.should_lose) or "nothing"
    return f"lost points in {sorted(lost) or 'nothing'}, not in {expected}. {'; '.join(reasons)}"


def failing_check(result):
    """Return a phrase if a check that students see doesn't accept a right answer, else None."""
    shown = "\n".join(output.get("text", "") for outputs in result["outputs"] for output in outputs if output)
    refused = re.search(rf"^{REFUSED}.*", shown, re.MULTILINE)
    return f"a check that students see says of it: {refused[0]}" if refused else None


def unjudged(result):
    """Return a phrase if a hidden cell shows more than its judge has cases for, else None."""
    found = [f"{name}: {line}" for name, (_, lines) in result["verdicts"].items() for line in lines if UNJUDGED in line]
    return "; ".join(found) or None


def hidden_text(assignment):
    """Return what of the instructor's text stands in the release, as phrases; an empty list if nothing does."""
    released = assignment.released.read_text(encoding="utf-8")
    shown = "\n".join(cell.source for cell in nbformat.reads(released, as_version=4).cells)
    found = [name for name in ("BEGIN SOLUTION", "BEGIN HIDDEN", "END HIDDEN", "END SOLUTION") if name in released]
    parts = [divided(cell) for cell in nbformat.read(assignment.source, as_version=4).cells]
    public = {line for shown_lines, _ in parts for line in shown_lines}
    secret = [line for _, secret_lines in parts for line in secret_lines if len(line) > 20 and line not in public]
    return found + [line for line in secret if line in shown]


def divided(cell):
    """Return the lines of an instructor's cell that students see, and those that they don't."""
    about = cell.metadata.get("nbgrader", {})
    lines = [line.strip() for line in cell.source.splitlines()]
    if about.get("grade"):
        return [line for line in lines if line.startswith("# This cell")], lines[1:]
    if not about.get("solution"):
        return lines, []
    shown, hidden, is_hidden = [], [], False
    for line in lines:
        if "BEGIN SOLUTION" in line or "END SOLUTION" in line:
            is_hidden = "BEGIN" in line
        else:
            (hidden if is_hidden else shown).append(line)
    return shown, hidden
