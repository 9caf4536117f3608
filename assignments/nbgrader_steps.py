"""Where our grading plugs into nbgrader: two of its steps, and the course's settings.

`Rebuild` is the first step of its sanitising, `Grade` stands in the place of its execution. So the button in the
formgrader and nbgrader's own command grade exactly as ours does, in the sandbox or not at all.
"""

import warnings
from pathlib import Path

from nbformat.warnings import MissingIDFieldWarning
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    GetGrades,
    NbGraderPreprocessor,
    OverwriteCells,
    SaveAutoGrades,
)
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from assignments import feedback, grading, intake, sandbox
from assignments.course import Course
from assignments.ledger import find_alembic
from assignments.running import Budget

BUDGET = Budget()


class Rebuild(NbGraderPreprocessor):
    """Build a hand-in anew from the assignment's own notebook and the student's answers."""

    def preprocess(self, nb, resources):
        """Return the rebuilt notebook."""
        about = resources["nbgrader"]
        assignment = Course(course_root(about)).assignment(about["assignment"])
        answers = intake.find_answers(nb.cells, assignment.blueprint)
        return intake.rebuild(assignment.blueprint, answers), resources


class Grade(NbGraderPreprocessor):
    """Put in the result of the sandboxed run; run it now if nobody has."""

    def preprocess(self, nb, resources):
        """Return the notebook with outputs, points and reasons."""
        about = resources["nbgrader"]
        assignment = Course(course_root(about)).assignment(about["assignment"])
        if not assignment.result_path(grading.result_key(nb, assignment)).is_file():
            sandbox.prove(assignment.course.root)
        grading.apply(nb, grading.graded(nb, assignment, BUDGET))
        return nb, resources


def course_root(about):
    """Folder of the course, from the address of its gradebook."""
    return Path(about["db_url"].removeprefix("sqlite:///")).resolve().parent


def settings(root):
    """nbgrader's settings for a course in this folder."""
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = "deep-learning"
    config.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("your answer goes here")'}
    config.ClearSolutions.text_stub = "*Your answer goes here.*"
    config.Autograde.sanitize_preprocessors = [Rebuild, ClearOutput, OverwriteCells, CheckCellMetadata]
    config.Autograde.autograde_preprocessors = [Grade, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata]
    config.GenerateFeedback.preprocessors = [GetGrades, feedback.Arrange]
    config.GenerateFeedback.exporter_class = feedback.FeedbackPage
    config.GenerateAssignment.force = True
    return config


def api(root, rebuilt=False):
    """nbgrader's own interface to a course in this folder.

    Args:
        root: The course's folder.
        rebuilt: True lets it read hand-ins that are rebuilt already; what came in may be nothing that it could read.
    """
    find_alembic()
    # SQLAlchemy complains about nbgrader's sessions; nothing is wrong with them.
    warnings.filterwarnings("ignore", category=SAWarning)
    warnings.filterwarnings("ignore", category=MissingIDFieldWarning)  # hand-ins may come from old programs
    config = settings(root)
    if rebuilt:
        config.CourseDirectory.submitted_directory = str(Path("state") / "rebuilt")
        config.Autograde.sanitize_preprocessors = [ClearOutput, OverwriteCells, CheckCellMetadata]
    return NbGraderAPI(CourseDirectory(config=config), config=config)
