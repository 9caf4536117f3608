"""Each assignment through the real grading: reference, blank, other right answers, planted mistakes."""

import re

import pytest

from assignments import grading, intake, soundness
from assignments.course import Course
from assignments.running import Budget
from classroom import command, make_course, need_sandbox

NAMES = Course().names


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    need_sandbox()
    return make_course(tmp_path_factory.mktemp("course"), NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_has_all_points_and_the_blank_none(course, name):
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
    done = command(course.root, "check", name, limit=1500)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("✓ right:") >= 2 and done.stdout.count("✓ wrong:") >= 12
