"""Each assignment: what its visible checks say, and through the real grading the reference, the blank, mistakes."""

import contextlib
import io
import json
import re
import shutil

import nbformat
import pytest
import torch

from assignments import grading, intake, soundness
from assignments.course import HERE, Course, CourseError
from assignments.running import Budget
from classroom import command, make_course, need_sandbox

NAMES = Course().names


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("course"), NAMES)


@pytest.mark.parametrize(
    ("kind", "change", "says"),
    [
        ("mutants", None, "there is no .*mutants.*: write it"),
        ("judges", None, "there is no .*judges.*: write it"),
        ("mutants", ("MUTANTS =", "OTHERS ="), "should define ALTERNATIVES and MUTANTS"),
        (
            "mutants",
            ('("distances", ".sqrt()", "")', '("distance", ".sqrt()", "")'),
            "the change .* answers: summaries",
        ),
        ("mutants", ('("distances", ".sqrt()", "")', '[("distances", ".sqrt()", "")]'), "the change .* should be"),
        ("judges", ("def judges()", "def others()"), r"should define a function judges\(\)"),
        ("judges", ('"judged-nearest"', '"judged"'), "no cases for the hidden cell judged-nearest"),
    ],
)
def test_a_fault_of_the_author_is_one_line(course, tmp_path, kind, change, says):
    folder = tmp_path / "course"
    shutil.copytree(course.root, folder)
    path = folder / kind / "01_arrays.py"
    if change is None:
        path.unlink()
    else:
        text = path.read_text(encoding="utf-8")
        assert change[0] in text
        path.write_text(text.replace(*change), encoding="utf-8")
    assignment = Course(folder).assignment("01_arrays")
    with pytest.raises(CourseError, match=says):
        soundness.attempt(assignment, soundness.trials(assignment)[0], Budget())


def said_by_cells(notebook):
    """Run a notebook's code cells in this process, one after the other; return {grade id: lines that it printed}."""
    names, said = {"__name__": "__main__"}, {}
    with torch.set_grad_enabled(True), torch.random.fork_rng():  # afterwards both are as they were
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                printed = io.StringIO()
                with contextlib.redirect_stdout(printed):
                    exec(compile("".join(cell["source"]), intake.grade_id_of(cell), "exec"), names)
                said[intake.grade_id_of(cell)] = printed.getvalue().splitlines()
    return said


def released(course, name, answers):
    """The students' notebook with answers in it."""
    text = course.assignment(name).released.read_text(encoding="utf-8")
    return soundness.filled(json.loads(text), answers)


@pytest.mark.parametrize("name", NAMES)
def test_the_visible_checks_call_right_answers_right(course, name):
    said = said_by_cells(released(course, name, soundness.reference_answers(course.assignment(name))))
    lines = [line for printed in said.values() for line in printed]
    assert [line for line in lines if "not yet" in line or "nothing yet" in line] == []
    assert all(any(line.startswith("right, ") for line in said[cell]) for cell in said if cell.startswith("check-"))


@pytest.mark.parametrize("name", NAMES)
def test_the_visible_checks_of_an_untouched_release_stop_nothing_and_call_nothing_right(course, name):
    said = said_by_cells(released(course, name, {}))
    for cell in (cell for cell in said if cell.startswith("check-")):
        assert said[cell] and all(line.startswith("not yet, ") for line in said[cell]), cell
    assert not any(line.startswith("right, ") for printed in said.values() for line in printed)


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_tells_each_tasks_points_and_its_time(name):
    cells = nbformat.read(Course().assignment(name).source, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    told = [int(points) for points in re.findall(r"^## Task \d+: .* \((\d+) points\)$", text, re.MULTILINE)]
    assert len(told) == len(re.findall(r"^## Task", text, re.MULTILINE))
    points = [cell.metadata.nbgrader.points for cell in cells if cell.metadata.nbgrader.grade]
    assert told == points
    minutes = int(re.search(r"It takes about (\d+) minutes", text)[1])
    overview = (HERE.parent / "book" / "assignments.md").read_text(encoding="utf-8")
    row = next(line for line in overview.splitlines() if f"{name}.ipynb" in line)
    assert 60 <= minutes <= 120 and row.endswith(f"| {minutes} | {sum(points)} |")


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_has_all_points_and_the_blank_none(course, name):
    need_sandbox()
    assignment = course.assignment(name)
    trials = {trial.name: trial for trial in soundness.trials(assignment)}
    for chosen in ("the reference", "nothing"):
        assert soundness.attempt(assignment, trials[chosen], Budget()) is None


@pytest.mark.parametrize("name", NAMES)
def test_the_release_holds_no_secret(course, name):
    assert soundness.hidden_text(course.assignment(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_task_has_two_planted_mistakes_or_more(course, name):
    assignment = course.assignment(name)
    lost = [task for trial in soundness.trials(assignment) for task in trial.should_lose or ()]
    judged = {cell.metadata.nbgrader.grade_id for cell in assignment.blueprint.cells if grading.is_judged(cell)}
    assert set(lost) == judged and min(lost.count(task) for task in judged) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_speaks_of_nothing_that_a_student_lacks(course, name):
    released = course.assignment(name).released.read_text(encoding="utf-8")
    assert "handin" not in released and not re.search(r"\]\((?!https?://)", released)
    assert 20 * len(released) < intake.LARGEST_FILE


@pytest.mark.classroom
@pytest.mark.parametrize("name", NAMES)
def test_right_answers_keep_and_planted_mistakes_lose_their_points(course, name):
    need_sandbox()
    done = command(course.root, "check", name, limit=1500)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("✓ right:") >= 2 and done.stdout.count("✓ wrong:") >= 12
